// SPDX-License-Identifier: MIT
/*
 * Filling and copying with the string instructions: eight bytes at a time, the rest singly.
 * Entry points: kernel/boot/string.h. Context: any. Locks: none. Tests: tests/host/test_string.c.
 */
#include "kernel/boot/string.h"
#include <stdint.h>

void *memset(void *to, int value, size_t bytes)
{
    uint64_t pattern = (uint8_t)value * 0x0101010101010101ull;
    void *place = to;
    size_t words = bytes / 8, rest = bytes % 8;
    __asm__ volatile("rep stosq" : "+D"(place), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(place), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *place = to;
    size_t words = bytes / 8, rest = bytes % 8;
    __asm__ volatile("rep movsq" : "+D"(place), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(place), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to - (uintptr_t)from >= bytes)
        return memcpy(to, from, bytes);
    /* `to` lies inside of `from`: backwards, from the last byte. */
    void *place = (char *)to + bytes - 1;
    const void *source = (const char *)from + bytes - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(place), "+S"(source), "+c"(bytes) : : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < bytes; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}
