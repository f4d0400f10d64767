// SPDX-License-Identifier: MIT
/*
 * Frames: one record for each physical frame of RAM, and the direct map.
 * Owns: frame records. Entry points: below. Context: kernel. Locks: class frame of the system pool; the lock object is
 * that of the frame's 2 MiB block, so that CPUs that use frames of different blocks share nothing.
 * Tests: tests/host/test_frame.c.
 */
#pragma once
#include "mm/x86_64/direct_map.h"
#include "smp/lock/lock.h"
#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES 4096ull
#define PAGE_SHIFT 12
#define FRAME_BLOCK_SHIFT 9 /* frames of a block: 512, 2 MiB */
#define FRAME_BLOCK_FRAMES (1ull << FRAME_BLOCK_SHIFT)

enum frame_kind {
    FRAME_RESERVED, /* not RAM, or the kernel's since boot */
    FRAME_USER,     /* in a region, may be mapped */
    FRAME_KERNEL,   /* in a pool */
};

struct frame_record {
    uint32_t
        uses; /* page-table entries that name it, those still being unmapped included. Guarded by class frame */
    uint8_t kind; /* enum frame_kind. Guarded by class frame */
    uint8_t unused[3];
};

struct frame_block {
    struct lock lock;
    uint64_t mapped; /* of its frames, those with uses > 0. Guarded by class frame */
    uint64_t reserved[5];
} __attribute__((aligned(64)));

extern struct frame_record *frame_records; /* by frame number */
extern struct frame_block *frame_blocks;   /* by frame number >> FRAME_BLOCK_SHIFT */
extern uint64_t frame_limit;               /* one past the last frame number with a record */

static inline void *direct_map(uint64_t physical)
{
    return (void *)(DIRECT_MAP + physical);
}

static inline uint64_t direct_map_physical(const void *address)
{
    return (uint64_t)address - DIRECT_MAP;
}

/* Boot: bytes of the records and blocks of all frames below `limit`; then the records themselves, all RESERVED, in
 * zeroed memory. */
uint64_t frame_boot_bytes(uint64_t limit);
void frame_init(void *memory, uint64_t limit);
/* Boot: these frames become that kind; nothing maps them. */
void frame_boot_kind(uint64_t first, uint64_t count, enum frame_kind kind);

/* Changes the kind of frames nobody uses, one block at most a call, from *done on, which it advances; SYSCALL_FORWARD: go
 * on there. BUSY: a frame of this block is used, or was not `from`; then the block is as before. */
int64_t frame_convert(uint64_t first, uint64_t count, enum frame_kind from, enum frame_kind to,
                      uint64_t *done);
/* Frames with uses > 0, about: read without a lock. */
uint64_t frame_count_used(uint64_t first, uint64_t count);
