// SPDX-License-Identifier: MIT
/*
 * cap_info: what a capability is, and its object at a glance.
 * Owns: nothing beyond the handler. Context: any CPU; what it sees may change while it looks. Locks: none.
 * Tests: tests/user/syscalls/.
 */
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/near.h"
#include "kernel/ipc/notification.h"
#include "kernel/irq/irq.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/region.h"
#include "mm/user.h"

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
    detail[3] = pool_objects(pool);
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
        detail[1] = waitq_length(&((const struct endpoint *)object)->receivers) +
                    near_length((const struct endpoint *)object);
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
