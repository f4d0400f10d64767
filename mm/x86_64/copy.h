// SPDX-License-Identifier: MIT
/*
 * Copying and clearing memory through the direct map: string instructions, which need no registers beside the general
 * ones and run at memory speed (Intel SDM vol. 1, 7.3.9.3).
 * Entry points: memory_copy, memory_zero_words, memory_zero_pages. Context: any. Locks: none. Tests: tests/host/test_user.c.
 */
#pragma once
#include <stdint.h>

static inline void memory_copy(void *to, const void *from, uint64_t bytes)
{
    uint64_t words = bytes >> 3, rest = bytes & 7;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    if (rest)
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}

static inline void memory_zero_words(void *to, uint64_t words)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(0ull) : "memory");
}

static inline void memory_zero_pages(void *pages, uint64_t count)
{
    memory_zero_words(pages, count << 9);
}
