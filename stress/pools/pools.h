// SPDX-License-Identifier: MIT
/*
 * The parts of stress/pools.
 * Owns: struct pools_worker. Context: see each. Locks: none. Tests: tests/user/stress.t.
 */
#pragma once
#include "stress/lib/crew.h"
#include "stress/lib/resources.h"
#include "stress/lib/threadlet.h"
#include <stdint.h>

#define POOLS_REGION_PAGES 128u
#define POOLS_THREADS_MAX 4u
#define POOLS_FILLERS 24u
/* By number: what a pool holds, in slots that stay the same from one life to the next. */
enum {
    POOLS_CSPACE,
    POOLS_ASPACE,
    POOLS_ENDPOINT,
    POOLS_NOTIFICATION,
    POOLS_THREAD,
    POOLS_FILLER = POOLS_THREAD + POOLS_THREADS_MAX,
    POOLS_OBJECTS = POOLS_FILLER + POOLS_FILLERS
};

struct pools_worker {
    struct resource_region region;
    const struct threadlet_code *code;
    uint64_t number, threads;
    uint64_t pool; /* slot */
    uint64_t object[POOLS_OBJECTS];
} __attribute__((aligned(64)));

void pools_body(struct worker *worker); /* work.c */
