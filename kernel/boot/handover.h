// SPDX-License-Identifier: MIT
/*
 * What the boot loader told us, whichever it was, copied to where the kernel keeps it.
 * Owns: struct handover. Entry points: below. Context: boot CPU, on the early tables. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include "kernel/boot/memory.h"
#include <stdint.h>

struct handover {
    char command_line[2048];
    struct memory_range archive; /* physical bytes of the boot archive; start 0: there is none */
    uint8_t rsdp[36];            /* ACPI's root pointer; all zero: there is none */
};

extern struct handover handover;

/* Fills in `handover` and boot_ram. */
void handover_read(uint64_t loader, uint64_t information);
/* One form each: kernel/boot/pvh.c, kernel/boot/multiboot.c. */
void handover_read_pvh(uint64_t start_info);
void handover_read_multiboot(uint64_t information);
/* An entry of the loader's memory map; RAM first, then (second pass) what is not RAM, which wins where they overlap. */
#define HANDOVER_RAM 1u
void handover_memory(uint64_t start, uint64_t bytes, uint32_t type, unsigned pass);
