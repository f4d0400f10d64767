// SPDX-License-Identifier: MIT
/*
 * Visits, inline: a CPU that reads the page tables of a space by hand counts as a user of it.
 * Owns: cpu->visited. Entry points: below. Context: kernel, interrupts off, inside one operation. Locks: none.
 * Protocol: docs/memory.md. Model: tests/model/tlb.pml. Tests: tests/host/test_user.c, tests/host/test_tlb.c.
 */
#pragma once
#include "mm/enter.h"
#include "smp/cpu.h"
#include <stdbool.h>

/* The space is not the one that is loaded, and this CPU visits at most one other. */
static inline void aspace_visit_begin_cpu(struct aspace *space)
{
    struct cpu *self = cpu_self();
    unsigned slot = atomic_load_relaxed(&self->visited[0]) != NULL;
    /* Full fence: an unmapper sees this CPU, or this CPU sees the entries that it changed. */
    (void)atomic_exchange(&self->visited[slot], space);
    cpuset_track_self(&space->used, self);
}

/* The same two where this CPU visits no other space, and `space` is not the one that is loaded: the fast path of IPC. */
static inline void aspace_visit_only_begin_cpu(struct cpu *self, struct aspace *space)
{
    (void)atomic_exchange(&self->visited[0], space); /* full fence: as above */
    cpuset_track_self(&space->used, self);
}

static inline void aspace_visit_only_end_cpu(struct cpu *self, struct aspace *space)
{
    (void)atomic_exchange(&self->visited[0], (struct aspace *)NULL); /* full fence: as below */
    tickets_check(space, UINT64_MAX);
}

static inline void aspace_visit_end_cpu(struct aspace *space)
{
    struct cpu *self = cpu_self();
    unsigned slot = atomic_load_relaxed(&self->visited[0]) != space;
    /* Full fence: a ticket's opener sees us gone, or we see the ticket. */
    (void)atomic_exchange(&self->visited[slot], (struct aspace *)NULL);
    if (self->aspace != space && self->visited[!slot] != space)
        tickets_check(space, UINT64_MAX);
}
