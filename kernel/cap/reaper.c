// SPDX-License-Identifier: MIT
/*
 * Batches of destroyed objects: sent off, and after their grace period finished and freed.
 * Owns: cpu->reaper. Entry points: kernel/cap/reaper.h. Context: kernel; what follows a grace period runs from the
 * mailbox, on the CPU that retired the objects, or where gates send the list. Locks, one at a time: class endpoint or
 * notification while draining; class alloc of the objects' pools.
 * Tests: tests/host/test_reaper.c, tests/user/pools/. Model: tests/model/reaper.pml.
 *
 * Who retires object after object writes lines of its CPU, of the objects and of their pools; a batch writes the grace
 * periods' line, and what it costs grows with the number of CPUs that have to answer: smp/epoch.c.
 */
#include "kernel/cap/reaper.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "mm/region_stock.h"
#include "smp/lock/gate.h"

/* What one message does at most: so many objects, or as many parts of those that are taken apart bit by bit. */
#define FREE_MOST 64u
#define FREE_PART 16u

static struct object_reaper *reaper_of_node(struct mailbox_node *node)
{
    return (struct object_reaper *)((char *)node - offsetof(struct object_reaper, node));
}

static void list_send(struct object_reaper *list, unsigned cpu)
{
    cpu_send(cpu, &list->node, MAILBOX_OBJECT_FREE);
}

/* On the CPU that answered last. */
static void grace_over(struct epoch_waiter *waiter)
{
    struct cpu *cpu = (struct cpu *)((char *)waiter - offsetof(struct cpu, reaper.epoch));
    list_send(cpu->reaper.batch, cpu->number);
}

void reaper_begin_cpu(struct cpu *self)
{
    self->reaper.due_tsc = clock_tsc() + tunable(epoch_delay) * (tsc_hz / 1000000);
    self->due |= DUE_TIMER;
}

void reaper_send_cpu(struct cpu *self)
{
    struct reaper_cpu *reaper = &self->reaper;
    if (reaper->batch || !reaper->waiting)
        return;
    reaper->batch = reaper->waiting;
    reaper->waiting = NULL;
    reaper->count = 0;
    reaper->hurry -= reaper->hurry != 0;
    reaper->due_tsc = 0;
    self->due |= DUE_TIMER;
    epoch_wait(&reaper->epoch, grace_over);
}

bool reaper_hurry_cpu(void)
{
    struct cpu *self = cpu_self();
    if (!self->reaper.waiting && !self->reaper.batch)
        return false;
    self->reaper.hurry = 2; /* an object with queues waits twice */
    self->reaper.due_tsc = 0;
    self->due |= DUE_TIMER;
    reaper_send_cpu(self);
    return true;
}

/* Threads may have been queued on it: then somebody may be about to enter its gate to take one off, who found one there
 * before the queue was emptied (queue_claim() in kernel/thread/cancel.c). */
static inline bool object_has_queue(const struct object *object)
{
    return object->type == SLUICE_TYPE_ENDPOINT || object->type == SLUICE_TYPE_NOTIFICATION;
}

/* Nobody is queued, and nobody can be any more: what object_finish would find out. */
static inline bool object_is_drained(const struct object *object)
{
    if (object->type == SLUICE_TYPE_ENDPOINT)
        return endpoint_is_drained((const struct endpoint *)object);
    return object->type == SLUICE_TYPE_NOTIFICATION &&
           notification_is_drained((const struct notification *)object);
}

/* True when nobody has to be waited for; else it is on its way, here or elsewhere, to come again. */
static __attribute__((noinline)) bool reaper_finish(struct object_reaper *reaper)
{
    uint32_t forward = UINT32_MAX;
    if (object_finish(reaper->object, &forward))
        return true;
    reaper->next = NULL;
    list_send(reaper, forward == UINT32_MAX ? cpu_number() : forward);
    return false;
}

/* True when only its memory is left to be freed. */
static inline bool reaper_step(struct cpu *self, struct object_reaper *reaper)
{
    struct object *object = reaper->object;
    if (reaper->finished)
        return true;
    if (!object_is_drained(object) && !reaper_finish(reaper))
        return false;
    /* Remembered: where two classes are off on two CPUs, the first gate would send us back from the second for ever. */
    reaper->finished = true;
    if (!object_has_queue(object))
        return true;
    reaper_add_cpu(self, reaper);
    return false;
}

/* Objects of one pool that follow one another; returns the rest. */
static struct object_reaper *run_free_locked(struct pool *pool, struct object_reaper *list)
{
    do {
        struct object *object = list->object;
        list = list->next; /* read first: the memory is free after this */
        if (!object_has_queue(object))
            object_parts_free_locked(pool, object);
        pool_object_free_locked(pool, object);
    } while (list && list->object->pool == pool->number);
    return list;
}

/* Those of this pool go where it wants to be served; returns the others. */
static struct object_reaper *pool_send(const struct pool *pool, struct object_reaper *list, unsigned cpu)
{
    struct object_reaper *sent = NULL, *kept = NULL;
    while (list) {
        struct object_reaper *reaper = list, **to = reaper->object->pool == pool->number ? &sent : &kept;
        list = list->next;
        reaper->next = *to;
        *to = reaper;
    }
    list_send(sent, cpu);
    return kept;
}

static void list_free(struct object_reaper *list)
{
    while (list) {
        struct pool *pool = pool_of(list->object);
        struct gate gate;
        if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock)) {
            list = pool_send(pool, list, gate.cpu);
            continue;
        }
        list = run_free_locked(pool, list);
        gate_leave(&gate);
        pool_objects_gone(pool);
    }
}

/* True when the object need not go back to its pool. */
static inline bool reaper_keep_cpu(struct object *object)
{
    return object->type == SLUICE_TYPE_REGION && region_stock_keep_cpu((struct region *)object);
}

void object_free_handle(struct mailbox_node *node)
{
    struct cpu *self = cpu_self();
    struct object_reaper *list = reaper_of_node(node), *ready = NULL;
    if (list == self->reaper.batch)
        self->reaper.batch = NULL;
    for (unsigned done = 0; list && done < FREE_MOST;) {
        struct object_reaper *reaper = list;
        list = list->next; /* read first: finishing may send it on */
        done += object_has_parts(reaper->object) ? FREE_PART : 1;
        if (reaper_step(self, reaper) && !reaper_keep_cpu(reaper->object)) {
            reaper->next = ready;
            ready = reaper;
        }
    }
    if (list)
        list_send(list, self->number);
    list_free(ready);
    if (self->reaper.hurry || self->reaper.count >= tunable(epoch_batch))
        reaper_send_cpu(self);
}
