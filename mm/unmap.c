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

/* The entry of page *i, which moves past what has no table; NULL: the range has no more. */
static uint64_t *entry_next(const struct unmap_call *call, uint64_t **table, uint64_t *i)
{
    while (*i < call->pages) {
        uint64_t at = call->address + *i * PAGE_BYTES;
        if (!*table || pt_index(at, 1) == 0)
            *table = pt_table(call->space->root, at, 1);
        if (*table)
            return &(*table)[pt_index(at, 1)];
        *i += PT_ENTRIES - pt_index(at, 1);
    }
    return NULL;
}

/* Present entries become PENDING with the coming generation's stamp; says whether anything has to be flushed. */
static bool mark_locked(const struct unmap_call *call, uint64_t *marked)
{
    struct aspace *space = call->space;
    uint64_t *table = NULL, *entry, i = 0;
    bool pending = false;
    *marked = 0;
    for (; (entry = entry_next(call, &table, &i)); i++) {
        if (*entry & PT_PRESENT) {
            /* A plain store: no CPU writes to entries, because accessed and dirty are set. */
            atomic_store_relaxed(entry, pt_pending(*entry, space->generation + 1));
            ++*marked;
        } else if (*entry && !pt_is_flushed(*entry, space->generation, space->flushed)) {
            pending = true;
        }
    }
    space->pages_mapped -= *marked;
    return *marked || pending;
}

/* MARK: true when the thread waits. */
static bool mark_and_flush_locked(const struct unmap_call *call, struct tlb_flush *flush)
{
    uint64_t marked;
    *flush = (struct tlb_flush){.space = call->space,
                                .thread = call->thread,
                                .address = call->address,
                                .pages = call->pages,
                                .step = UNMAP_WAITED};
    bool needed = mark_locked(call, &marked);
    call->thread->scratch[UNMAP_COUNTS] = marked;
    return needed && tlb_flush_begin_locked(flush, marked != 0);
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
    uint64_t *table = NULL, *entry, i = scratch[UNMAP_COUNTS] >> 32;
    unsigned count = 0;
    for (; (entry = entry_next(call, &table, &i)); i++) {
        if (!pt_is_pending(*entry) || !pt_is_flushed(*entry, space->generation, space->flushed))
            continue;
        if (!(*entry & PT_KERNEL) && !run_add(runs, &count, pt_frame(*entry)))
            break;
        atomic_store_relaxed(entry, 0ull);
    }
    while (count < RUNS)
        runs[count++] = 0;
    scratch[UNMAP_COUNTS] = (uint32_t)scratch[UNMAP_COUNTS] | i << 32;
    return entry == NULL;
}

/* DROP: the use counts of the runs go down; a run that is left shrinks by what was done. */
static int64_t runs_drop(struct thread *thread)
{
    for (unsigned i = 0; i < RUNS; i++) {
        uint64_t run = thread->scratch[UNMAP_RUNS + i], done = 0;
        uint64_t count = run & ((1u << RUN_BITS) - 1);
        int64_t result = frame_drop(run >> RUN_BITS, count, &done);
        thread->scratch[UNMAP_RUNS + i] = run + (done << RUN_BITS) - done;
        if (result)
            return result;
    }
    return 0;
}

/* MARK, WAITED and COLLECT, in one hold where nobody has to be waited for. */
static int64_t unmap_entries(const struct unmap_call *call, bool *done)
{
    struct thread *thread = call->thread;
    struct aspace *space = call->space;
    struct tlb_flush flush;
    struct gate gate;
    if (!space_enter(&gate, space))
        return syscall_forward(&gate);
    if (thread->step == UNMAP_WAITED)
        tlb_flush_ended_locked(space, thread);
    bool crowded = space->generation - space->flushed >= PT_STAMP_WINDOW - 1;
    bool waits = thread->step == UNMAP_MARK && !crowded && mark_and_flush_locked(call, &flush);
    if (!waits && !(crowded && thread->step == UNMAP_MARK)) {
        *done = collect_locked(call);
        thread->step = UNMAP_DROP;
    }
    gate_leave(&gate);
    if (waits)
        tlb_flush_notify(&flush); /* the thread may be running again, elsewhere */
    else if (thread->step == UNMAP_MARK)
        return SLUICE_E_AGAIN;
    return waits ? SYSCALL_BLOCKED : 0;
}

int64_t sys_aspace_unmap(struct thread *thread, uint64_t *args)
{
    struct unmap_call call = {.thread = thread};
    bool all = false;
    int64_t result;
    do {
        if (thread->step == UNMAP_DROP) {
            if (runs_drop(thread))
                return SYSCALL_FORWARD;
            thread->step = UNMAP_COLLECT;
        }
        if (all)
            break;
        if (!call.space) {
            result = call_lookup(&call, args);
            if (!result)
                result = range_check(&call);
            if (result)
                return result; /* the space died meanwhile: all its pages are given back */
        }
        result = unmap_entries(&call, &all);
        if (result)
            return result;
    } while (true);
    args[2] = (uint32_t)thread->scratch[UNMAP_COUNTS];
    cpu_counter_inc(unmaps);
    cpu_counter_add(unmapped_pages, args[2]);
    return 0;
}

/* Every page mapped, and none gets more than its region allowed. */
static int64_t protect_check_locked(const struct unmap_call *call, unsigned flags)
{
    uint64_t *table = NULL, *entry, i = 0, found = 0;
    for (; (entry = entry_next(call, &table, &i)); i++, found++) {
        if (pt_is_pending(*entry))
            return SLUICE_E_AGAIN;
        if (!*entry)
            return SLUICE_E_BAD_ADDRESS;
        if (!pt_allows(*entry, flags))
            return SLUICE_E_NO_RIGHT;
    }
    return found == call->pages ? 0 : SLUICE_E_BAD_ADDRESS;
}

/* True when a page lost a right: then TLBs have to forget it (R6). */
static bool protect_write_locked(const struct unmap_call *call, unsigned flags)
{
    uint64_t *table = NULL, *entry, i = 0;
    bool loses = false;
    for (; (entry = entry_next(call, &table, &i)); i++) {
        uint64_t after = pt_with_rights(*entry, flags);
        loses |= pt_loses_rights(*entry, after);
        atomic_store_relaxed(entry, after);
    }
    return loses;
}

static int64_t protect_entries(const struct unmap_call *call, unsigned flags)
{
    struct aspace *space = call->space;
    struct tlb_flush flush = {.space = space,
                              .thread = call->thread,
                              .address = call->address,
                              .pages = call->pages,
                              .step = UNMAP_WAITED};
    struct gate gate;
    if (!space_enter(&gate, space))
        return syscall_forward(&gate);
    int64_t result = 0;
    if (call->thread->step == UNMAP_WAITED)
        tlb_flush_ended_locked(space, call->thread);
    else
        result = protect_check_locked(call, flags);
    bool waits = !result && call->thread->step == UNMAP_MARK && protect_write_locked(call, flags) &&
                 tlb_flush_begin_locked(&flush, true);
    gate_leave(&gate);
    if (waits)
        tlb_flush_notify(&flush);
    return waits ? SYSCALL_BLOCKED : result;
}

int64_t sys_aspace_protect(struct thread *thread, uint64_t *args)
{
    struct unmap_call call = {.thread = thread};
    unsigned both = SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE, all = both | SLUICE_MAP_READ;
    int64_t result = call_lookup(&call, args);
    if (result)
        return result;
    if ((args[3] & ~(uint64_t)all) || !(args[3] & SLUICE_MAP_READ) || (args[3] & both) == both)
        return SLUICE_E_BAD_ARGUMENT;
    result = range_check(&call);
    return result ? result : protect_entries(&call, (unsigned)args[3]);
}
