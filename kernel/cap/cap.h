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
    /* Fixed after init. */
    struct cap *slots;
    uint32_t count; /* a power of two */
    /* Guarded by class cspace. */
    uint32_t used;
    /* Guarded by class alloc of its pool. */
    uint32_t users; /* threads bound to it */
    /* Whoever finishes it. */
    uint32_t finished; /* slots already looked at */
    struct object_reaper reaper;
};

/* Pages that so many slots fill. */
static inline uint64_t cspace_pages(uint64_t slots)
{
    return (slots * sizeof(struct cap) + SLUICE_PAGE_BYTES - 1) / SLUICE_PAGE_BYTES;
}

/* A whole copy of the slot; retries while a writer, who runs with interrupts off, is inside. */
static inline void cap_slot_read(const struct cap *slot, struct cap *copy)
{
    uint32_t sequence;
    do {
        /* pairs with slot_write() in cap.c: sequence before fields */
        sequence = atomic_load_acquire(&slot->sequence);
        copy->object = atomic_load_relaxed(&slot->object);
        copy->badge = atomic_load_relaxed(&slot->badge);
        copy->generation = atomic_load_relaxed(&slot->generation);
        copy->pool_generation = atomic_load_relaxed(&slot->pool_generation);
        copy->pool = atomic_load_relaxed(&slot->pool);
        copy->type = atomic_load_relaxed(&slot->type);
        copy->rights = atomic_load_relaxed(&slot->rights);
        compiler_barrier(); /* x86 keeps loads in order: the second look at the sequence stays after the fields */
    } while ((sequence & 1) || atomic_load_relaxed(&slot->sequence) != sequence);
}

/* Still alive? Also for capabilities kept outside of slots. */
static inline bool cap_alive(const struct cap *cap)
{
    /* The pool first: memory of a destroyed pool is user memory again, and must not be looked at. A generation is read
     * before what it vouches for: pairs with pool_publish() in mm/pool.c, and
     * pairs with object_publish() in cap.h. */
    return cap->object && atomic_load_acquire(&pools[cap->pool].generation) == cap->pool_generation &&
           atomic_load_acquire(&cap->object->generation) == cap->generation;
}

/* Reads a slot without a lock and checks that it is alive; through a facet to what it forwards to (unless a FACET or
 * any type, NONE, is asked for). 0, BAD_CAP, BAD_TYPE, NO_RIGHT. *cap is a copy; cap->object stays good to the end of
 * the operation. */
int cap_lookup(struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights, struct cap *cap);
/* The slot's capability as it is: 0 or BAD_CAP. */
int cap_read(struct cspace *space, uint64_t slot, struct cap *cap);
/* A capability with all rights to a living object. */
struct cap cap_make(struct object *object, enum sluice_type type);
/* Could a capability be put there? 0, BAD_CAP (no such slot), SLOT_USED. Only a hint while others use the space. */
int cap_slot_check(struct cspace *space, uint64_t slot);
/* Puts it into an empty slot: 0, BAD_CAP (no such slot), SLOT_USED, or SYSCALL_FORWARD. */
int64_t cap_insert(struct cspace *space, uint64_t slot, const struct cap *cap);
/* Empties a slot, alive or dead: 0, BAD_CAP, or SYSCALL_FORWARD. */
int64_t cap_take(struct cspace *space, uint64_t slot, struct cap *cap);

/* Object lifecycle: alloc (generation even) - publish (odd) - kill (even: no capability finds it) - retire: a grace
 * period (kernel/cap/reaper.h) - finish (waiters woken, mappings gone) - memory free. */
static inline void object_publish(struct object *object)
{
    cpu_counter_inc(objects_created);
    /* pairs with cap_alive() in cap.h: the object's fields before its generation */
    atomic_store_release(&object->generation, object->generation + 1);
}

/* True when this call killed it: the caller then owes object_retire. */
static inline bool object_kill(struct object *object)
{
    uint32_t generation = atomic_load_relaxed(&object->generation);
    if (!(generation & 1) || !atomic_cas(&object->generation, generation, generation + 1))
        return false;
    cpu_counter_inc(objects_destroyed);
    return true;
}

/* Does it take several steps to take the object apart? */
static inline bool object_has_parts(const struct object *object)
{
    return object->type == SLUICE_TYPE_CSPACE || object->type == SLUICE_TYPE_ASPACE;
}
/* Brings a killed object, after the grace period, to where its memory may go. False: go on at CPU *forward, or here later
 * when that is UINT32_MAX. */
bool object_finish(struct object *object, uint32_t *forward);
/* Its memory, and what it holds in its pool beside itself, is the pool's again. */
void object_free_locked(struct pool *pool, struct object *object);
