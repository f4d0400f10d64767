// SPDX-License-Identifier: MIT
/*
 * Physical memory while the kernel boots: what RAM there is, what is still free, and taking pieces of it.
 * Owns: boot_ram, boot_free. Entry points: below. Context: boot CPU, before the root server runs. Locks: none.
 * Tests: tests/host/test_boot_memory.c.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define MEMORY_RANGES_MAX 128u

struct memory_range {
    uint64_t start, end; /* physical, whole pages */
};

/* Sorted, disjoint, never adjacent. */
struct memory_map {
    unsigned count;
    struct memory_range range[MEMORY_RANGES_MAX];
};

extern struct memory_map boot_ram;  /* all RAM; fixed after memory_prepare */
extern struct memory_map boot_free; /* of it, what nobody took yet */

/* Ranges that find no room in the table are left out: less memory, never a wrong one. */
void memory_map_add(struct memory_map *map, uint64_t start, uint64_t end);
void memory_map_remove(struct memory_map *map, uint64_t start, uint64_t end);
uint64_t memory_map_bytes(const struct memory_map *map);

/* Physical end of the kernel's image; nothing below is ever free. */
uint64_t memory_image_end(void);
/* boot_ram is complete: everything from `floor` on is free. */
void memory_prepare(uint64_t floor);
/* Somebody lies there; whole pages around it. */
void memory_keep(uint64_t start, uint64_t end);
/* Addresses that can be reached: 4 GiB on the early tables, everything once the direct map stands. */
void memory_reach(uint64_t limit);
/* Physical address of whole pages, not zeroed; ends the boot when there is no such piece. */
uint64_t memory_take(uint64_t bytes);
void *memory_take_zeroed(uint64_t bytes); /* its direct-map address */
/* Zeroes whole words. Reads before it writes: the pages of a virtual machine that are zero anyway stay without memory of
 * the host, which is slow to give. */
static inline void memory_clear(void *memory, uint64_t bytes)
{
    uint64_t *words = memory;
    for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
        if (words[i])
            words[i] = 0;
}
/* The largest free range; false when nothing is left. */
bool memory_largest(struct memory_range *range);
/* A page of RAM below 640 KiB for CPUs that start in real mode; 0: there is none. Nobody else gets memory there. */
uint64_t memory_low_page(void);
