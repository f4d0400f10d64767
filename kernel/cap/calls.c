// SPDX-License-Identifier: MIT
/*
 * cap_copy, cap_move, cap_delete.
 * Owns: nothing beyond the handlers. Context: the CPU that the policy of the changed cspace wants.
 * Locks: class cspace, one space at a time. Tests: tests/user/syscalls/.
 */
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/cap/slot.h"
#include "kernel/ipc/reply.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"

/* The cspace that an argument names, if it is not 0, the caller's own. NULL: cspace_refused says why. */
static __attribute__((noinline)) struct cspace *cspace_lookup(const struct thread *thread, uint64_t slot)
{
    struct cap_found found;
    int error = cap_lookup_found(thread->cspace, slot, SLUICE_TYPE_CSPACE, SLUICE_RIGHT_WRITE, &found);
    return error ? NULL : (struct cspace *)found.object;
}

static __attribute__((noinline)) int64_t cspace_refused(const struct thread *thread, uint64_t slot)
{
    struct cap_found found;
    int error = cap_lookup_found(thread->cspace, slot, SLUICE_TYPE_CSPACE, SLUICE_RIGHT_WRITE, &found);
    return error ? error : SLUICE_E_BAD_CAP; /* it is there by now */
}

/* A port range may only become narrower: first in bits 0-15, count in bits 16-31. */
static bool port_badge_inside(uint64_t inner, uint64_t outer)
{
    uint64_t inner_first = inner & 0xffff, inner_end = inner_first + (inner >> 16);
    uint64_t outer_first = outer & 0xffff, outer_end = outer_first + (outer >> 16);
    return inner_first >= outer_first && inner_end <= outer_end && inner_end > inner_first;
}

/* So may the bounds of a tuner, once it has some. */
static bool tuner_badge_inside(uint64_t inner, uint64_t outer)
{
    if (!(outer & SLUICE_TUNER_BOUNDED))
        return true;
    return (inner & SLUICE_TUNER_BOUNDED) && !(inner & ~outer);
}

/* May a copy of the capability (object, kind, its badge) have another badge? */
static __attribute__((noinline)) int badge_check(const struct object *object, uint64_t kind, uint64_t own,
                                                 uint64_t badge)
{
    struct cap cap = {.badge = own, .kind = kind};
    /* A facet's badge becomes that of what it forwards to: it gives none that could not be given there. */
    const struct cap *target = cap.type == SLUICE_TYPE_FACET ? &((const struct facet *)object)->target : &cap;
    if (!(cap.rights & target->rights & SLUICE_RIGHT_BADGE))
        return SLUICE_E_NO_RIGHT;
    uint64_t outer = own ? own : target->badge;
    if (target->type == SLUICE_TYPE_PORT && !port_badge_inside(badge, outer))
        return SLUICE_E_OUT_OF_BOUNDS;
    if (target->type == SLUICE_TYPE_TUNER && !tuner_badge_inside(badge, outer))
        return SLUICE_E_OUT_OF_BOUNDS;
    if (target->type == SLUICE_TYPE_CPU)
        return SLUICE_E_BAD_TYPE; /* its badge is the processor's number */
    return 0;
}

/* May it be copied with these rights and this badge? */
static inline int copy_check(const struct cap *cap, uint64_t rights, uint64_t badge)
{
    if (CAP_KIND_TYPE(cap->kind) == SLUICE_TYPE_REPLY)
        return SLUICE_E_BAD_TYPE; /* the right to answer once is moved, not copied */
    if (rights & ~(uint64_t)SLUICE_RIGHTS_ALL)
        return SLUICE_E_BAD_ARGUMENT;
    return badge == 0 || badge == cap->badge ? 0 : badge_check(cap->object, cap->kind, cap->badge, badge);
}

int64_t sys_cap_copy(struct thread *thread, uint64_t *args)
{
    struct cspace *space = thread->cspace;
    if (__builtin_expect(args[0] != SLUICE_SLOT_NULL, 0)) {
        space = cspace_lookup(thread, args[0]);
        if (!space)
            return cspace_refused(thread, args[0]);
    }
    struct cap cap;
    int error = slot_find(thread->cspace, args[2], SLUICE_RIGHT_COPY, &cap);
    if (!error)
        error = copy_check(&cap, args[3], args[4]);
    if (__builtin_expect(error, 0))
        return error;
    cap.badge = args[4] ? args[4] : cap.badge;
    cap.kind &= CAP_KIND_RIGHT(args[3]) | ~CAP_KIND_RIGHT(0xff);
    int64_t result = slot_insert(space, args[1], &cap);
    if (!result)
        cpu_counter_inc(cap_copies);
    return result;
}

/* Inside of one cspace: in one hold of its gate. */
static int64_t move_inside(struct cspace *space, uint64_t to, uint64_t from)
{
    if (!slot_exists(space, to) || !slot_exists(space, from))
        return SLUICE_E_BAD_CAP;
    struct gate gate;
    uint32_t held = slot_gate_enter(&gate, space);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return syscall_forward(&gate);
    struct cap *source = &space->slots[from], *place = &space->slots[to];
    int64_t result = 0;
    if (!cap_alive(source)) {
        result = SLUICE_E_BAD_CAP;
    } else if (!slot_is_free(place)) {
        result = SLUICE_E_SLOT_USED;
    } else {
        space->used += place->object == NULL;
        slot_write_locked(place, source);
        slot_clear_locked(space, source);
        cpu_counter_inc(cap_copies);
    }
    slot_gate_leave(&gate, held, space);
    return result;
}

int64_t sys_cap_move(struct thread *thread, uint64_t *args)
{
    if (__builtin_expect(args[0] == SLUICE_SLOT_NULL, 1))
        return move_inside(thread->cspace, args[1], args[2]);
    struct cspace *space = cspace_lookup(thread, args[0]);
    if (!space)
        return cspace_refused(thread, args[0]);
    if (space == thread->cspace)
        return move_inside(space, args[1], args[2]);
    if (thread->step == 0) {
        struct cap cap;
        int error = slot_find(thread->cspace, args[2], SLUICE_RIGHT_COPY, &cap);
        if (error)
            return error;
        int64_t result = cap_insert(space, args[1], &cap);
        if (result)
            return result;
        cpu_counter_inc(cap_copies);
        thread->step = 1; /* for a moment there are two: a reply right is spent by whoever uses it first */
    }
    int64_t result = cap_take(thread->cspace, args[2]);
    return result == SYSCALL_FORWARD ? result : 0;
}

int64_t sys_cap_delete(struct thread *thread, uint64_t *args)
{
    struct cspace *space = thread->cspace;
    if (__builtin_expect(args[0] != SLUICE_SLOT_NULL, 0)) {
        space = cspace_lookup(thread, args[0]);
        if (!space)
            return cspace_refused(thread, args[0]);
    }
    if (__builtin_expect(!slot_exists(space, args[1]), 0))
        return SLUICE_E_BAD_CAP;
    struct gate gate;
    uint32_t held = slot_gate_enter(&gate, space);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return syscall_forward(&gate);
    struct cap *slot = &space->slots[args[1]];
    bool found = slot->object != NULL;
    struct cap reply = {.object = NULL};
    if (__builtin_expect(slot->type == SLUICE_TYPE_REPLY, 0))
        reply = *slot;
    if (__builtin_expect(found, 1))
        slot_clear_locked(space, slot);
    slot_gate_leave(&gate, held, space);
    if (__builtin_expect(reply.object != NULL, 0))
        reply_drop(&reply); /* its caller hears of it */
    return found ? 0 : SLUICE_E_BAD_CAP;
}
