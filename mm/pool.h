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
#include "smp/atomic.h"
#include "smp/epoch.h"
#include "smp/lock/classes.h"
#include "smp/lock/lock.h"
#include <stdbool.h>
#include <stdint.h>

struct region;
struct thread;

struct pool_slab { /* at the start of each slab page */
    struct pool_slab *next;
    uint32_t type, object_bytes;
};

/* What becomes of a slot of the table; each arrow is one step of its message, or a wait for a grace period:
 *
 *   FREE -> BUILD: frames USER to KERNEL -> INSERT the capability -> ALIVE          (FREE -> ALIVE at boot)
 *           BUILD -> UNBUILD: a frame is in use -> REGION
 *   ALIVE -> THREADS -> STRAGGLERS -> THREADS_WAIT -> OBJECTS -> OBJECTS_WAIT -> LAST_GRACE
 *         -> UNBUILD: frames to USER -> REGION -> FREE
 */
enum pool_life {
    POOL_FREE,
    POOL_BUILD,
    POOL_INSERT,
    POOL_ALIVE,
    POOL_THREADS,
    POOL_STRAGGLERS,
    POOL_THREADS_WAIT,
    POOL_OBJECTS,
    POOL_OBJECTS_WAIT,
    POOL_LAST_GRACE,
    POOL_UNBUILD,
    POOL_REGION,
};

struct pool {
    /* Read-mostly: written by the transition engine and at creation and destruction only. */
    uint32_t generation; /* atomic: odd while alive */
    uint32_t number;
    uint32_t counters_bytes; /* where a CPU's lock counters of this pool begin: struct cpu.lock_counters */
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
    uint64_t base;                                        /* physical address of the first page */
    uint64_t pages;
    uint64_t pages_used;
    uint64_t page_hint; /* where the next search of the bitmap begins */
    uint64_t *page_map; /* bit set: used */
    uint64_t page_high; /* pages from here on were never used: the frames hold nothing of ours */
    uint32_t objects[SLUICE_TYPE_COUNT]; /* alive or waiting for their grace period; atomic for readers */
    struct object
        *free[SLUICE_TYPE_COUNT]; /* free objects, linked through their third word (the generation stays) */
    struct pool_slab *slabs[SLUICE_TYPE_COUNT];

    /* Becoming a pool and being destroyed: whoever handles its message. mm/pool_life.c, mm/pool_destroy.c */
    struct mailbox_node node;
    struct epoch_waiter epoch;
    struct pool_slab *life_slab; /* the next one to look at */
    struct thread *claimed;      /* the blocked thread, once it was claimed to be woken */
    uint64_t life_frames;        /* frames turned into kernel memory */
    uint64_t life_freed;         /* of them, those turned back */
    int64_t life_result;         /* what the blocked thread gets */
    uint32_t life_type;          /* of the slabs looked at */
    /* Atomic: whoever takes it owes the blocked thread its wake-up. */
    struct thread *waiter; /* blocked (WAIT_GRACE) */
    uint32_t life;         /* atomic: enum pool_life */
    uint32_t life_waits; /* atomic: the destruction waits for objects to be free; whoever clears it goes on */
} __attribute__((aligned(2048))); /* a power of two: each capability's pool is found by a shift */
_Static_assert(sizeof(struct pool) == 2048, "see above");

static inline void pool_number_set(struct pool *pool, unsigned number)
{
    pool->number = number;
    pool->counters_bytes = number * SLUICE_CLASSES_MAX * (uint32_t)sizeof(struct sluice_lock_counters);
}

extern struct pool *pools; /* pools_max of them */
extern unsigned pools_max;
#define POOL_SYSTEM 0u

/* Bytes of each object type (0: has no memory in a pool). */
extern const uint32_t object_bytes[SLUICE_TYPE_COUNT];

/* Boot: the table itself, and the system pool over [base, base + pages * 4 KiB). */
void pool_table_init(void *memory, unsigned count, struct sluice_pool_info *infos);
/* A living pool over these pages; 0, or NO_MEMORY when they are too few for the bitmap, or LIMIT when the table is
 * full. Boot makes the system pool so; pool_life.c uses the three parts. */
int pool_init(uint64_t base, uint64_t pages, const char *name, struct region *region, struct pool **result);
struct pool *pool_reserve(void);     /* an unused slot, in BUILD; NULL: none */
void pool_cancel(struct pool *pool); /* the slot is unused again */
void pool_name(struct pool *pool, const char *name);
int pool_fill(struct pool *pool, uint64_t base, uint64_t pages);
void pool_publish(struct pool *pool);

/* NULL when the pool has no room. Objects come zeroed but for `generation`, which is even and stays. */
struct object *pool_object_alloc_locked(struct pool *pool, enum sluice_type type);
/* More room for objects of that type; false: the pool is full. */
bool pool_slab_add_locked(struct pool *pool, enum sluice_type type);
/* Objects of all types, alive or waiting for their grace period. */
uint64_t pool_objects(const struct pool *pool);
/* `count` pages side by side, zeroed, direct-map address; NULL when there is no such run. */
void *pool_pages_alloc_locked(struct pool *pool, uint64_t count);
/* The same, but with what was in them. */
void *pool_pages_take_locked(struct pool *pool, uint64_t count);
void pool_pages_free_locked(struct pool *pool, void *pages, uint64_t count);
/* Objects of a slab, in use or not. */
unsigned pool_slab_objects(const struct pool_slab *slab);
struct object *pool_slab_object(struct pool_slab *slab, unsigned index);

/* Objects of the pool became free: the caller does not touch the pool any more. */
void pool_objects_gone(struct pool *pool);
/* MAILBOX_POOL_DESTROY: the next step of a pool's life. */
void pool_life_handle(struct mailbox_node *node);
/* A message to the pool's own node, here; and on the CPU of the last forward. */
void pool_life_send(struct pool *pool);
void pool_life_forward(struct pool *pool);
/* The same for the next state; who waits for the end of the steps, or NULL. */
void pool_life_next(struct pool *pool, enum pool_life life);
void pool_life_wait_for(struct pool *pool, struct thread *thread);
/* The thread's handler runs again, at its step POOL_STEP_DONE, and returns `result` from scratch[2]. */
#define POOL_STEP_DONE 1
void pool_life_wake(struct thread *thread, int64_t result);
/* The region becomes a pool for `thread`, which is blocked (WAIT_GRACE) and gets a capability in its slot. */
void pool_build_begin(struct pool *pool, struct thread *thread, uint64_t slot);
/* The generation is even: everything ends. thread: blocked until it is done, or NULL; it gets `result`. */
void pool_destroy_begin(struct pool *pool, struct thread *thread, int64_t result);
void pool_destroy_step(struct pool *pool);
/* A thread blocked with WAIT_GRACE wants to end its wait: true when it is no longer waited for by a pool. False: it is
 * about to be woken. */
bool pool_destroyer_gone(struct thread *thread);

/* A free object's link lies where its lock's MCS tail was: the generation before it stays. */
static inline struct object **pool_free_link(struct object *object)
{
    return (struct object **)&object->lock.mcs_tail;
}

/* Relaxed: read by those who describe the pool, and by its destruction, which is told and asks again. */
static inline void pool_objects_count_locked(struct pool *pool, unsigned type, uint32_t change)
{
    atomic_store_relaxed(&pool->objects[type], pool->objects[type] + change);
}

/* As pool_object_alloc_locked, of a type that lies in pools; but only the lock is new: what else is in the object is what
 * the last one of its type left there, or zero. */
static inline struct object *pool_object_take_locked(struct pool *pool, enum sluice_type type)
{
    if (__builtin_expect(!pool->free[type], 0) && !pool_slab_add_locked(pool, type))
        return NULL;
    struct object *object = pool->free[type];
    pool->free[type] = *pool_free_link(object);
    object->lock = (struct lock){0};
    pool_objects_count_locked(pool, type, 1);
    return object;
}

static inline void pool_object_free_locked(struct pool *pool, struct object *object)
{
    *pool_free_link(object) = pool->free[object->type];
    pool->free[object->type] = object;
    pool_objects_count_locked(pool, object->type, -1u);
}

static inline struct pool *pool_of(const struct object *object)
{
    return &pools[object->pool];
}
