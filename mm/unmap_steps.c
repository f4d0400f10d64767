// SPDX-License-Identifier: MIT
/*
 * aspace_unmap, any number of pages, in steps: thread->step says how far it came, when a gate sent it elsewhere or it
 * waited for other CPUs.
 * Owns: PENDING entries. Entry point: unmap_continue. Context: kernel. Locks, one after the other: class aspace
 * (ticket_lock inside), class frame. Model: tests/model/tlb.pml. Tests: tests/host/test_aspace.c, tests/host/test_tlb.c.
 *
 *      MARK -> [WAITED] -> COLLECT <-> DROP     entries: present -> PENDING -> 0; the use count goes down after the 0
 *
 * PENDING entries in the range that somebody else left are waited for and collected just the same.
 */
#include "kernel/trap/syscall.h"
#include "mm/frame_use.h"
#include "mm/unmap_internal.h"

/* Present entries become PENDING with the coming generation's stamp. True when anything has to be flushed. */
static inline bool mark_locked(const struct unmap_call *call, const struct pt_range *range, uint64_t *marked)
{
    struct aspace *space = call->space;
    uint64_t count = 0, bits = pt_pending_bits(space->generation + 1);
    bool pending = false;
    for (unsigned s = 0; s < 2 && range->span[s].count; s++) {
        uint64_t *at = range->span[s].entry, *end = at + range->span[s].count;
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
static inline bool mark_and_flush_locked(const struct unmap_call *call, const struct pt_range *range,
                                         struct tlb_flush *flush)
{
    uint64_t marked;
    bool needed = mark_locked(call, range, &marked);
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
        *runs->at++ = runs->first << UNMAP_RUN_BITS | (runs->next - runs->first);
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

/* Flushed PENDING entries of a table from number `i` on become 0, their frames go into the runs, as many as fit. Where it
 * stopped. */
static inline uint64_t span_collect_locked(const struct aspace *space, const struct pt_span *span, uint64_t i,
                                           struct runs *runs)
{
    uint64_t generation = space->generation, flushed = space->flushed;
    for (; i < span->count; i++) {
        uint64_t entry = span->entry[i];
        if (!pt_is_pending(entry) || (generation != flushed && !pt_is_flushed(entry, generation, flushed)))
            continue;
        if (!(entry & PT_KERNEL) && !run_add(runs, pt_frame(entry)))
            break;
        atomic_store_relaxed(&span->entry[i], 0ull);
    }
    return i;
}

/* True: the range is done. */
static inline bool collect_locked(const struct unmap_call *call, const struct pt_range *range)
{
    uint64_t *scratch = call->thread->scratch, done = scratch[UNMAP_COUNTS] >> 32, start = 0;
    struct runs runs = {.at = &scratch[UNMAP_RUNS], .end = &scratch[UNMAP_RUNS + UNMAP_RUNS_MAX]};
    for (unsigned s = 0; s < 2 && range->span[s].count; s++) {
        const struct pt_span *span = &range->span[s];
        if (done >= start && done < start + span->count)
            done = start +
                   (span->entry ? span_collect_locked(call->space, span, done - start, &runs) : span->count);
        start += span->count;
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
    for (unsigned i = 0; i < UNMAP_RUNS_MAX && run[i]; i++) {
        uint64_t done = 0, count = run[i] & ((1u << UNMAP_RUN_BITS) - 1);
        int64_t result = frame_drop(run[i] >> UNMAP_RUN_BITS, count, &done);
        run[i] += (done << UNMAP_RUN_BITS) - done;
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
    struct pt_range range;
    struct gate gate;
    if (!unmap_gate_enter(&gate, call))
        return syscall_forward(&gate);
    pt_range_find(&range, space->root, call->address, call->pages);
    int64_t result = 0;
    if (thread->step == UNMAP_WAITED)
        tlb_flush_ended_locked(space, thread);
    else if (thread->step == UNMAP_MARK && unmap_window_full(space))
        result = SLUICE_E_AGAIN;
    else if (thread->step == UNMAP_MARK && mark_and_flush_locked(call, &range, &flush))
        result = SYSCALL_BLOCKED;
    if (!result) {
        *all = collect_locked(call, &range);
        thread->step = UNMAP_DROP;
    }
    gate_leave(&gate);
    if (result == SYSCALL_BLOCKED)
        tlb_flush_notify(&flush); /* the thread may be running again, elsewhere: it is not touched any more */
    return result;
}

int64_t unmap_continue(struct thread *thread, uint64_t *args)
{
    struct unmap_call call;
    bool all = false;
    if (thread->step == UNMAP_DROP) {
        if (runs_drop(thread))
            return SYSCALL_FORWARD;
        if (thread->scratch[UNMAP_COUNTS] >> 32 == args[2])
            return unmap_done(args, (uint32_t)thread->scratch[UNMAP_COUNTS]);
        thread->step = UNMAP_COLLECT;
    }
    /* A space that died meanwhile gives its pages back itself. */
    int64_t result = unmap_call_init(&call, thread, args, args[2]);
    while (!result && !all) {
        result = unmap_entries(&call, &all);
        if (!result && runs_drop(thread))
            result = SYSCALL_FORWARD;
        else if (!result)
            thread->step = UNMAP_COLLECT;
    }
    return result ? result : unmap_done(args, (uint32_t)thread->scratch[UNMAP_COUNTS]);
}
