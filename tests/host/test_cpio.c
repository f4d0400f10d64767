// SPDX-License-Identifier: MIT
// sources: servers/lib/cpio.c
// sanitize: undefined address
/*
 * The servers' reader of the boot archive: entries in order, names found, and every kind of damage told apart without a
 * byte being read outside of the archive (the archive lies in a block of its own, which AddressSanitizer guards).
 */
#include "servers/lib/cpio.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct archive {
    char *bytes;
    size_t length;
};

static void append(struct archive *archive, const void *bytes, size_t count)
{
    archive->bytes = realloc(archive->bytes, archive->length + count + 3);
    memcpy(archive->bytes + archive->length, bytes, count);
    archive->length += count;
    while (archive->length % 4)
        archive->bytes[archive->length++] = '\0';
}

static void entry_append(struct archive *archive, const char *name, const void *data, size_t bytes)
{
    char head[256];
    int length = snprintf(head, sizeof head, "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X%08X%08X%08lX%08X%s",
                          1, 0100755, 0, 0, 1, 0, (unsigned long)bytes, 0, 0, 0, 0,
                          (unsigned long)strlen(name) + 1, 0, name);

    append(archive, head, (size_t)length + 1);
    append(archive, data, bytes);
}

/* An exact copy, so that one byte too far is outside. */
static char *exact(const struct archive *archive, size_t bytes)
{
    char *copy = malloc(bytes ? bytes : 1);

    memcpy(copy, archive->bytes, bytes);
    return copy;
}

static struct archive sample(void)
{
    struct archive archive = {0};

    entry_append(&archive, "root", "abc", 3);
    entry_append(&archive, "stress/ipc", "12345678", 8);
    entry_append(&archive, "empty", "", 0);
    entry_append(&archive, "TRAILER!!!", "", 0);
    return archive;
}

static void entries_come_in_their_order(void **state)
{
    struct archive archive = sample();
    struct cpio_entry entry;
    size_t offset = 0;

    (void)state;
    assert_int_equal(cpio_next(archive.bytes, archive.length, &offset, &entry), CPIO_ENTRY);
    assert_string_equal(entry.name, "root");
    assert_int_equal(entry.bytes, 3);
    assert_memory_equal(entry.data, "abc", 3);
    assert_int_equal(cpio_next(archive.bytes, archive.length, &offset, &entry), CPIO_ENTRY);
    assert_string_equal(entry.name, "stress/ipc");
    assert_int_equal(cpio_next(archive.bytes, archive.length, &offset, &entry), CPIO_ENTRY);
    assert_int_equal(entry.bytes, 0);
    assert_int_equal(cpio_next(archive.bytes, archive.length, &offset, &entry), CPIO_END);
    free(archive.bytes);
}

static void files_are_found_by_name(void **state)
{
    struct archive archive = sample();
    struct cpio_entry entry;

    (void)state;
    assert_int_equal(cpio_find(archive.bytes, archive.length, "stress/ipc", &entry), CPIO_ENTRY);
    assert_memory_equal(entry.data, "12345678", 8);
    assert_int_equal(cpio_find(archive.bytes, archive.length, "stress", &entry), CPIO_END);
    assert_int_equal(cpio_find(archive.bytes, archive.length, "", &entry), CPIO_END);
    free(archive.bytes);
}

static void a_cut_archive_is_broken_wherever_it_is_cut(void **state)
{
    struct archive archive = sample();
    size_t whole = archive.length - archive.length % 4;

    (void)state;
    while (whole > 0 && archive.bytes[whole - 1] == '\0')
        whole--; /* the padding after the trailer's name is not needed, its NUL is */
    for (size_t bytes = 0; bytes <= whole; bytes++) {
        char *copy = exact(&archive, bytes);
        struct cpio_entry entry;
        assert_int_equal(cpio_find(copy, bytes, "nothing", &entry), CPIO_BROKEN);
        free(copy);
    }
    free(archive.bytes);
}

static void damaged_bytes_never_lead_outside(void **state)
{
    struct archive archive = sample();

    (void)state;
    for (size_t at = 0; at < archive.length; at++)
        for (unsigned value = 0; value < 256; value += 17) {
            char *copy = exact(&archive, archive.length);
            struct cpio_entry entry;
            copy[at] = (char)value;
            if (cpio_find(copy, archive.length, "stress/ipc", &entry) == CPIO_ENTRY)
                assert_true((size_t)((const char *)entry.data - copy) + entry.bytes <= archive.length);
            free(copy);
        }
    free(archive.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_in_their_order),
        cmocka_unit_test(files_are_found_by_name),
        cmocka_unit_test(a_cut_archive_is_broken_wherever_it_is_cut),
        cmocka_unit_test(damaged_bytes_never_lead_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
