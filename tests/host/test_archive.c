// SPDX-License-Identifier: MIT
// sources: kernel/boot/archive.c
// sanitize: undefined address
/*
 * The boot archive's reader: finds files, and refuses archives that lie about their lengths, wherever they are cut.
 */
#include "kernel/boot/archive.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint8_t archive[4096];
static uint64_t used;

static void add(const char *name, const char *text)
{
    char header[111];
    snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0, 0100644,
             0, 0, 1, 0, (unsigned)strlen(text), 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
    memcpy(archive + used, header, 110);
    memcpy(archive + used + 110, name, strlen(name) + 1);
    used = (used + 110 + strlen(name) + 1 + 3) & ~3ull;
    memcpy(archive + used, text, strlen(text));
    used = (used + strlen(text) + 3) & ~3ull;
}

static int fill(void **state)
{
    (void)state;
    memset(archive, 0, sizeof(archive));
    used = 0;
    add("./root", "the root server");
    add("memory", "");
    add("test/long/name", "x");
    add("TRAILER!!!", "");
    return 0;
}

static void files_are_found_by_their_whole_name(void **state)
{
    (void)state;
    struct archive_file file;
    assert_null(archive_find(archive, used, "root", &file));
    assert_int_equal(file.bytes, 15);
    assert_memory_equal(file.data, "the root server", 15);
    assert_null(archive_find(archive, used, "test/long/name", &file));
    assert_int_equal(file.bytes, 1);
    assert_null(archive_find(archive, used, "roo", &file));
    assert_null(file.data);
}

/* A copy of exactly that length, so that the address sanitizer sees every byte read beyond it. */
static const char *find_in_copy(uint64_t bytes)
{
    struct archive_file file;
    uint8_t *copy = malloc(bytes ? bytes : 1);
    memcpy(copy, archive, bytes);
    const char *wrong = archive_find(copy, bytes, "memory", &file);
    free(copy);
    return wrong;
}

static void an_archive_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (uint64_t bytes = 0; bytes + 3 < used; bytes++)
        assert_non_null(find_in_copy(bytes));
    assert_null(find_in_copy(used));
}

static void random_damage_is_read_within_bounds(void **state)
{
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        fill(state);
        for (unsigned i = 0; i < 3; i++)
            archive[(unsigned)rand() % used] = (uint8_t)rand();
        (void)find_in_copy(used);
    }
    fill(state);
}

static void damage_is_named(void **state)
{
    (void)state;
    struct archive_file file;
    archive[0] = 'x';
    assert_string_equal(archive_find(archive, used, "root", &file), "an entry does not begin with 070701");
    fill(state);
    archive[6 + 6 * 8] = 'z';
    assert_string_equal(archive_find(archive, used, "root", &file), "a length is no number");
    fill(state);
    archive[6 + 6 * 8] = 'f';
    assert_string_equal(archive_find(archive, used, "root", &file), "an entry reaches beyond the end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(files_are_found_by_their_whole_name, fill),
        cmocka_unit_test_setup(an_archive_cut_anywhere_is_refused, fill),
        cmocka_unit_test_setup(random_damage_is_read_within_bounds, fill),
        cmocka_unit_test_setup(damage_is_named, fill),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
