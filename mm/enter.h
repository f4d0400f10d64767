// SPDX-License-Identifier: MIT
/*
 * Entering an address space, inline: one of these is on the way between any two programs.
 * Entry point: aspace_switch_cpu; aspace_enter_cpu in tlb.c is the same for any space, or none. Context: kernel,
 * interrupts off, the CPU that enters. Locks: none. Protocol and time line: mm/tlb.c. Model: tests/model/tlb.pml.
 * Tests: tests/host/test_tlb.c, tests/user/memory/.
 */
#pragma once
#include "mm/aspace.h"
#include "mm/x86_64/translation.h"
#include "smp/cpu.h"

/* tlb.c: what is seldom. */
uint64_t aspace_join(struct cpu *self, struct aspace *space);
void tickets_answer(struct aspace *space, uint64_t acked);

/* This CPU has flushed everything up to `acked`, or does not use the space any more (UINT64_MAX). */
static inline void tickets_check(struct aspace *space, uint64_t acked)
{
    if (__builtin_expect(atomic_load_relaxed(&space->tickets) != NULL, 0))
        tickets_answer(space, acked);
}

/* Rules R2, R3. `next` is another space than `old`, the one that is loaded, or NULL. */
static __attribute__((always_inline)) inline void aspace_switch_cpu(struct cpu *self, struct aspace *old,
                                                                    struct aspace *next)
{
    /* pairs with cpu_is_behind() in tlb.c: acked = 0 before the new space, so that nobody takes what was acknowledged
     * for another space for ours */
    atomic_store_relaxed(&self->tlb_acked, 0ull);
    atomic_store_release(&self->aspace, next); /* pairs with cpu_is_behind() in tlb.c: as above */
    uint64_t generation = atomic_load_relaxed(&next->generation); /* R3: read before the flush */
    compiler_barrier();
    /* Serialises: everything before is visible, no translation from before is left (SDM vol. 3, 4.10.4.1, 8.3).
     * So it is the fence of R2 as well as its flush; the generation may only be older than it needs to be. */
    translation_load(next->root);
    if (__builtin_expect(!cpuset_has_self(&next->used, self), 0))
        generation = aspace_join(self, next);
    atomic_store_relaxed(&self->tlb_acked, generation);
    /* pairs with ticket_open() in tlb.c: cpu->aspace before this load, the load of CR3 being the fence. An unmapper that
     * opens a ticket and then looks at cpu->aspace sees us gone, or we see the ticket. */
    if (old)
        tickets_check(old, UINT64_MAX);
}
