// SPDX-License-Identifier: MIT
/*
 * The boot archive.
 * Entry point: archive_find. Context: boot. Locks: none. Tests: tests/host/test_archive.c.
 *
 * An entry: "070701", 13 numbers of 8 hexadecimal digits, the name with its 0, padding to 4, the data, padding to 4.
 */
#include "kernel/boot/archive.h"
#include "kernel/boot/string.h"
#include <stddef.h>

#define HEADER_BYTES 110u
#define FIELD_FILE_BYTES 6u
#define FIELD_NAME_BYTES 11u

struct entry {
    const char *name;
    struct archive_file file;
    uint64_t next; /* where the entry after it begins */
};

/* The 8 hexadecimal digits of a header's field; false when one of them is none. */
static bool field_read(const uint8_t *header, unsigned field, uint64_t *value)
{
    const uint8_t *digits = header + 6 + field * 8;
    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned c = digits[i], lower = c | 0x20;
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            *value = *value << 4 | (lower - 'a' + 10);
        else
            return false;
    }
    return true;
}

static uint64_t align4(uint64_t at)
{
    return (at + 3) & ~3ull;
}

/* NULL, or what is wrong. All sums stay far below 2^64: each field is below 2^32. */
static const char *entry_read(const uint8_t *archive, uint64_t bytes, uint64_t at, struct entry *entry)
{
    uint64_t name_bytes, file_bytes;
    const uint8_t *header = archive + at;
    if (at > bytes || bytes - at < HEADER_BYTES)
        return "it ends without its last entry";
    if (memcmp(header, "070701", 6) != 0)
        return "an entry does not begin with 070701";
    if (!field_read(header, FIELD_FILE_BYTES, &file_bytes) ||
        !field_read(header, FIELD_NAME_BYTES, &name_bytes))
        return "a length is no number";
    uint64_t name_at = at + HEADER_BYTES, data_at = align4(name_at + name_bytes);
    if (name_bytes == 0 || data_at > bytes || file_bytes > bytes - data_at)
        return "an entry reaches beyond the end";
    if (archive[name_at + name_bytes - 1] != '\0')
        return "a name has no end";
    entry->name = (const char *)archive + name_at;
    if (entry->name[0] == '.' && entry->name[1] == '/')
        entry->name += 2;
    entry->file = (struct archive_file){archive + data_at, file_bytes};
    entry->next = align4(data_at + file_bytes);
    return NULL;
}

const char *archive_find(const uint8_t *archive, uint64_t bytes, const char *name, struct archive_file *file)
{
    struct entry entry = {.next = 0};
    *file = (struct archive_file){0};
    for (;;) {
        const char *wrong = entry_read(archive, bytes, entry.next, &entry);
        if (wrong || string_equal(entry.name, "TRAILER!!!"))
            return wrong;
        if (string_equal(entry.name, name) && !file->data)
            *file = entry.file; /* and on to the end: a broken archive is refused as a whole */
    }
}
