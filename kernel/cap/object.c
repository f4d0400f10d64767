// SPDX-License-Identifier: MIT
/*
 * The end of an object, by its type: from killed to where its memory may go.
 * Owns: nothing. Entry points: object_finish, object_parts_free_locked, called by reaper.c. Context: kernel, after a grace
 * period that began when nothing could find the object any more.
 * Locks: class endpoint or notification while draining; class alloc, held by the caller of object_parts_free_locked.
 * Tests: tests/user/syscalls/, tests/user/pools/.
 */
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/ipc/reply.h"
#include "kernel/thread/thread.h"

/* Slots are looked at in portions, so that no message takes long. */
#define CSPACE_FINISH_SLOTS 512u

static bool cspace_finish(struct cspace *space, uint32_t *forward)
{
    for (unsigned i = 0; i < CSPACE_FINISH_SLOTS; i++) {
        if (space->finished == space->count || !space->used)
            return true;
        struct cap *slot = &space->slots[space->finished];
        if (slot->type == SLUICE_TYPE_REPLY && slot->object && cap_alive(slot))
            reply_drop(slot);
        space->finished++;
    }
    *forward = UINT32_MAX;
    return false;
}

bool object_finish(struct object *object, uint32_t *forward)
{
    switch (object->type) {
    case SLUICE_TYPE_ENDPOINT:
        return endpoint_is_drained((struct endpoint *)object) ||
               endpoint_drain((struct endpoint *)object, forward);
    case SLUICE_TYPE_NOTIFICATION:
        return notification_is_drained((struct notification *)object) ||
               notification_drain((struct notification *)object, forward);
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

void object_parts_free_locked(struct pool *pool, struct object *object)
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
