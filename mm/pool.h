// SPDX-License-Identifier: MIT
/*
 * Pools: memory that user level gave to the kernel, the objects in it, and their lock policies.
 * Owns: the table of pools (type-stable, made at boot), page and object allocation inside a pool. Entry points: below.
 * Context: kernel. Locks: class alloc of the pool, by the callers of the _locked forms. Tests: tests/host/test_pool.c.
 *
 * A pool is one run of frames. It begins with a bitmap of its pages; objects lie in slabs of one type each, which stay
 * of that type until the pool is destroyed.
 */
#pragma once
#include "kernel/abi/log.h"
#include "kernel/cap/object.h"
#include "smp/lock/classes.h"
#include "smp/lock/lock.h"
#include <stdbool.h>
#include <stdint.h>

struct region;

struct pool_slab { /* at the start of each slab page */
    struct pool_slab *next;
    uint32_t type, object_bytes;
};

struct pool {
    /* Read-mostly: written by the transition engine and at creation and destruction only. */
    uint32_t generation; /* atomic: odd while alive */
    uint32_t number;
    uint32_t policy[SLUICE_CLASSES_MAX]; /* atomic: kernel/abi/policy.h */
    struct sluice_pool_info *info;       /* the copy that user level sees */
    struct region *region;               /* where the memory came from; NULL for the system pool */

    /* Granularity `pool` and `class`; a line each, written by whoever takes them. */
    struct lock pool_lock __attribute__((aligned(64)));
    struct {
        struct lock lock;
    } __attribute__((aligned(64))) class_lock[SLUICE_CLASSES_MAX];

    /* Guarded by class alloc. */
    struct lock object_lock __attribute__((aligned(64))); /* the `object` granularity of class alloc */
    uint64_t base;          /* physical address of the first page */
    uint64_t pages;
    uint64_t pages_used;
    uint64_t page_hint;     /* where the next search of the bitmap begins */
    uint64_t *page_map;     /* bit set: used */
    uint64_t objects;       /* alive or waiting for their grace period */
    void *free[SLUICE_TYPE_COUNT]; /* free objects, linked through their third word (the generation stays) */
    struct pool_slab *slabs[SLUICE_TYPE_COUNT];

    /* Destruction: the CPU that runs its current step. */
    struct object_reaper reaper;
    struct thread *destroyer; /* blocked until the region is free */
    uint32_t destroy_step;
    uint32_t destroy_waits;   /* atomic: threads that have not ended yet */
};

extern struct pool *pools; /* pools_max of them */
extern unsigned pools_max;
#define POOL_SYSTEM 0u

/* Bytes of each object type (0: has no memory in a pool). */
extern const uint32_t object_bytes[SLUICE_TYPE_COUNT];

/* Boot: the table itself, and the system pool over [base, base + pages * 4 KiB). */
void pool_table_init(void *memory, unsigned count, struct sluice_pool_info *infos);
/* A pool over these pages; 0, or NO_MEMORY when they are too few for the bitmap, or LIMIT when the table is full. */
int pool_init(uint64_t base, uint64_t pages, const char *name, struct region *region, struct pool **result);

/* NULL when the pool has no room. Objects come zeroed but for `generation`, which is even and stays. */
struct object *pool_object_alloc_locked(struct pool *pool, enum sluice_type type);
void pool_object_free_locked(struct pool *pool, struct object *object);
/* `count` pages side by side, zeroed, direct-map address; NULL when there is no such run. */
void *pool_pages_alloc_locked(struct pool *pool, uint64_t count);
void pool_pages_free_locked(struct pool *pool, void *pages, uint64_t count);
/* Calls visit on every living object of a type; returns false as soon as visit does. */
bool pool_for_each(struct pool *pool, enum sluice_type type, bool (*visit)(struct object *object, void *context),
                   void *context);

static inline struct pool *pool_of(const struct object *object)
{
    return &pools[object->pool];
}
