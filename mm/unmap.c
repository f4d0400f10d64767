// SPDX-License-Identifier: MIT
/*
 * aspace_unmap and aspace_protect: changes that other CPUs may have in their TLBs.
 * Owns: PENDING entries. Context: kernel; thread->step says how far it came, when a gate sent it elsewhere or it waited
 * for other CPUs. Locks, one after the other: class aspace (ticket_lock inside), class frame. Model: tests/model/tlb.pml.
 * Tests: tests/user/memory/, tests/user/syscalls/.
 *
 *      MARK -> [WAITED] -> COLLECT <-> DROP     entries: present -> PENDING -> 0; the use count goes down after the 0
 *
 * PENDING entries in the range that somebody else left are waited for and collected just the same.
 */
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/tlb.h"
#include "mm/x86_64/pt.h"
#include "smp/lock/gate.h"

enum unmap_step { UNMAP_MARK, UNMAP_WAITED, UNMAP_COLLECT, UNMAP_DROP };

/* What thread->scratch holds: pages that were mapped, and pages looked at while collecting << 32; then runs of frames
 * whose entries are gone and whose use counts are still up, as first << 10 | count. */
enum unmap_scratch { UNMAP_COUNTS, UNMAP_RUNS };
#define RUNS 3u
#define RUN_BITS 10
#define RUN_MAX 512u
_Static_assert(RUN_MAX >> RUN_BITS == 0, "a run's count fits");

struct unmap_call {
    struct thread *thread;
    struct aspace *space;
    uint64_t address, pages;
    struct pt_range range; /* found under the gate */
};

static int64_t call_lookup(struct unmap_call *call, const uint64_t *args)
{
    struct cap cap;
    int error = cap_lookup(call->thread->cspace, args[0], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    call->space = (struct aspace *)cap.object;
    call->address = args[1];
    call->pages = args[2];
    return 0;
}

static int64_t range_check(const struct unmap_call *call)
{
    if (call->pages - 1 >= SLUICE_MAP_PAGES_MAX || call->address % PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    return aspace_range_valid(call->address, call->pages) ? 0 : SLUICE_E_BAD_ADDRESS;
}

static bool space_enter(struct gate *gate, struct aspace *space)
{
    return gate_enter(gate, pool_of(&space->object), LOCK_CLASS_aspace, &space->object.lock);
}

/* Present entries become PENDING with the coming generation's stamp; says whether anything has to be flushed. */
static bool mark_locked(const struct unmap_call *call, uint64_t *marked)
{
    struct aspace *space = call->space;
    uint64_t count = 0;
    bool pending = false;
    for (unsigned s = 0; s < 2; s++) {
        uint64_t *entry = call->range.span[s].entry, *end = entry + call->range.span[s].count;
        for (; entry && entry < end; entry++) {
            if (*entry & PT_PRESENT) {
                /* A plain store: no CPU writes to entries, because accessed and dirty are set. */
                atomic_store_relaxed(entry, pt_pending(*entry, space->generation + 1));
                count++;
            } else if (*entry && !pt_is_flushed(*entry, space->generation, space->flushed)) {
                pending = true;
            }
        }
        if (call->range.span[1].count == 0)
            break;
    }
    space->pages_mapped -= count;
    *marked = count;
    return count || pending;
}

static void flush_fill(struct tlb_flush *flush, const struct unmap_call *call)
{
    flush->space = call->space;
    flush->thread = call->thread;
    flush->address = call->address;
    flush->pages = call->pages;
    flush->step = UNMAP_WAITED;
}

/* MARK: true when the thread waits. */
static bool mark_and_flush_locked(const struct unmap_call *call, struct tlb_flush *flush)
{
    uint64_t marked;
    bool needed = mark_locked(call, &marked);
    call->thread->scratch[UNMAP_COUNTS] = marked;
    if (!needed)
        return false;
    flush_fill(flush, call);
    return tlb_flush_begin_locked(flush, marked != 0);
}

/* Adds a frame to the runs; false: they are full. */
static bool run_add(uint64_t *runs, unsigned *count, uint64_t frame)
{
    if (*count) {
        uint64_t run = runs[*count - 1], length = run & ((1u << RUN_BITS) - 1);
        if ((run >> RUN_BITS) + length == frame && length < RUN_MAX) {
            runs[*count - 1]++;
            return true;
        }
    }
    if (*count == RUNS)
        return false;
    runs[(*count)++] = frame << RUN_BITS | 1;
    return true;
}

/* Flushed PENDING entries become 0, their frames go into the runs, as many as fit. True: the range is done. */
static bool collect_locked(const struct unmap_call *call)
{
    struct aspace *space = call->space;
    uint64_t *scratch = call->thread->scratch, *runs = &scratch[UNMAP_RUNS];
    uint64_t i = scratch[UNMAP_COUNTS] >> 32;
    unsigned count = 0;
    for (; i < call->pages; i++) {
        bool second = i >= call->range.span[0].count;
        uint64_t *entry = call->range.span[second].entry;
        if (!entry) {
            i = (second ? call->pages : call->range.span[0].count) - 1;
            continue;
        }
        entry += second ? i - call->range.span[0].count : i;
        if (!pt_is_pending(*entry) || !pt_is_flushed(*entry, space->generation, space->flushed))
            continue;
        if (!(*entry & PT_KERNEL) && !run_add(runs, &count, pt_frame(*entry)))
            break;
        atomic_store_relaxed(entry, 0ull);
    }
    if (count < RUNS)
        runs[count] = 0; /* no run after it */
    scratch[UNMAP_COUNTS] = (uint32_t)scratch[UNMAP_COUNTS] | i << 32;
    return i == call->pages;
}

/* DROP: the use counts of the runs go down; a run that is left shrinks by what was done. */
static int64_t runs_drop(struct thread *thread)
{
    for (unsigned i = 0; i < RUNS && thread->scratch[UNMAP_RUNS + i]; i++) {
        uint64_t run = thread->scratch[UNMAP_RUNS + i], done = 0;
        uint64_t count = run & ((1u << RUN_BITS) - 1);
        int64_t result = frame_drop(run >> RUN_BITS, count, &done);
        thread->scratch[UNMAP_RUNS + i] = run + (done << RUN_BITS) - done;
        if (result)
            return result;
    }
    return 0;
}

/* MARK, WAITED and COLLECT, in one hold where nobody has to be waited for. 0: go on with DROP. */
static int64_t unmap_entries(struct unmap_call *call, bool *all)
{
    struct thread *thread = call->thread;
    struct aspace *space = call->space;
    struct tlb_flush flush;
    struct gate gate;
    if (!space_enter(&gate, space))
        return syscall_forward(&gate);
    pt_range_find(&call->range, space->root, call->address, call->pages);
    int64_t result = 0;
    if (thread->step == UNMAP_WAITED)
        tlb_flush_ended_locked(space, thread);
    else if (thread->step == UNMAP_MARK && space->generation - space->flushed >= PT_STAMP_WINDOW)
        result = SLUICE_E_AGAIN; /* so many wait that stamps would not tell their generations apart */
    else if (thread->step == UNMAP_MARK && mark_and_flush_locked(call, &flush))
        result = SYSCALL_BLOCKED;
    if (!result) {
        *all = collect_locked(call);
        thread->step = UNMAP_DROP;
    }
    gate_leave(&gate);
    if (result == SYSCALL_BLOCKED)
        tlb_flush_notify(&flush); /* the thread may be running again, elsewhere: it is not touched any more */
    return result;
}

static int64_t unmap_done(struct thread *thread, uint64_t *args)
{
    args[2] = (uint32_t)thread->scratch[UNMAP_COUNTS];
    cpu_counter_inc(unmaps);
    cpu_counter_add(unmapped_pages, args[2]);
    return 0;
}

int64_t sys_aspace_unmap(struct thread *thread, uint64_t *args)
{
    struct unmap_call call;
    bool all = false;
    int64_t result = 0;
    call.thread = thread;
    if (thread->step != UNMAP_DROP || !runs_drop(thread)) {
        /* A space that died meanwhile gives its pages back itself. */
        result = call_lookup(&call, args);
        if (!result)
            result = range_check(&call);
        if (thread->step == UNMAP_DROP)
            thread->step = UNMAP_COLLECT;
    } else {
        result = SYSCALL_FORWARD;
    }
    while (!result && !all) {
        result = unmap_entries(&call, &all);
        if (!result && runs_drop(thread))
            result = SYSCALL_FORWARD;
        else if (!result)
            thread->step = UNMAP_COLLECT;
    }
    return result ? result : unmap_done(thread, args);
}

/* Every page mapped, and none gets more than its region allowed. */
static int64_t protect_check_locked(const struct unmap_call *call, unsigned flags)
{
    for (unsigned s = 0; s < 2; s++) {
        for (uint64_t i = 0; i < call->range.span[s].count; i++) {
            uint64_t entry = call->range.span[s].entry ? call->range.span[s].entry[i] : 0;
            if (!(entry & PT_PRESENT))
                return entry ? SLUICE_E_AGAIN : SLUICE_E_BAD_ADDRESS;
            if (!pt_allows(entry, flags))
                return SLUICE_E_NO_RIGHT;
        }
    }
    return 0;
}

/* True when a page lost a right: then TLBs have to forget it (R6). */
static bool protect_write_locked(const struct unmap_call *call, unsigned flags)
{
    bool loses = false;
    for (unsigned s = 0; s < 2; s++) {
        for (uint64_t i = 0; i < call->range.span[s].count; i++) {
            uint64_t *entry = &call->range.span[s].entry[i], after = pt_with_rights(*entry, flags);
            loses |= pt_loses_rights(*entry, after);
            atomic_store_relaxed(entry, after);
        }
    }
    return loses;
}

static int64_t protect_entries(struct unmap_call *call, unsigned flags)
{
    struct tlb_flush flush;
    struct gate gate;
    if (!space_enter(&gate, call->space))
        return syscall_forward(&gate);
    int64_t result = 0;
    if (call->thread->step == UNMAP_WAITED) {
        tlb_flush_ended_locked(call->space, call->thread);
    } else {
        pt_range_find(&call->range, call->space->root, call->address, call->pages);
        flush_fill(&flush, call);
        result = protect_check_locked(call, flags);
        if (!result && protect_write_locked(call, flags) && tlb_flush_begin_locked(&flush, true))
            result = SYSCALL_BLOCKED;
    }
    gate_leave(&gate);
    if (result == SYSCALL_BLOCKED)
        tlb_flush_notify(&flush);
    return result;
}

int64_t sys_aspace_protect(struct thread *thread, uint64_t *args)
{
    struct unmap_call call;
    call.thread = thread;
    unsigned both = SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE, all = both | SLUICE_MAP_READ;
    int64_t result = call_lookup(&call, args);
    if (result)
        return result;
    if ((args[3] & ~(uint64_t)all) || !(args[3] & SLUICE_MAP_READ) || (args[3] & both) == both)
        return SLUICE_E_BAD_ARGUMENT;
    result = range_check(&call);
    return result ? result : protect_entries(&call, (unsigned)args[3]);
}
