// SPDX-License-Identifier: MIT
/*
 * Invalidating translations: what unmap.c and protect.c need of tlb.c.
 * Entry points: below. Context: kernel; the gate of class aspace is held where the name says so.
 * Locks: aspace->ticket_lock, inside. Model: tests/model/tlb.pml. Tests: tests/host/test_tlb.c, tests/user/memory/.
 */
#pragma once
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/x86_64/translation.h"
#include "smp/cpu.h"
#include "tunables/tunables.h"
#include <stdbool.h>
#include <stdint.h>

struct tlb_flush {
    struct aspace *space;
    struct thread *thread; /* waits, when others have to answer */
    uint64_t address, pages;
    uint8_t step;          /* of the thread, when it comes again */
    uint64_t generation;   /* out: that they have to acknowledge */
    struct cpuset targets; /* out: CPUs to tell once the gate was left */
};

/* This CPU has the space loaded, and forgets the range or everything. */
static inline void tlb_flush_own_cpu(struct cpu *self, const struct aspace *space, uint64_t address,
                                     uint64_t pages, uint64_t generation)
{
    if (__builtin_expect(self->tlb_acked + 1 == generation && pages <= tunable(tlb_full_flush), 1)) {
        for (uint64_t i = 0; i < pages; i++)
            translation_drop(address + i * PAGE_BYTES);
        counter_add(&self->counters->tlb_page_flushes, pages);
    } else if (self->tlb_acked < generation) {
        translation_load(space->root);
        counter_add(&self->counters->tlb_context_flushes, 1);
    }
    atomic_store_relaxed(&self->tlb_acked, generation);
}

/* Entries of the range were changed (`changed`), or are still PENDING from before. Rules R1 to R4: bumps the
 * generation, flushes here, looks whether another CPU may use the space; mostly none has since somebody last looked.
 * True: all is flushed. False: tlb_flush_others_locked has to look closer. */
static inline bool tlb_flush_begin_locked(struct aspace *space, uint64_t address, uint64_t pages,
                                          bool changed)
{
    struct cpu *self = cpu_self();
    uint64_t generation = space->generation;
    if (changed) /* R1, full fence: the entries before the generation, before the look at who is active */
        generation = atomic_fetch_add(&space->generation, 1ull) + 1;
    if (self->aspace == space)
        tlb_flush_own_cpu(self, space, address, pages, generation);
    if (__builtin_expect(cpuset_has_others(&space->used, self->number), 0))
        return false;
    space->flushed = generation;
    return true;
}

/* Looks for CPUs that are active and behind. False: nobody is, all is flushed. True: the thread waits (WAIT_TLB) for a
 * ticket; the caller leaves the gate, calls tlb_flush_notify and returns SYSCALL_BLOCKED. */
bool tlb_flush_others_locked(struct tlb_flush *flush);
/* Threads that changed entries may have been stopped before they noted that all CPUs had answered: looks once more. True:
 * nobody is behind, all is flushed. */
bool tlb_flushed_find_locked(struct aspace *space);
void tlb_flush_notify(const struct tlb_flush *flush);
/* The thread comes again: its ticket is complete. */
void tlb_flush_ended_locked(struct aspace *space, const struct thread *thread);
