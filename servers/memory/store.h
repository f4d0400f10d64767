// SPDX-License-Identifier: MIT
/*
 * The central store: the regions that nobody uses, cut and joined as needed; and what of the machine's memory may still
 * be promised.
 * Owns: free pieces, the table of blocks. A block is 2 MiB, aligned, in a region of its own: what a worker's cache takes
 * as a whole, so that CPUs share neither its frames nor the kernel's lock for it. Frames go by their physical number.
 * Entry points: below. Context: any thread of the server. Locks: store mutex, a leaf. Tests: tests/user/memory/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define BLOCK_FRAMES 512u

struct block {
    uint64_t slot; /* of its region; 0: not taken by a worker */
    /* Guarded by the mutex of the worker that has the block. */
    uint64_t free[8]; /* bit set: the frame is free */
    uint32_t free_count;
    uint32_t free_word;   /* no word of `free` before this one has a bit set */
    uint32_t first_frame; /* fixed since the worker took the block */
    uint32_t worker;
    struct block *next, *previous; /* among the worker's blocks with free frames */
    bool listed;
};

/* The regions that root put into the slots from `first` on. False when there is no memory to begin with. */
bool store_start(uint64_t first, unsigned count);
/* The block in which a frame lies. */
struct block *store_block(uint32_t frame);
uint32_t store_block_frame(const struct block *block);
/* A block nobody uses, or NULL; its bitmap is not set. */
struct block *store_block_take(void);
void store_block_give(struct block *block);

struct store_region {
    uint64_t slot, first, frames;
};
/* A region of exactly so many frames: 0, or NO_MEMORY, or LIMIT (no slot). Memory that was promised is never taken. */
int64_t store_region_take(uint64_t frames, struct store_region *region);
/* The region must not be mapped or used by a pool; nobody else has a capability to it. */
void store_region_give(const struct store_region *region);

/* Promises so many pages; false when they would not be there. Taken back by the second. */
bool store_promise(uint64_t pages);
void store_promise_end(uint64_t pages);
uint64_t store_pages_total(void);
uint64_t store_pages_unpromised(void);
