// SPDX-License-Identifier: MIT
// sources:
/*
 * The kernel's memset, memcpy, memmove and memcmp against the host's, at every small length and offset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define memset kernel_memset
#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memcmp kernel_memcmp
#include "kernel/boot/x86_64/string.c"
#undef memset
#undef memcpy
#undef memmove
#undef memcmp

#define BYTES 64u

static uint8_t ours[BYTES], theirs[BYTES];

static void fill(void)
{
    for (unsigned i = 0; i < BYTES; i++)
        ours[i] = theirs[i] = (uint8_t)rand();
}

static void every_length_and_offset_matches_the_host(void **state)
{
    (void)state;
    for (unsigned to = 0; to < BYTES / 2; to++)
        for (unsigned from = 0; from < BYTES / 2; from++)
            for (size_t bytes = 0; bytes <= BYTES / 2; bytes++) {
                fill();
                assert_ptr_equal(kernel_memmove(ours + to, ours + from, bytes), ours + to);
                memmove(theirs + to, theirs + from, bytes);
                assert_memory_equal(ours, theirs, BYTES);
                int sign = memcmp(theirs + to, theirs + from, bytes);
                int our_sign = kernel_memcmp(ours + to, ours + from, bytes);
                assert_int_equal((our_sign > 0) - (our_sign < 0), (sign > 0) - (sign < 0));
            }
}

static void filling_and_copying_touch_nothing_else(void **state)
{
    (void)state;
    uint8_t source[BYTES];
    for (unsigned to = 0; to < 16; to++)
        for (size_t bytes = 0; bytes <= 32; bytes++) {
            fill();
            kernel_memset(ours + to, 0x1ab, bytes);
            memset(theirs + to, 0xab, bytes);
            assert_memory_equal(ours, theirs, BYTES);
            memcpy(source, theirs, BYTES);
            kernel_memcpy(ours + to, source + 3, bytes);
            memcpy(theirs + to, source + 3, bytes);
            assert_memory_equal(ours, theirs, BYTES);
        }
}

static void strings_are_compared_and_copied_to_their_end(void **state)
{
    (void)state;
    char small[4];
    assert_true(string_equal("root", "root"));
    assert_false(string_equal("root", "roo"));
    assert_false(string_equal("", "r"));
    string_copy(small, "abcdef", sizeof(small));
    assert_string_equal(small, "abc");
    string_copy(small, "a", sizeof(small));
    assert_string_equal(small, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_and_offset_matches_the_host),
        cmocka_unit_test(filling_and_copying_touch_nothing_else),
        cmocka_unit_test(strings_are_compared_and_copied_to_their_end),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
