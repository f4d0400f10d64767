// SPDX-License-Identifier: MIT
/*
 * Regions: ranges of physical frames that user level owns.
 * Owns: struct region, split, merge, and the turning of a region into a pool and back. Context: kernel.
 * Locks: class region (regions live in the system pool), class frame. Tests: tests/user/syscalls/, tests/host/test_region.c.
 */
#pragma once
#include "kernel/cap/object.h"
#include <stdint.h>

struct region {
    struct object object;
    /* Guarded by class region. */
    uint64_t first; /* frame number */
    uint64_t frames;
    uint32_t pool;  /* number of the pool it was turned into, 0: none */
    uint32_t unused;
    struct object_reaper reaper;
};
