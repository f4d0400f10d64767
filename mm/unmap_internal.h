// SPDX-License-Identifier: MIT
/*
 * What unmap.c and protect.c share: the arguments of a call that changes entries which other CPUs may have in their
 * TLBs, and how it comes to wait for them.
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

struct unmap_call {
    struct thread *thread;
    struct aspace *space;
    uint64_t address, pages;
    struct pt_range range; /* found under the gate */
};

/* args: aspace, address, pages. 0, an error of cap_lookup, BAD_ARGUMENT or BAD_ADDRESS. */
static inline int64_t unmap_call_init(struct unmap_call *call, struct thread *thread, const uint64_t *args)
{
    struct cap cap;
    call->thread = thread;
    call->space = NULL;
    call->address = args[1];
    call->pages = args[2];
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    call->space = (struct aspace *)cap.object;
    if (call->pages - 1 >= SLUICE_MAP_PAGES_MAX || call->address % PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    return aspace_range_valid(call->address, call->pages) ? 0 : SLUICE_E_BAD_ADDRESS;
}

static inline bool unmap_gate_enter(struct gate *gate, struct aspace *space)
{
    return gate_enter(gate, pool_of(&space->object), LOCK_CLASS_aspace, &space->object.lock);
}

/* True: the thread waits at step WAITED, and the caller owes tlb_flush_notify once it has left the gate. */
static inline bool unmap_flush_locked(const struct unmap_call *call, struct tlb_flush *flush, bool changed)
{
    if (tlb_flush_begin_locked(call->space, call->address, call->pages, changed))
        return false;
    flush->space = call->space;
    flush->thread = call->thread;
    flush->address = call->address;
    flush->pages = call->pages;
    flush->step = UNMAP_WAITED;
    return tlb_flush_others_locked(flush);
}
