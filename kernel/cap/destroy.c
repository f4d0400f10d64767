// SPDX-License-Identifier: MIT
/*
 * object_destroy and cap_revoke: capabilities die.
 * Owns: nothing beyond the handlers. Context: the running thread's CPU; for a cspace or address space, the one that its
 * pool's policy wants; the end of cap_revoke runs where the caller's cspace wants it.
 * Locks: class alloc, for what threads are bound to; class cspace. Tests: tests/user/syscalls/.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/reaper.h"
#include "kernel/cap/slot.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"

/* Spaces that threads are bound to stay. */
static int64_t destroy_space(struct object *object, const uint32_t *users)
{
    struct pool *pool = pool_of(object);
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock))
        return syscall_forward(&gate);
    bool busy = *users != 0;
    bool killed = !busy && object_kill(object);
    gate_leave(&gate);
    if (killed)
        object_retire(object);
    return busy ? SLUICE_E_BUSY : 0;
}

static __attribute__((noinline)) int64_t destroy_other(struct object *object, enum sluice_type type)
{
    switch (type) {
    case SLUICE_TYPE_CSPACE:
        return destroy_space(object, &((struct cspace *)object)->users);
    case SLUICE_TYPE_ASPACE:
        return destroy_space(object, &((struct aspace *)object)->users);
    case SLUICE_TYPE_THREAD:
        thread_destroy((struct thread *)object);
        return 0;
    default:
        return SLUICE_E_BAD_TYPE;
    }
}

int64_t sys_object_destroy(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    int error = slot_find(thread->cspace, args[0], SLUICE_RIGHT_CONTROL, &cap);
    if (__builtin_expect(error, 0))
        return error;
    enum sluice_type type = (enum sluice_type)CAP_KIND_TYPE(cap.kind);
    if (type != SLUICE_TYPE_ENDPOINT && type != SLUICE_TYPE_NOTIFICATION && type != SLUICE_TYPE_FACET)
        return destroy_other(cap.object, type);
    if (object_kill_in(cap.object, (uint32_t)cap.generations))
        object_retire_with(cap.object, object_reaper_of(cap.object, type));
    return 0;
}

enum revoke_step { REVOKE_KILL, REVOKE_RENEW };

static bool type_is_revoked(enum sluice_type type)
{
    return type == SLUICE_TYPE_ENDPOINT || type == SLUICE_TYPE_NOTIFICATION || type == SLUICE_TYPE_ASPACE ||
           type == SLUICE_TYPE_CSPACE || type == SLUICE_TYPE_FACET || type == SLUICE_TYPE_REGION;
}

static int64_t revoke_kill(struct thread *thread, uint64_t slot)
{
    struct cap cap;
    int error = slot_find(thread->cspace, slot, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    if (!type_is_revoked((enum sluice_type)CAP_KIND_TYPE(cap.kind)))
        return SLUICE_E_BAD_TYPE;
    uint32_t generation = (uint32_t)cap.generations;
    if (!atomic_cas(&cap.object->generation, generation, generation + 2))
        return SLUICE_E_BAD_CAP; /* somebody else revoked or destroyed it first */
    thread->scratch[0] = (uint64_t)cap.object;
    thread->scratch[1] = generation;
    thread->step = REVOKE_RENEW;
    return 0;
}

/* The slot's own copy died too: it alone gets the new generation. */
int64_t sys_cap_revoke(struct thread *thread, uint64_t *args)
{
    struct cspace *space = thread->cspace;
    int64_t error = thread->step == REVOKE_KILL ? revoke_kill(thread, args[0]) : 0;
    if (error)
        return error;
    struct gate gate;
    uint32_t held = slot_gate_enter(&gate, space);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return syscall_forward(&gate);
    struct cap *slot = &space->slots[args[0]];
    bool same = (uint64_t)slot->object == thread->scratch[0] && slot->generation == thread->scratch[1];
    if (same) {
        uint32_t sequence = slot_begin_locked(slot);
        atomic_store_relaxed(&slot->generation, slot->generation + 2);
        slot_end_locked(slot, (uint32_t)slot->kind, sequence);
    }
    slot_gate_leave(&gate, held, space);
    return same ? 0 : SLUICE_E_BAD_CAP; /* the slot was changed meanwhile */
}
