// SPDX-License-Identifier: MIT
/*
 * What the root server finds when it starts: its capabilities, its boot page, the boot archive.
 * Shared by kernel and servers. Tests: tests/boot/.
 */
#pragma once
#include "kernel/abi/object.h"
#include <stdint.h>

/* Slots of the root server's cspace (4096 slots). */
enum sluice_boot_slot {
    SLUICE_BOOT_CSPACE = 1,
    SLUICE_BOOT_ASPACE = 2,
    SLUICE_BOOT_THREAD = 3,
    SLUICE_BOOT_POOL = 4, /* the system pool, with CONTROL: objects may be made in what is left of it */
    SLUICE_BOOT_TUNER = 5,
    SLUICE_BOOT_LOG = 6,
    SLUICE_BOOT_MACHINE = 7,
    SLUICE_BOOT_PORTS = 8,    /* all I/O ports; copies may be narrowed by their badge */
    SLUICE_BOOT_IRQ0 = 16,    /* + GSI: interrupt lines 0..23 */
    SLUICE_BOOT_CPU0 = 64,    /* + CPU number */
    SLUICE_BOOT_REGION0 = 320 /* + i: memory left after boot; struct sluice_boot_info says how many */
};
#define SLUICE_BOOT_CSPACE_SLOTS 4096u
#define SLUICE_BOOT_IRQS 24u
#define SLUICE_BOOT_REGIONS_MAX 64u

/* Mapped read-only at SLUICE_BOOT_INFO_ADDRESS, rdi of the first thread points to it. */
struct sluice_boot_info {
    uint32_t abi_version; /* 1 */
    uint32_t cpus;
    uint32_t regions;
    uint32_t reserved;
    uint64_t archive; /* address of the boot archive (cpio newc), mapped read-only */
    uint64_t archive_bytes;
    uint64_t tsc_hz;
    uint64_t heap; /* zeroed memory for the root server's own use, writable */
    uint64_t heap_bytes;
    char command_line[512]; /* as given to the kernel, truncated */
};
#define SLUICE_BOOT_INFO_ADDRESS 0x0000100000000000ull
#define SLUICE_BOOT_ARCHIVE_ADDRESS 0x0000100010000000ull
#define SLUICE_BOOT_HEAP_ADDRESS 0x0000100080000000ull
#define SLUICE_BOOT_STACK_TOP 0x00007fffff000000ull
#define SLUICE_BOOT_STACK_BYTES 65536u
#define SLUICE_BOOT_HEAP_BYTES 4194304u
_Static_assert(sizeof(struct sluice_boot_info) == 568, "ABI");

/* Machine exit status, as the host's tools see it (isa-debug-exit gets status + 0x10). */
#define SLUICE_EXIT_OK 0u
#define SLUICE_EXIT_MAX 79u
#define SLUICE_EXIT_PANIC 0x50u       /* the kernel stopped itself */
#define SLUICE_EXIT_BOOT_FAILED 0x51u /* boot could not be finished; the line before says why */
