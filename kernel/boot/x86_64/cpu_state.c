// SPDX-License-Identifier: MIT
/*
 * The FPU state that the rest of the kernel switches; the address of a page fault; pausing.
 * Entry points: mmu_fault_address, fpu_*, cpu_relax of kernel/boot/platform.h.
 * Context: kernel, interrupts off. Locks: none. Tests: tests/user/threads/, tests/user/memory/.
 */
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"

#define CR0_TASK_SWITCHED 0x8u

uint64_t mmu_fault_address(void)
{
    return cr2_read();
}

void fpu_save(void *area)
{
    __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_load(const void *area)
{
    __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void fpu_disable(void)
{
    cr0_write(CR0_KERNEL | CR0_TASK_SWITCHED);
}

void fpu_enable(void)
{
    __asm__ volatile("clts");
}

void cpu_relax(void)
{
    __asm__ volatile("pause");
}
