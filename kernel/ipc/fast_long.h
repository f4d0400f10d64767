// SPDX-License-Identifier: MIT
/*
 * Long parts on the fast path of IPC: those that lie inside of one page on both sides.
 * Owns: struct thread's source_page and window_near. Entry points: message_long, long_move; included by fast.c only.
 * Context: see fast.h. Locks: none. Tests: tests/user/ipc/, stress/bench/.
 */
#pragma once
#include "kernel/thread/thread.h"
#include "mm/user_page.h"
#include "mm/visit.h"

/* The message has a long part, and beside it words only. */
static inline bool message_long(const struct frame *frame)
{
    return (uint32_t)frame->tag - (uint32_t)SLUICE_TAG_LONG <= SLUICE_MESSAGE_WORDS &&
           frame->deadline == SLUICE_FOREVER;
}

/* Where the receiver's window lies. Its space is visited, or the one that is loaded: whoever unmaps changes the entry,
 * then the generation, then looks who visits (R1). So where the generation, read in the visit, is still the one that was
 * read before the walk, the unmapper will wait for the end of the visit. */
static inline char *window_reach(struct thread *to, const struct aspace *space)
{
    uint64_t generation = atomic_load_relaxed(&space->generation);
    if (__builtin_expect(generation != to->window_near_generation, 0)) {
        to->window_near = user_find(space, to->window_address, USER_WRITE);
        to->window_near_generation = to->window_near ? generation : 0;
    }
    return to->window_near;
}

/* The long part of the running thread's message, where it lies inside of one page on both sides. False: nothing was done. */
static __attribute__((always_inline)) inline bool long_move(struct cpu *cpu, struct thread *to,
                                                            struct thread *from)
{
    uint64_t bytes = from->frame.word[5];
    struct aspace *space = to->aspace;
    if (__builtin_expect(bytes - 1 >= to->window_near_bytes, 0))
        return false; /* none at all has no window to be checked against */
    const char *source =
        user_reach_again(&from->source_page, from->aspace, from->frame.word[4], bytes, USER_READ);
    if (__builtin_expect(!source, 0))
        return false;
    counter_add(&cpu->counters->ipc_long_bytes, bytes);
    bool visits = space != from->aspace;
    if (visits)
        aspace_visit_only_begin_cpu(cpu, space);
    char *target = window_reach(to, space);
    if (__builtin_expect(target != NULL, 1))
        memory_copy(target, source, bytes);
    if (visits)
        aspace_visit_only_end_cpu(cpu, space);
    return target != NULL;
}
