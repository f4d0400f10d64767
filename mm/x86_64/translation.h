// SPDX-License-Identifier: MIT
/*
 * The CPU's page tables and TLB, inline: one of these is on the way between any two address spaces.
 * Entry points: translation_load, translation_drop. Context: kernel, interrupts off; mm/tlb.c and mm/tlb.h only. Locks: none.
 * Host tests put a header of the same name before this one. Tests: tests/host/test_tlb.c, tests/user/memory/.
 */
#pragma once
#include <stdint.h>

/* Another top page table. Drops every translation but global ones; serialises (Intel SDM vol. 3, 4.10.4.1, 8.3). */
static inline void translation_load(uint64_t root)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

/* One page, in the space that is loaded. */
static inline void translation_drop(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}
