// SPDX-License-Identifier: MIT
/*
 * aspace_unmap: entries that other CPUs may have in their TLBs become free. Here: one page in a straight line.
 * Owns: nothing. Entry point: sys_aspace_unmap. Context: kernel. Locks, one after the other: class aspace (ticket_lock
 * inside), class frame. Model: tests/model/tlb.pml. Tests: tests/host/test_aspace.c (each call is tried both ways),
 * tests/host/test_tlb.c.
 *
 * The straight line does what unmap_steps.c does for any number of pages; as soon as something is not as expected it
 * notes how far it came, and that goes on from there.
 */
#include "kernel/trap/syscall.h"
#include "mm/frame_use.h"
#include "mm/tables.h"
#include "mm/unmap_internal.h"

/* Another CPU may use the space, so the entry becomes PENDING after all. 0: nobody is behind. BLOCKED: the thread waits, it
 * goes on at WAITED. AGAIN: the page is mapped as before. */
static __attribute__((noinline)) int64_t page_flush_others_locked(struct unmap_call call, uint64_t *at,
                                                                  uint64_t entry, struct tlb_flush *flush)
{
    if (unmap_window_full(call.space)) {
        atomic_store_relaxed(at, entry);
        call.space->pages_mapped++;
        return SLUICE_E_AGAIN;
    }
    atomic_store_relaxed(at, pt_pending(entry, pt_pending_bits(call.space->generation)));
    call.thread->scratch[UNMAP_COUNTS] = 1;
    if (unmap_flush_others_locked(&call, flush))
        return SYSCALL_BLOCKED;
    atomic_store_relaxed(at, 0ull);
    return 0;
}

/* The use count of the page that was unmapped goes down. */
static inline int64_t page_drop(struct thread *thread, uint64_t *args, uint64_t frame)
{
    struct frame_block *block = &frame_blocks[frame >> FRAME_BLOCK_SHIFT];
    struct gate gate;
    if (!frame_block_enter(&gate, block)) {
        thread->scratch[UNMAP_COUNTS] = 1 | 1ull << 32;
        thread->scratch[UNMAP_RUNS] = frame << UNMAP_RUN_BITS | 1;
        thread->scratch[UNMAP_RUNS + 1] = 0;
        thread->step = UNMAP_DROP;
        return syscall_forward(&gate);
    }
    frame_drop_one_locked(block, frame);
    gate_leave(&gate);
    return unmap_done(args, 1);
}

static inline int64_t page_unmap(const struct unmap_call *call, uint64_t *args)
{
    struct aspace *space = call->space;
    struct tlb_flush flush;
    struct gate gate;
    if (!unmap_gate_enter(&gate, call))
        return syscall_forward(&gate);
    uint64_t *at;
    if (!tables_entry_locked(space, call->address, &at) || __builtin_expect(!(*at & PT_PRESENT), 0)) {
        gate_leave(&gate);
        return unmap_continue(call->thread, args);
    }
    uint64_t entry = *at;
    /* 0 at once: until the gate is left nobody maps anything here, and walks stop at any entry that is not present. */
    atomic_store_relaxed(at, 0ull);
    space->pages_mapped--;
    int64_t result = 0;
    if (!tlb_flush_begin_locked(space, call->address, 1, true))
        result = page_flush_others_locked(*call, at, entry, &flush);
    gate_leave(&gate);
    if (result == SYSCALL_BLOCKED)
        tlb_flush_notify(&flush); /* the thread may be running again, elsewhere: it is not touched any more */
    if (__builtin_expect(result != 0, 0))
        return result;
    return entry & PT_KERNEL ? unmap_done(args, 1) : page_drop(call->thread, args, pt_frame(entry));
}

int64_t sys_aspace_unmap(struct thread *thread, uint64_t *args)
{
    struct unmap_call call;
    if (__builtin_expect(thread->step != UNMAP_MARK, 0) || args[2] != 1)
        return unmap_continue(thread, args);
    int64_t error = unmap_call_init(&call, thread, args, 1);
    return error ? error : page_unmap(&call, args);
}
