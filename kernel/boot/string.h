// SPDX-License-Identifier: MIT
/*
 * The four functions that the compiler may call by itself, and the comparing of strings that boot needs.
 * Entry points: below. Context: any. Locks: none. Tests: tests/host/test_string.c.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

static inline bool string_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Copies what fits and always ends it with a zero byte. */
static inline void string_copy(char *to, const char *from, size_t bytes)
{
    size_t i = 0;
    for (; i + 1 < bytes && from[i]; i++)
        to[i] = from[i];
    to[i] = '\0';
}
