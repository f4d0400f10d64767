// SPDX-License-Identifier: MIT
/*
 * The FPU's instructions.
 * Entry points: fpu_save, fpu_load, fpu_disable, fpu_enable. Context: kernel, interrupts off; kernel/sched/fpu.h only.
 * Locks: none. Tests: tests/user/threads/.
 */
#pragma once
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"
#include <stdint.h>

static inline void fpu_save(uint8_t area[512])
{
    __asm__ volatile("fxsave64 %0" : "=m"(*(uint8_t(*)[512])area));
}

static inline void fpu_load(const uint8_t area[512])
{
    __asm__ volatile("fxrstor64 %0" : : "m"(*(const uint8_t(*)[512])area));
}

/* The next FPU instruction traps. */
static inline void fpu_disable(void)
{
    cr0_write(CR0_KERNEL | CR0_TASK_SWITCHED);
}

static inline void fpu_enable(void)
{
    __asm__ volatile("clts");
}
