// SPDX-License-Identifier: MIT
/*
 * cap_copy, cap_move, cap_delete, cap_info.
 * Owns: nothing beyond the handlers. Context: the CPU that the policy of the changed cspace wants.
 * Locks: class cspace, one space at a time. Tests: tests/user/syscalls/.
 */
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/ipc/reply.h"
#include "kernel/irq/irq.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/region.h"
#include "mm/user.h"

/* The cspace an argument names: 0 is the caller's own. */
static int cspace_argument(struct thread *thread, uint64_t slot, struct cspace **space)
{
    struct cap cap;
    if (slot == SLUICE_SLOT_NULL) {
        *space = thread->cspace;
        return 0;
    }
    int error = cap_lookup(thread->cspace, slot, SLUICE_TYPE_CSPACE, SLUICE_RIGHT_WRITE, &cap);
    *space = (struct cspace *)cap.object;
    return error;
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

static int badge_apply(struct cap *cap, uint64_t badge)
{
    if (badge == 0 || badge == cap->badge)
        return 0;
    /* A facet's badge becomes that of what it forwards to: it gives none that could not be given there. */
    const struct cap *target = cap->type == SLUICE_TYPE_FACET ? &((struct facet *)cap->object)->target : cap;
    if (!(cap->rights & target->rights & SLUICE_RIGHT_BADGE))
        return SLUICE_E_NO_RIGHT;
    uint64_t outer = cap->badge ? cap->badge : target->badge;
    if (target->type == SLUICE_TYPE_PORT && !port_badge_inside(badge, outer))
        return SLUICE_E_OUT_OF_BOUNDS;
    if (target->type == SLUICE_TYPE_TUNER && !tuner_badge_inside(badge, outer))
        return SLUICE_E_OUT_OF_BOUNDS;
    if (target->type == SLUICE_TYPE_CPU)
        return SLUICE_E_BAD_TYPE; /* its badge is the processor's number */
    cap->badge = badge;
    return 0;
}

int64_t sys_cap_copy(struct thread *thread, uint64_t *args)
{
    struct cspace *space;
    struct cap cap;
    int error = cspace_argument(thread, args[0], &space);
    if (!error)
        error = cap_lookup(thread->cspace, args[2], SLUICE_TYPE_NONE, SLUICE_RIGHT_COPY, &cap);
    if (!error && cap.type == SLUICE_TYPE_REPLY)
        error = SLUICE_E_BAD_TYPE; /* the right to answer once is moved, not copied */
    if (!error && (args[3] & ~(uint64_t)SLUICE_RIGHTS_ALL))
        error = SLUICE_E_BAD_ARGUMENT;
    if (!error)
        error = badge_apply(&cap, args[4]);
    if (error)
        return error;
    cap.rights &= (uint8_t)args[3];
    int64_t result = cap_insert(space, args[1], &cap);
    if (!result)
        cpu_counter_inc(cap_copies);
    return result;
}

int64_t sys_cap_move(struct thread *thread, uint64_t *args)
{
    struct cspace *space;
    struct cap cap;
    int error = cspace_argument(thread, args[0], &space);
    if (error)
        return error;
    if (thread->step == 0) {
        error = cap_lookup(thread->cspace, args[2], SLUICE_TYPE_NONE, 0, &cap);
        if (error)
            return error;
        if (space != thread->cspace && !(cap.rights & SLUICE_RIGHT_COPY))
            return SLUICE_E_NO_RIGHT;
        int64_t result = cap_insert(space, args[1], &cap);
        if (result)
            return result;
        cpu_counter_inc(cap_copies);
        thread->step = 1; /* for a moment there are two: a reply right is spent by whoever uses it first */
    }
    int64_t result = cap_take(thread->cspace, args[2], &cap);
    return result == SYSCALL_FORWARD ? result : 0;
}

int64_t sys_cap_delete(struct thread *thread, uint64_t *args)
{
    struct cspace *space;
    struct cap cap;
    int error = cspace_argument(thread, args[0], &space);
    if (error)
        return error;
    if (thread->step == 0 && cap_read(space, args[1], &cap) == 0 && cap.type == SLUICE_TYPE_REPLY) {
        reply_drop(&cap);
        thread->step = 1;
    }
    return cap_take(space, args[1], &cap);
}

static uint64_t waitq_length(const struct waitq *queue)
{
    /* A glance without the gate: bounded, and the links of blocked threads stay readable for this operation. */
    uint64_t length = 0;
    for (const struct thread *t = queue->first; t && length < 64; t = t->wait_next)
        length++;
    return length;
}

static void detail_pool(const struct pool *pool, uint64_t *detail)
{
    detail[0] = pool->number;
    detail[1] = pool->pages * SLUICE_PAGE_BYTES;
    detail[2] = pool->pages_used * SLUICE_PAGE_BYTES;
    detail[3] = pool->objects;
}

/* A glance from any CPU. What is on its way to its home, to run there, waits for nothing. */
static enum thread_state thread_state_seen(const struct thread *thread)
{
    enum thread_state state = atomic_load_relaxed(&thread->state);
    bool waits = atomic_load_relaxed(&thread->wait_kind) != WAIT_NONE;
    return state == THREAD_BLOCKED && !waits ? THREAD_READY : state;
}

static void detail_fill(const struct cap *cap, uint64_t *detail)
{
    const struct object *object = cap->object;
    switch (cap->type) {
    case SLUICE_TYPE_REGION: {
        const struct region *region = (const struct region *)object;
        detail[0] = region->first;
        detail[1] = region->frames;
        detail[2] = frame_count_used(region->first, region->frames);
        detail[3] = region->pool != 0;
        break;
    }
    case SLUICE_TYPE_POOL:
        detail_pool((const struct pool *)object, detail);
        break;
    case SLUICE_TYPE_CSPACE:
        detail[0] = ((const struct cspace *)object)->count;
        detail[1] = ((const struct cspace *)object)->used;
        break;
    case SLUICE_TYPE_ASPACE:
        detail[0] = ((const struct aspace *)object)->pages_mapped;
        detail[1] = ((const struct aspace *)object)->generation;
        break;
    case SLUICE_TYPE_THREAD:
        detail[0] = ((const struct thread *)object)->next_home;
        detail[1] = ((const struct thread *)object)->priority;
        detail[2] = thread_state_seen((const struct thread *)object);
        detail[3] = ((const struct thread *)object)->id;
        break;
    case SLUICE_TYPE_ENDPOINT:
        detail[0] = waitq_length(&((const struct endpoint *)object)->senders);
        detail[1] = waitq_length(&((const struct endpoint *)object)->receivers);
        break;
    case SLUICE_TYPE_NOTIFICATION:
        detail[0] = ((const struct notification *)object)->bits;
        detail[1] = waitq_length(&((const struct notification *)object)->waiters);
        break;
    case SLUICE_TYPE_IRQ:
        detail[0] = ((const struct irq *)object)->line;
        detail[1] = ((const struct irq *)object)->count;
        break;
    case SLUICE_TYPE_CPU:
        detail[0] = cap->badge;
        break;
    default:
        break;
    }
}

int64_t sys_cap_info(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    int error = cap_read(thread->cspace, args[0], &cap);
    if (error)
        return error;
    struct sluice_cap_info info = {
        .type = cap.type,
        .rights = cap.rights,
        .pool = cap.pool,
        .generation = cap.generation,
        .badge = cap.badge,
    };
    detail_fill(&cap, info.detail);
    thread->fault_error = SLUICE_FAULT_WRITE;
    if (user_copy_out(thread->aspace, args[1], &info, sizeof(info), &thread->fault_address))
        return SYSCALL_FAULT;
    return 0;
}
