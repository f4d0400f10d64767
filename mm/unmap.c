// SPDX-License-Identifier: MIT
/*
 * aspace_unmap: entries that other CPUs may have in their TLBs become free.
 * Owns: PENDING entries. Context: kernel; thread->step says how far it came, when a gate sent it elsewhere or it waited
 * for other CPUs. Locks, one after the other: class aspace (ticket_lock inside), class frame. Model: tests/model/tlb.pml.
 * Tests: tests/host/test_aspace.c, tests/host/test_tlb.c, tests/user/memory/.
 *
 *      MARK -> [WAITED] -> COLLECT <-> DROP     entries: present -> PENDING -> 0; the use count goes down after the 0
 *
 * PENDING entries in the range that somebody else left are waited for and collected just the same.
 */
#include "kernel/trap/syscall.h"
#include "mm/frame_use.h"
#include "mm/unmap_internal.h"

/* What thread->scratch holds: pages that were mapped, and pages looked at while collecting << 32; then runs of frames
 * whose entries are gone and whose use counts are still up, as first << 10 | count. */
enum unmap_scratch { UNMAP_COUNTS, UNMAP_RUNS };
#define RUNS 3u
#define RUN_BITS 10
_Static_assert(SLUICE_MAP_PAGES_MAX >> RUN_BITS == 0, "a run's count fits");

/* Present entries become PENDING with the coming generation's stamp. True when anything has to be flushed. */
static inline bool mark_locked(const struct unmap_call *call, uint64_t *marked)
{
    struct aspace *space = call->space;
    uint64_t count = 0, bits = pt_pending_bits(space->generation + 1);
    bool pending = false;
    for (unsigned s = 0; s < 2 && call->range.span[s].count; s++) {
        uint64_t *at = call->range.span[s].entry, *end = at + call->range.span[s].count;
        for (; at && at < end; at++) {
            uint64_t entry = *at;
            if (__builtin_expect(entry & PT_PRESENT, 1)) {
                /* A plain store: no CPU writes to entries, because accessed and dirty are set. */
                atomic_store_relaxed(at, pt_pending(entry, bits));
                count++;
            } else if (entry && !pt_is_flushed(entry, space->generation, space->flushed)) {
                pending = true;
            }
        }
    }
    space->pages_mapped -= count;
    *marked = count;
    return count || pending;
}

/* MARK: true when the thread waits. */
static inline bool mark_and_flush_locked(const struct unmap_call *call, struct tlb_flush *flush)
{
    uint64_t marked;
    bool needed = mark_locked(call, &marked);
    call->thread->scratch[UNMAP_COUNTS] = marked;
    return needed && unmap_flush_locked(call, flush, marked != 0);
}

/* Frames that are collected, as runs: those before `at` lie in the scratch, [first, next) is the one that grows. */
struct runs {
    uint64_t *at, *end;
    uint64_t first, next;
};

static inline void run_close(struct runs *runs)
{
    if (runs->next != runs->first)
        *runs->at++ = runs->first << RUN_BITS | (runs->next - runs->first);
    runs->first = runs->next;
}

/* False: there is room for no more. */
static inline bool run_add(struct runs *runs, uint64_t frame)
{
    if (runs->next != frame) {
        run_close(runs);
        if (runs->at == runs->end)
            return false;
        runs->first = runs->next = frame;
    }
    runs->next++;
    return true;
}

/* Flushed PENDING entries become 0, their frames go into the runs, as many as fit. Where it stopped. */
static inline uint64_t *span_collect_locked(const struct aspace *space, struct runs *runs, uint64_t *at,
                                            uint64_t *end)
{
    uint64_t generation = space->generation, flushed = space->flushed;
    for (; at < end; at++) {
        uint64_t entry = *at;
        if (!pt_is_pending(entry) || (generation != flushed && !pt_is_flushed(entry, generation, flushed)))
            continue;
        if (!(entry & PT_KERNEL) && !run_add(runs, pt_frame(entry)))
            break;
        atomic_store_relaxed(at, 0ull);
    }
    return at;
}

/* True: the range is done. */
static inline bool collect_locked(const struct unmap_call *call)
{
    uint64_t *scratch = call->thread->scratch, done = scratch[UNMAP_COUNTS] >> 32, start = 0;
    struct runs runs = {.at = &scratch[UNMAP_RUNS], .end = &scratch[UNMAP_RUNS + RUNS]};
    for (unsigned s = 0; s < 2 && call->range.span[s].count; s++) {
        uint64_t *entry = call->range.span[s].entry, count = call->range.span[s].count;
        if (done >= start && done < start + count) {
            uint64_t *stopped = entry + count;
            if (entry)
                stopped = span_collect_locked(call->space, &runs, entry + (done - start), stopped);
            done = start + (uint64_t)(stopped - entry);
        }
        start += count;
    }
    run_close(&runs);
    if (runs.at < runs.end)
        *runs.at = 0; /* no run after it */
    scratch[UNMAP_COUNTS] = (uint32_t)scratch[UNMAP_COUNTS] | done << 32;
    return done == call->pages;
}

/* DROP: the use counts of the runs go down; a run that is left shrinks by what was done. */
static inline int64_t runs_drop(struct thread *thread)
{
    uint64_t *run = &thread->scratch[UNMAP_RUNS];
    for (unsigned i = 0; i < RUNS && run[i]; i++) {
        uint64_t done = 0, count = run[i] & ((1u << RUN_BITS) - 1);
        int64_t result = frame_drop(run[i] >> RUN_BITS, count, &done);
        run[i] += (done << RUN_BITS) - done;
        if (__builtin_expect(result != 0, 0))
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
    if (!unmap_gate_enter(&gate, space))
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
    if (__builtin_expect(thread->step == UNMAP_DROP, 0)) {
        if (runs_drop(thread))
            return SYSCALL_FORWARD;
        thread->step = UNMAP_COLLECT;
    }
    /* A space that died meanwhile gives its pages back itself. */
    int64_t result = unmap_call_init(&call, thread, args);
    while (!result && !all) {
        result = unmap_entries(&call, &all);
        if (!result && runs_drop(thread))
            result = SYSCALL_FORWARD;
        else if (!result)
            thread->step = UNMAP_COLLECT;
    }
    return result ? result : unmap_done(thread, args);
}
