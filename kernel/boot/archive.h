// SPDX-License-Identifier: MIT
/*
 * The boot archive: cpio in the "newc" form, read where it lies. What is read is checked against its end.
 * Entry point: archive_find. Context: boot. Locks: none. Tests: tests/host/test_archive.c.
 */
#pragma once
#include <stdint.h>

struct archive_file {
    const uint8_t *data;
    uint64_t bytes;
};

/* The file of that name (a leading "./" does not count). NULL: found, or (file->data NULL) not there; else what is
 * wrong with the archive. */
const char *archive_find(const uint8_t *archive, uint64_t bytes, const char *name, struct archive_file *file);
