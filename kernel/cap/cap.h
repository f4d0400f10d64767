// SPDX-License-Identifier: MIT
/*
 * Capability spaces: lookup without locks, changes under the cspace's gate.
 * Owns: struct cspace, the cap_* and object_* system calls, object lifecycle (create, revoke, destroy).
 * Context: kernel. Locks: class cspace of the space's pool for changes; class alloc of a pool for objects.
 * Tests: tests/host/test_cap.c, tests/user/syscalls/.
 */
#pragma once
#include "kernel/abi/error.h"
#include "kernel/cap/object.h"
#include "mm/pool.h"
#include "smp/atomic.h"
#include "smp/cpu.h"
#include <stdbool.h>
#include <stdint.h>

struct thread;

struct cspace {
    struct object object;
    /* Guarded by class cspace. */
    uint32_t used;
    /* Guarded by class alloc of its pool. */
    uint32_t users; /* threads bound to it */
    /* Whoever finishes it. */
    uint32_t finished; /* slots already looked at */
    struct object_reaper reaper;
    /* Fixed after init. On a line of their own: every system call reads them, and who changes a slot writes the others. */
    struct cap *slots __attribute__((aligned(64)));
    uint32_t count; /* a power of two */
};

/* Pages that so many slots fill. */
static inline uint64_t cspace_pages(uint64_t slots)
{
    return (slots * sizeof(struct cap) + SLUICE_PAGE_BYTES - 1) / SLUICE_PAGE_BYTES;
}

/* Still alive? The pool first: memory of a destroyed pool is user memory again, and must not be looked at. */
static inline bool pool_is_of(const struct pool *pool, uint32_t generation)
{
    /* pairs with pool_publish() in mm/pool.c: the generation before what it vouches for */
    return atomic_load_acquire(&pool->generation) == generation;
}

static inline bool object_is_of(const struct object *object, uint32_t generation)
{
    /* pairs with object_publish() in cap.h: the generation before what it vouches for */
    return atomic_load_acquire(&object->generation) == generation;
}

/* Also for capabilities kept outside of slots. */
static inline bool cap_alive(const struct cap *cap)
{
    return cap->object && pool_is_of(&pools[cap->pool], cap->pool_generation) &&
           object_is_of(cap->object, cap->generation);
}

/* What cap_find found: as much of a living capability as most operations need. */
struct cap_found {
    struct object *object; /* NULL: nothing */
    struct pool *pool;     /* the object's */
    uint64_t badge;
    unsigned rights;
    uint32_t generation; /* of the object, when it was found */
};

/* The slot's capability, if it has this type itself (no facet does) and these rights, is alive, and nobody changes the
 * slot. object == NULL otherwise: cap_lookup_slow knows what it is then. */
static __attribute__((always_inline)) inline struct cap_found
cap_find(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights)
{
    const struct cap_found nothing = {0};
    const uint64_t wanted = (uint64_t)type << CAP_KIND_TYPE_SHIFT | (uint64_t)rights << CAP_KIND_RIGHTS_SHIFT;
    const uint64_t mask =
        CAP_KIND_CHANGING | 0xffull << CAP_KIND_TYPE_SHIFT | (uint64_t)rights << CAP_KIND_RIGHTS_SHIFT;
    if (__builtin_expect(slot >= space->count, 0))
        return nothing; /* slot 0 is always empty */
    const struct cap *cap = &space->slots[slot];
    /* pairs with slot_end_locked() in slot.h: sequence before fields */
    uint64_t kind = atomic_load_acquire(&cap->kind);
    if (__builtin_expect((kind & mask) != wanted, 0))
        return nothing;
    struct cap_found found = {atomic_load_relaxed(&cap->object), &pools[CAP_KIND_POOL(kind)],
                              atomic_load_relaxed(&cap->badge), CAP_KIND_RIGHTS(kind), 0};
    if (__builtin_expect(!pool_is_of(found.pool, atomic_load_relaxed(&cap->pool_generation)), 0))
        return nothing;
    found.generation = atomic_load_relaxed(&cap->generation);
    compiler_barrier(); /* x86 keeps loads in order: the second look at the sequence stays after the fields */
    if (__builtin_expect(atomic_load_relaxed(&cap->kind) != kind, 0) ||
        __builtin_expect(!object_is_of(found.object, found.generation), 0))
        return nothing;
    if (!found.object)
        __builtin_unreachable(); /* an empty slot's type is NONE */
    return found;
}

/* The slot's capability as it is: 0 or BAD_CAP. */
int cap_read(const struct cspace *space, uint64_t slot, struct cap *cap);
/* Reads a slot without a lock and checks that it is alive; through a facet to what it forwards to (unless a FACET or
 * any type, NONE, is asked for). 0, BAD_CAP, BAD_TYPE, NO_RIGHT. *cap is a copy; cap->object stays good to the end of
 * the operation. */
int cap_lookup(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights,
               struct cap *cap);

/* The same, for those who need only what cap_find finds: short where that finds it. */
static __attribute__((always_inline)) inline int cap_lookup_found(const struct cspace *space, uint64_t slot,
                                                                  enum sluice_type type, unsigned rights,
                                                                  struct cap_found *found)
{
    *found = cap_find(space, slot, type, rights);
    if (__builtin_expect(found->object != NULL, 1))
        return 0;
    struct cap cap;
    int error = cap_lookup(space, slot, type, rights, &cap);
    *found = (struct cap_found){cap.object, &pools[cap.pool], cap.badge, cap.rights, cap.generation};
    return error;
}
/* The living generation. Of what was killed meanwhile (even) it is the last one: a capability that held the even number
 * would count as alive, until the memory is somebody else's. */
static inline uint32_t generation_alive(const uint32_t *generation)
{
    /* Relaxed: whoever made the object or found it alive asks. */
    return (atomic_load_relaxed(generation) - 1) | 1;
}

/* A capability with all rights to an object that this operation found alive, or published. */
static inline struct cap cap_first(const struct pool *pool, struct object *object, uint32_t generation,
                                   enum sluice_type type)
{
    return (struct cap){
        .object = object,
        .generations = generation | (uint64_t)generation_alive(&pool->generation) << 32,
        .kind = pool->number | (uint64_t)type << CAP_KIND_TYPE_SHIFT | CAP_KIND_RIGHT(SLUICE_RIGHTS_ALL),
    };
}
/* The same, whatever its generation is. */
struct cap cap_make(struct object *object, enum sluice_type type);
/* Could a capability be put there? 0, BAD_CAP (no such slot), SLOT_USED. Only a hint while others use the space. */
int cap_slot_check(struct cspace *space, uint64_t slot);
/* Puts it into an empty slot: 0, BAD_CAP (no such slot), SLOT_USED, or SYSCALL_FORWARD. */
int64_t cap_insert(struct cspace *space, uint64_t slot, const struct cap *cap);
/* Empties a slot, alive or dead: 0, BAD_CAP, or SYSCALL_FORWARD. */
int64_t cap_take(struct cspace *space, uint64_t slot);

/* Object lifecycle: alloc (generation even) - publish (odd) - kill (even: no capability finds it) - retire: a grace
 * period (kernel/cap/reaper.h) - finish (waiters woken, mappings gone) - memory free. */
static inline uint32_t object_publish(struct object *object)
{
    uint32_t generation = object->generation + 1;
    cpu_counter_inc(objects_created);
    /* pairs with object_is_of() in cap.h: the object's fields before its generation */
    atomic_store_release(&object->generation, generation);
    return generation;
}

/* True when this call killed it, alive in this generation: the caller then owes object_retire. */
static inline bool object_kill_in(struct object *object, uint32_t generation)
{
    if (!atomic_cas(&object->generation, generation, generation + 1))
        return false;
    cpu_counter_inc(objects_destroyed);
    return true;
}

static inline bool object_kill(struct object *object)
{
    uint32_t generation = atomic_load_relaxed(&object->generation);
    return (generation & 1) && object_kill_in(object, generation);
}

/* Does it take several steps to take the object apart? */
static inline bool object_has_parts(const struct object *object)
{
    return object->type == SLUICE_TYPE_CSPACE || object->type == SLUICE_TYPE_ASPACE;
}
/* Brings a killed object, after the grace period, to where its memory may go. False: go on at CPU *forward, or here later
 * when that is UINT32_MAX. */
bool object_finish(struct object *object, uint32_t *forward);
/* What it holds in its pool beside itself is the pool's again. */
void object_parts_free_locked(struct pool *pool, struct object *object);
