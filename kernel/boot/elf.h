// SPDX-License-Identifier: MIT
/*
 * Reading a static ELF64 program: which bytes go where. Everything the file says is checked.
 * Entry point: elf_read. Context: boot. Locks: none. Tests: tests/host/test_elf.c.
 */
#pragma once
#include <stdint.h>

#define ELF_SEGMENTS_MAX 8u

struct elf_segment {
    const uint8_t *data;
    uint64_t data_bytes;     /* the rest of `bytes` is zero */
    uint64_t address, bytes; /* whole pages of user addresses; data begin at address + offset */
    uint64_t offset;
    unsigned flags; /* enum sluice_map_flag */
};

struct elf_program {
    uint64_t entry;
    unsigned segments;
    struct elf_segment segment[ELF_SEGMENTS_MAX];
};

/* NULL, or what is wrong with the file. */
const char *elf_read(const uint8_t *file, uint64_t bytes, struct elf_program *program);
