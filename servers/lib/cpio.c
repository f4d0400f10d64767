// SPDX-License-Identifier: MIT
/*
 * The cpio reader: see cpio(5), "new ASCII format": 13 fields of 8 hexadecimal digits after the magic, the name, the
 * data, the last two padded to 4 bytes.
 * Context: any. Locks: none. Tests: tests/host/test_cpio.c.
 */
#include "servers/lib/cpio.h"
#include <stdbool.h>
#include <string.h>

#define HEADER_BYTES 110u
#define FIELD_FILE_BYTES 6u
#define FIELD_NAME_BYTES 11u
#define TRAILER "TRAILER!!!"

static bool field_read(const uint8_t *header, unsigned field, size_t *value)
{
    const uint8_t *digit = header + 6 + 8 * field;

    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned letter = digit[i] | 0x20u;
        if (digit[i] >= '0' && digit[i] <= '9')
            *value = *value << 4 | (digit[i] - '0');
        else if (letter >= 'a' && letter <= 'f')
            *value = *value << 4 | (letter - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t padded(size_t offset)
{
    return (offset + 3) & ~(size_t)3;
}

enum cpio_result cpio_next(const void *archive, size_t bytes, size_t *offset, struct cpio_entry *entry)
{
    const uint8_t *start = archive;
    size_t at = *offset, data_bytes, name_bytes;

    if (at > bytes || bytes - at < HEADER_BYTES || memcmp(start + at, "070701", 6) != 0)
        return CPIO_BROKEN;
    if (!field_read(start + at, FIELD_FILE_BYTES, &data_bytes) ||
        !field_read(start + at, FIELD_NAME_BYTES, &name_bytes))
        return CPIO_BROKEN;
    at += HEADER_BYTES;
    if (name_bytes == 0 || name_bytes > bytes - at || start[at + name_bytes - 1] != '\0')
        return CPIO_BROKEN;
    entry->name = (const char *)start + at;
    if (strcmp(entry->name, TRAILER) == 0)
        return CPIO_END;
    at = padded(at + name_bytes);
    if (at > bytes || data_bytes > bytes - at)
        return CPIO_BROKEN;
    entry->data = start + at;
    entry->bytes = data_bytes;
    *offset = padded(at + data_bytes);
    return CPIO_ENTRY;
}

enum cpio_result cpio_find(const void *archive, size_t bytes, const char *name, struct cpio_entry *entry)
{
    size_t offset = 0;
    enum cpio_result result;

    while ((result = cpio_next(archive, bytes, &offset, entry)) == CPIO_ENTRY)
        if (strcmp(entry->name, name) == 0)
            return CPIO_ENTRY;
    return result;
}
