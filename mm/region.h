// SPDX-License-Identifier: MIT
/*
 * Regions: ranges of physical frames that user level owns.
 * Owns: struct region, split, merge, and the turning of a region into a pool and back. Context: kernel.
 * Locks: class region (regions live in the system pool), class frame. Tests: tests/user/syscalls/, tests/host/test_region.c.
 */
#pragma once
#include "kernel/cap/object.h"
#include <stdbool.h>
#include <stdint.h>

struct region {
    struct object object;
    /* Fixed after init. */
    uint64_t first; /* frame number */
    /* Guarded by class region; map.c reads them without. */
    uint64_t frames;
    uint32_t pool; /* number of the pool it was turned into, 0: none, REGION_CLAIMED */
    uint32_t unused;
    struct object_reaper reaper;
};
#define REGION_CLAIMED UINT32_MAX /* an operation that takes several gates is about to change it */

/* Boot: these frames, now USER, as a living region; NULL when the system pool has no room. */
struct region *region_create_boot(uint64_t first, uint64_t frames);
/* The pool it was turned into is gone. False: go on at cpu_self()->forward_cpu. */
bool region_leave_pool(struct region *region);
