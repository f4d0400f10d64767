// SPDX-License-Identifier: MIT
/*
 * Reading the boot archive (cpio, "newc") where it lies in memory.
 * Entry points: below. Pure. Nothing outside of [archive, archive + bytes) is read, whatever is in it.
 * Context: any. Locks: none. Tests: tests/host/test_cpio.c.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct cpio_entry {
    const char *name; /* ends with NUL, in the archive */
    const uint8_t *data;
    size_t bytes;
};

enum cpio_result { CPIO_END, CPIO_ENTRY, CPIO_BROKEN };

/* Reads the entry at *offset (0 for the first) and moves *offset to the next. */
enum cpio_result cpio_next(const void *archive, size_t bytes, size_t *offset, struct cpio_entry *entry);
/* CPIO_ENTRY when there is a file of this name, else how the search ended. */
enum cpio_result cpio_find(const void *archive, size_t bytes, const char *name, struct cpio_entry *entry);
