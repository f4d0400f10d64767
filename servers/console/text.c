// SPDX-License-Identifier: MIT
/*
 * Words to numbers, patterns, shares. Pure.
 * Entry points: text_number, text_match, text_share. Context: any thread. Locks: none.
 * Tests: tests/host/test_console.c.
 */
#include "servers/console/text.h"
#include <string.h>

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return 16;
}

bool text_number(const char *word, uint64_t *number)
{
    unsigned base = 10;
    uint64_t value = 0;

    if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        base = 16;
        word += 2;
    }
    if (*word == '\0')
        return false;
    for (; *word != '\0'; word++) {
        unsigned digit = (unsigned)digit_value(*word);

        if (digit >= base || value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *number = value;
    return true;
}

bool text_match(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = text;

    if (strpbrk(pattern, "*?") == NULL)
        return strstr(text, pattern) != NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == *text || *pattern == '?') {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

uint64_t text_share(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return 0;
    if (part > UINT64_MAX / 100000)
        return part / (whole / 100000 + 1);
    return part * 100000 / whole;
}
