// SPDX-License-Identifier: MIT
/*
 * What lies at the base of FS now; thread_pointer() of servers/lib may be kept by the compiler, as it never changes.
 * Context: any thread. Locks: none. Tests: tests/user/races.t.
 */
#pragma once
#include <stdint.h>

static inline uint64_t base_word(void)
{
    uint64_t word;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(word)::"memory");
    return word;
}
