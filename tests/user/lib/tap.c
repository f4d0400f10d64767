// SPDX-License-Identifier: MIT
/*
 * TAP from inside the machine: see tap.h. Owns the count of tests of this program.
 * Context: one thread at a time. Locks: none. Tests: tests/user/.
 */
#include "tests/user/lib/tap.h"
#include "kernel/abi/error.h"
#include <stdarg.h>
#include <stdio.h>

static const char *tap_name;
static unsigned tap_count, tap_failures;

void tap_begin(const char *name)
{
    tap_name = name;
    printf("TAP-BEGIN %s\n", name);
}

static bool tap_line(bool good, const char *format, va_list list)
{
    char text[160];
    vsnprintf(text, sizeof text, format, list);
    tap_count++;
    tap_failures += !good;
    printf("%sok %u - %s\n", good ? "" : "not ", tap_count, text);
    return good;
}

bool tap_ok(bool good, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tap_line(good, format, list);
    va_end(list);
    return good;
}

bool tap_result(int64_t got, int64_t expected, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tap_line(got == expected, format, list);
    va_end(list);
    if (got != expected)
        printf("# got %ld (%s), expected %ld (%s)\n", (long)got, error_name(got), (long)expected,
               error_name(expected));
    return got == expected;
}

bool tap_equal(uint64_t got, uint64_t expected, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tap_line(got == expected, format, list);
    va_end(list);
    if (got != expected)
        printf("# got %#lx, expected %#lx\n", (unsigned long)got, (unsigned long)expected);
    return got == expected;
}

void tap_note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    printf("# ");
    vprintf(format, list);
    printf("\n");
    va_end(list);
}

int tap_end(void)
{
    printf("1..%u\nTAP-END %s\n", tap_count, tap_name);
    fflush(stdout);
    return tap_failures != 0;
}

const char *error_name(int64_t result)
{
    switch (result) {
#define TAP_ERROR_CASE(name, value, sentence)                                                                \
    case -(value):                                                                                           \
        return #name;
        SLUICE_ERRORS(TAP_ERROR_CASE)
#undef TAP_ERROR_CASE
    }
    return result > 0 ? "positive" : "no error of the ABI";
}
