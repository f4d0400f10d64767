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

int64_t sys_cap_revoke(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    if (thread->step == 0) {
        int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_NONE, SLUICE_RIGHT_CONTROL, &cap);
        if (error)
            return error;
        if (cap.type != SLUICE_TYPE_ENDPOINT && cap.type != SLUICE_TYPE_NOTIFICATION &&
            cap.type != SLUICE_TYPE_ASPACE && cap.type != SLUICE_TYPE_CSPACE &&
            cap.type != SLUICE_TYPE_FACET && cap.type != SLUICE_TYPE_REGION)
            return SLUICE_E_BAD_TYPE;
        if (!atomic_cas(&cap.object->generation, cap.generation, cap.generation + 2))
            return SLUICE_E_BAD_CAP; /* somebody else revoked or destroyed it first */
        thread->scratch[0] = cap.generation + 2;
        cap.generation += 2;
        thread->scratch[1] = cap.badge;
        thread->scratch[2] = cap.rights;
        thread->scratch[3] = (uint64_t)cap.object;
        thread->step = 1;
    }
    /* The slot's own copy died too, so that it counts as empty: it gets the new generation. */
    struct object *object = (struct object *)thread->scratch[3];
    if (cap_read(thread->cspace, args[0], &cap) != SLUICE_E_BAD_CAP || cap.object != object)
        return SLUICE_E_BAD_CAP; /* the slot was changed meanwhile */
    cap.generation = (uint32_t)thread->scratch[0];
    return cap_insert(thread->cspace, args[0], &cap);
}
