// SPDX-License-Identifier: MIT
/*
 * The reaper: what a CPU destroyed is freed in batches, so that many objects share a grace period and its messages.
 * Owns: cpu->reaper, object_reaper. Entry points: object_retire; reaper_hurry_cpu where memory is wanted or the CPU has
 * nothing to do; object_free_handle. Context: kernel, interrupts off. Locks: none here; reaper.c says which.
 * Tests: tests/host/test_reaper.c, tests/user/pools/. Model: tests/model/reaper.pml.
 *
 *   killed --retire--> waiting --a batch goes off--> batch --grace period--> finished --no queue--> free
 *                         ^                                                      |
 *                         +---- it has queues: one more grace period ------------+
 *
 * A batch goes off when it holds epoch.batch objects, epoch.delay after its first one, when an allocation here finds no
 * room, a pool's destruction waits, or the CPU goes idle: what waits is bounded in time, and is its pool's memory.
 */
#pragma once
#include "kernel/cap/object.h"
#include "smp/cpu.h"
#include "tunables/tunables.h"

/* Where the reaper lies in objects of each type; 0: they are not destroyed. */
extern const uint16_t object_reaper_offset[SLUICE_TYPE_COUNT];

/* The list of this CPU was empty: from now on it has a time when it is due. */
void reaper_begin_cpu(struct cpu *self);
/* Sends a batch off, if there is anything and none is under way: whoever handles that one looks at the list again. */
void reaper_send_cpu(struct cpu *self);
/* Everything that waits on this CPU goes off as soon as it can, with the grace period after that, if it needs one. True
 * when something waits, or is under way. */
bool reaper_hurry_cpu(void);
/* MAILBOX_OBJECT_FREE: a list of objects, linked by their reapers, whose grace period is over. */
void object_free_handle(struct mailbox_node *node);

static inline void reaper_add_cpu(struct cpu *self, struct object_reaper *reaper)
{
    reaper->next = self->reaper.waiting;
    self->reaper.waiting = reaper;
    if (__builtin_expect(!reaper->next, 0))
        reaper_begin_cpu(self);
}

/* A killed object that nothing needs any more: its memory goes after a grace period. */
static inline void object_retire_with(struct object *object, struct object_reaper *reaper)
{
    struct cpu *self = cpu_self();
    reaper->object = object;
    reaper->finished = false;
    reaper_add_cpu(self, reaper);
    if (__builtin_expect(++self->reaper.count >= tunable(epoch_batch), 0))
        reaper_send_cpu(self);
}

static inline struct object_reaper *object_reaper_of(struct object *object, enum sluice_type type)
{
    return (struct object_reaper *)((char *)object + object_reaper_offset[type]);
}

static inline void object_retire(struct object *object)
{
    object_retire_with(object, object_reaper_of(object, (enum sluice_type)object->type));
}
