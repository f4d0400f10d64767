// SPDX-License-Identifier: MIT
/*
 * Capability spaces: lookup without locks, changes under the cspace's gate.
 * Owns: struct cspace, the cap_* and object_* system calls, object lifecycle (create, revoke, destroy, release).
 * Context: kernel. Locks: class cspace of the space's pool for changes; class alloc of a pool for objects.
 * Tests: tests/host/test_cap.c, tests/user/syscalls/.
 */
#pragma once
#include "kernel/abi/error.h"
#include "kernel/cap/object.h"
#include "mm/pool.h"
#include <stdint.h>

struct thread;

struct cspace {
    struct object object;
    /* Fixed after init. */
    struct cap *slots;
    uint32_t count; /* a power of two */
    /* Guarded by class cspace. */
    uint32_t used;
    struct object_reaper reaper;
};

/* Reads a slot without a lock and checks that it is alive; through facets to what they forward to. 0, BAD_CAP,
 * BAD_TYPE (type NONE takes any), NO_RIGHT. *cap is a copy; cap->object stays good to the end of the operation. */
int cap_lookup(struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights, struct cap *cap);
/* Still alive? For capabilities kept outside of slots. */
bool cap_alive(const struct cap *cap);
/* A capability with all rights to a living object. */
struct cap cap_make(struct object *object, enum sluice_type type);
/* Puts it into an empty slot: 0, BAD_CAP (no such slot), SLOT_USED, or SYSCALL_FORWARD. */
int64_t cap_insert(struct cspace *space, uint64_t slot, const struct cap *cap);

/* Object lifecycle. object_alloc: 0, NO_MEMORY or SYSCALL_FORWARD; the object is not yet alive. */
int64_t object_alloc(struct pool *pool, enum sluice_type type, struct object **object);
void object_publish(struct object *object, enum sluice_type type);
/* Ends it: no capability finds it any more; waiters are woken; `release` follows after a grace period. */
void object_kill(struct object *object);
/* Gives the memory back on whatever CPU the pool's policy wants; the reaper is used for the way. */
void object_release(struct object *object);
struct object_reaper *object_reaper_of(struct object *object);
