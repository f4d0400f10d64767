// SPDX-License-Identifier: MIT
/*
 * The kernel's functions by address, for back-traces. tools/ksyms writes the table from the linked kernel.
 * Entry point: ksym_find. Context: any. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdint.h>

struct ksym {
    uint64_t address;
    uint32_t name_offset; /* into ksyms_names */
};

extern const struct ksym ksyms[]; /* sorted by address */
extern const uint32_t ksyms_count;
extern const char ksyms_names[];

/* The function that holds an address, and how far into it; "?" when it is no address of the kernel's text. */
const char *ksym_find(uint64_t address, uint64_t *offset);
