// SPDX-License-Identifier: MIT
/*
 * Object lifecycle: from a pool's memory to a capability, and back.
 * Owns: the generation of objects, their reapers. Entry points: object_publish, object_kill, object_retire,
 * object_free_handle. Context: kernel; everything after a kill runs from mailboxes and grace periods.
 * Locks: class alloc of the object's pool, class endpoint or notification while draining.
 * Tests: tests/user/syscalls/, tests/user/pools/.
 */
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/ipc/reply.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/region.h"

static struct object_reaper *object_reaper_of(struct object *object)
{
    switch (object->type) {
    case SLUICE_TYPE_CSPACE:
        return &((struct cspace *)object)->reaper;
    case SLUICE_TYPE_ASPACE:
        return &((struct aspace *)object)->reaper;
    case SLUICE_TYPE_THREAD:
        return &((struct thread *)object)->reaper;
    case SLUICE_TYPE_ENDPOINT:
        return &((struct endpoint *)object)->reaper;
    case SLUICE_TYPE_NOTIFICATION:
        return &((struct notification *)object)->reaper;
    case SLUICE_TYPE_FACET:
        return &((struct facet *)object)->reaper;
    case SLUICE_TYPE_REGION:
        return &((struct region *)object)->reaper;
    default:
        return NULL;
    }
}

void object_publish(struct object *object)
{
    cpu_counter_inc(objects_created);
    /* pairs with cap_alive() in cap.h: the object's fields before its generation */
    atomic_store_release(&object->generation, object->generation + 1);
}

bool object_kill(struct object *object)
{
    uint32_t generation = atomic_load_relaxed(&object->generation);
    if (!(generation & 1) || !atomic_cas(&object->generation, generation, generation + 1))
        return false;
    atomic_fetch_add(&pool_of(object)->destroy_waits, 1);
    cpu_counter_inc(objects_destroyed);
    return true;
}

static void object_free_send(struct epoch_waiter *waiter)
{
    struct object_reaper *reaper =
        (struct object_reaper *)((char *)waiter - offsetof(struct object_reaper, epoch));
    cpu_send(cpu_number(), &reaper->node, MAILBOX_OBJECT_FREE);
}

void object_retire(struct object *object)
{
    struct object_reaper *reaper = object_reaper_of(object);
    reaper->object = object;
    reaper->finished = false;
    epoch_wait(&reaper->epoch, object_free_send);
}

/* Slots are looked at in portions, so that no message takes long. */
#define CSPACE_FINISH_SLOTS 512u

static bool cspace_finish(struct cspace *space, uint32_t *forward)
{
    for (unsigned i = 0; i < CSPACE_FINISH_SLOTS; i++) {
        if (space->finished == space->count)
            return true;
        struct cap *slot = &space->slots[space->finished];
        if (slot->type == SLUICE_TYPE_REPLY && slot->object && cap_alive(slot))
            reply_drop(slot);
        space->finished++;
    }
    *forward = UINT32_MAX;
    return false;
}

/* Brings a killed object, after the grace period, to where its memory may go. False: go on at CPU *forward, or here later
 * when that is UINT32_MAX. */
static bool object_finish(struct object *object, uint32_t *forward)
{
    switch (object->type) {
    case SLUICE_TYPE_ENDPOINT:
        return endpoint_drain((struct endpoint *)object, forward);
    case SLUICE_TYPE_NOTIFICATION:
        return notification_drain((struct notification *)object, forward);
    case SLUICE_TYPE_CSPACE:
        return cspace_finish((struct cspace *)object, forward);
    case SLUICE_TYPE_ASPACE:
        return aspace_finish((struct aspace *)object, forward);
    case SLUICE_TYPE_THREAD:
        *forward = UINT32_MAX;
        /* pairs with thread_cancel_handle() in cancel.c: a cancel under way is over before the memory goes */
        return !atomic_load_acquire(&((struct thread *)object)->cancel_busy);
    default:
        return true;
    }
}

/* What the object holds in its pool beside itself. */
static void object_free_parts_locked(struct pool *pool, struct object *object)
{
    if (object->type == SLUICE_TYPE_CSPACE) {
        struct cspace *space = (struct cspace *)object;
        pool_pages_free_locked(pool, space->slots, cspace_pages(space->count));
    } else if (object->type == SLUICE_TYPE_THREAD) {
        struct thread *thread = (struct thread *)object;
        thread->aspace->users--;
        thread->cspace->users--;
    }
}

/* Threads may have been queued on it: then somebody may be about to enter its gate to take one off, who found one there
 * before the queue was emptied (queue_claim() in kernel/thread/cancel.c). */
static bool object_has_queue(const struct object *object)
{
    return object->type == SLUICE_TYPE_ENDPOINT || object->type == SLUICE_TYPE_NOTIFICATION;
}

void object_free_handle(struct mailbox_node *node)
{
    struct object_reaper *reaper =
        (struct object_reaper *)((char *)node - offsetof(struct object_reaper, node));
    struct object *object = reaper->object;
    struct pool *pool = pool_of(object);
    uint32_t forward;
    if (!reaper->finished && !object_finish(object, &forward)) {
        cpu_send(forward == UINT32_MAX ? cpu_number() : forward, node, MAILBOX_OBJECT_FREE);
        return;
    }
    bool grace = !reaper->finished && object_has_queue(object);
    /* Remembered: where two classes are off on two CPUs, the first gate would send us back from the second for ever. */
    reaper->finished = true;
    if (grace) {
        epoch_wait(&reaper->epoch, object_free_send);
        return;
    }
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock)) {
        cpu_send(gate.cpu, node, MAILBOX_OBJECT_FREE);
        return;
    }
    object_free_parts_locked(pool, object);
    pool_object_free_locked(pool, object);
    gate_leave(&gate);
    pool_object_gone(pool);
}
