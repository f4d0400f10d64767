// SPDX-License-Identifier: MIT
/*
 * What unmap.c, unmap_steps.c and protect.c share: the arguments of a call that changes entries which other CPUs may
 * have in their TLBs, how far it came, and how it comes to wait for them.
 * Owns: struct unmap_call. Context: kernel. Locks: class aspace, where the name says so.
 * Tests: tests/host/test_aspace.c, tests/host/test_tlb.c.
 */
#pragma once
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "mm/aspace.h"
#include "mm/tlb.h"
#include "mm/x86_64/pt.h"
#include "smp/lock/gate.h"

enum unmap_step { UNMAP_MARK, UNMAP_WAITED, UNMAP_COLLECT, UNMAP_DROP };

/* What thread->scratch holds: pages that were mapped, and pages looked at while collecting << 32; then runs of frames
 * whose entries are gone and whose use counts are still up, as first << 10 | count. */
enum unmap_scratch { UNMAP_COUNTS, UNMAP_RUNS };
#define UNMAP_RUNS_MAX 3u
#define UNMAP_RUN_BITS 10
_Static_assert(SLUICE_MAP_PAGES_MAX >> UNMAP_RUN_BITS == 0, "a run's count fits");

struct unmap_call {
    struct thread *thread;
    struct aspace *space;
    struct pool *pool; /* the space's */
    uint64_t address, pages;
};

/* args: aspace, address, pages; `pages` is the last again, a constant for one page. 0, an error of cap_lookup, BAD_ARGUMENT or BAD_ADDRESS. */
static inline int64_t unmap_call_init(struct unmap_call *call, struct thread *thread, const uint64_t *args,
                                      uint64_t pages)
{
    struct cap_found found;
    *call = (struct unmap_call){.thread = thread, .address = args[1], .pages = pages};
    int error = cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, &found);
    if (error)
        return error;
    call->space = (struct aspace *)found.object;
    call->pool = found.pool;
    return aspace_range_check(call->address, pages);
}

static inline bool unmap_gate_enter(struct gate *gate, const struct unmap_call *call)
{
    return gate_enter(gate, call->pool, LOCK_CLASS_aspace, &call->space->object.lock);
}

/* So many unmaps wait that stamps would not tell their generations apart. */
static inline bool unmap_window_full(struct aspace *space)
{
    return __builtin_expect(space->generation - space->flushed >= PT_STAMP_WINDOW, 0) &&
           !tlb_flushed_find_locked(space);
}

/* True: the thread waits at step WAITED, and the caller owes tlb_flush_notify once it has left the gate. */
static inline bool unmap_flush_others_locked(const struct unmap_call *call, struct tlb_flush *flush)
{
    flush->space = call->space;
    flush->thread = call->thread;
    flush->address = call->address;
    flush->pages = call->pages;
    flush->step = UNMAP_WAITED;
    return tlb_flush_others_locked(flush);
}

static inline bool unmap_flush_locked(const struct unmap_call *call, struct tlb_flush *flush, bool changed)
{
    return !tlb_flush_begin_locked(call->space, call->address, call->pages, changed) &&
           unmap_flush_others_locked(call, flush);
}

static inline int64_t unmap_done(uint64_t *args, uint64_t unmapped)
{
    args[2] = unmapped;
    struct sluice_cpu_counters *counters = cpu_self()->counters;
    counter_add(&counters->unmaps, 1);
    counter_add(&counters->unmapped_pages, unmapped);
    return 0;
}

/* aspace_unmap from the top, or from its step. */
int64_t unmap_continue(struct thread *thread, uint64_t *args);
