// SPDX-License-Identifier: MIT
/*
 * Invalidating translations: what map.c and unmap.c need of tlb.c.
 * Entry points: below. Context: kernel; the gate of class aspace is held where the name says so.
 * Locks: aspace->ticket_lock, inside. Model: tests/model/tlb.pml. Tests: tests/user/memory/.
 */
#pragma once
#include "mm/aspace.h"
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

/* Entries of the range were changed (`changed`), or are still PENDING from before. Rules R1 to R4: bumps the
 * generation, flushes here, looks for CPUs that are active and behind. False: nobody is, all is flushed. True: the
 * thread waits (WAIT_TLB) for a ticket; the caller leaves the gate, calls tlb_flush_notify and returns SYSCALL_BLOCKED. */
bool tlb_flush_begin_locked(struct tlb_flush *flush, bool changed);
void tlb_flush_notify(const struct tlb_flush *flush);
/* The thread comes again: its ticket is complete. */
void tlb_flush_ended_locked(struct aspace *space, const struct thread *thread);
