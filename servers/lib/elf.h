// SPDX-License-Identifier: MIT
/*
 * Reading an ELF64 program: which bytes go where, with which rights. Nothing is loaded here.
 * Entry point: elf_read. Pure; nothing outside of the image is read, whatever is in it.
 * Context: any. Locks: none. Tests: tests/host/test_program.c.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 8u

struct elf_segment {
    uint64_t address; /* of the first page: a multiple of 4 KiB */
    uint64_t pages;
    uint64_t skip;       /* bytes of the first page before the contents */
    const uint8_t *data; /* in the image */
    uint64_t data_bytes; /* what follows them up to the last page's end is zero */
    unsigned flags;      /* enum sluice_map_flag */
};

struct elf_program {
    uint64_t entry;
    unsigned segments;
    struct elf_segment segment[ELF_SEGMENTS_MAX]; /* in order of addresses, no two in the same page */
};

/* NULL, or why this is no program that can be started. */
const char *elf_read(const void *image, size_t bytes, struct elf_program *program);
