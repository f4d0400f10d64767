// SPDX-License-Identifier: MIT
/*
 * Words to numbers and back. Pure.
 * Entry points: text_number, text_match, text_share. Context: any thread. Locks: none.
 * Tests: tests/host/test_console.c.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A number in decimal, or in hexadecimal after 0x; false: it is none, or exceeds 64 bits. */
bool text_number(const char *word, uint64_t *number);
/* A pattern with `*` for any characters and `?` for one; a pattern without them matches anywhere in the text. */
bool text_match(const char *pattern, const char *text);
/* part / whole in thousandths of a per cent, for "%lu.%03lu %%"; 0 when whole is 0. */
uint64_t text_share(uint64_t part, uint64_t whole);
