// SPDX-License-Identifier: MIT
// sources: kernel/log/kprintf.c
/*
 * kprintf against the host's own formatting, and that long lines are cut, not written past.
 */
#include "kernel/boot/platform.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char written[1024];
static unsigned halted_with;
static jmp_buf halted;

void console_write(const char *text, uint64_t bytes)
{
    memcpy(written, text, bytes);
    written[bytes] = '\0';
}

_Noreturn void machine_halt(unsigned status)
{
    halted_with = status;
    longjmp(halted, 1);
}

#define SAME(...)                                                                                            \
    do {                                                                                                     \
        char expected[1024];                                                                                 \
        snprintf(expected, sizeof(expected), __VA_ARGS__);                                                   \
        kprintf(__VA_ARGS__);                                                                                \
        assert_string_equal(written, expected);                                                              \
    } while (0)

static void conversions_are_those_of_the_host(void **state)
{
    (void)state;
    SAME("plain %% text\n");
    SAME("%s|%c|%d|%u|%x", "text", 'c', -5, 4000000000u, 0xbeefu);
    SAME("%ld %lu %lx", INT64_MIN, UINT64_MAX, 0x123456789abcdef0ul);
    SAME("%08x %016lx %5u|%2u", 0x12u, 0x34ul, 7u, 123u);
    SAME("%d %d", 0, INT32_MIN);
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    kprintf("%s%u", text, 5u);
    assert_int_equal(strlen(written), 512);
}

static void boot_fail_says_why_and_halts(void **state)
{
    (void)state;
    if (!setjmp(halted))
        boot_fail("no %s", "archive");
    assert_string_equal(written, "sluice: no archive\n");
    assert_int_equal(halted_with, 0x51);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_are_those_of_the_host),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(boot_fail_says_why_and_halts),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
