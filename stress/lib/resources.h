// SPDX-License-Identifier: MIT
/*
 * Resources: what a stress or test program takes from the system and gives back: regions, pools, objects.
 * Entry points: below. Context: any thread of the program. Locks: none of its own.
 * Tests: tests/user/pools/ (every byte comes back).
 */
#pragma once
#include "kernel/abi/object.h"
#include <stdbool.h>
#include <stdint.h>

struct resource_region {
    uint64_t slot;
    uint64_t number; /* as the memory server knows it */
    uint64_t pages;
};

struct resource_pool {
    uint64_t slot;
    uint64_t number;
};

/* 0 or minus an error, which leaves nothing behind. End of a region: nothing maps it, no pool uses it. */
int64_t resource_region_init(struct resource_region *region, uint64_t pages);
int64_t resource_region_end(struct resource_region *region);
int64_t resource_pool_init(struct resource_pool *pool, uint64_t pages, const char *name);
int64_t resource_pool_end(struct resource_pool *pool);

/* A new object in a pool; its slot, or 0. */
uint64_t resource_object(uint64_t pool, enum sluice_type type, uint64_t first, uint64_t second);
/* Destroys it and gives its slot back; what object_destroy said. */
int64_t resource_object_end(uint64_t slot);
/* A copy of a capability with at most these rights, in a slot to drop; 0 when it can't be made. */
uint64_t resource_weaker(uint64_t slot, unsigned rights);

/* detail[index] of cap_info; UINT64_MAX when the capability is dead. */
uint64_t resource_detail(uint64_t slot, unsigned index);
#define RESOURCE_REGION_FRAMES 1
#define RESOURCE_REGION_MAPPED 2
#define RESOURCE_POOL_NUMBER 0
#define RESOURCE_POOL_GIVEN 1
#define RESOURCE_POOL_USED 2
#define RESOURCE_POOL_OBJECTS 3
#define RESOURCE_CSPACE_USED 1
#define RESOURCE_ASPACE_PAGES 0
#define RESOURCE_THREAD_CPU 0
#define RESOURCE_THREAD_PRIORITY 1
#define RESOURCE_THREAD_STATE 2
/* Objects leave a pool a grace period after they were destroyed: waits until `index` shows `value`, at most 2 s. */
bool resource_settles(uint64_t slot, unsigned index, uint64_t value);

/* Whether root gave us what lies in one of the fixed slots. */
bool resource_has(uint64_t slot);
