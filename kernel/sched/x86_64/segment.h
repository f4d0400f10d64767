// SPDX-License-Identifier: MIT
/*
 * The FS base, which user level uses as thread pointer.
 * Entry point: segment_base_load. Context: kernel, interrupts off, the CPU whose register it is. Locks: none.
 * Tests: tests/user/threads/.
 */
#pragma once
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"

static inline void segment_base_load(uint64_t fs_base)
{
    msr_write(MSR_FS_BASE, fs_base);
}
