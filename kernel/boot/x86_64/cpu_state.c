// SPDX-License-Identifier: MIT
/*
 * The address of a page fault; pausing.
 * Entry points: mmu_fault_address, cpu_relax of kernel/boot/platform.h.
 * Context: kernel, interrupts off. Locks: none. Tests: tests/user/threads/, tests/user/memory/.
 */
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"

uint64_t mmu_fault_address(void)
{
    return cr2_read();
}

void cpu_relax(void)
{
    __asm__ volatile("pause");
}
