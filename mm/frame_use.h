// SPDX-License-Identifier: MIT
/*
 * Use counts of frames, inline: each mapping and unmapping of a page changes one.
 * Owns: frame_record.uses, frame_block.mapped. Entry points: frame_hold, frame_drop. Context: kernel. Locks: class
 * frame of the system pool with the lock of one block at a time. Tests: tests/host/test_frame.c.
 *
 * Both work block by block, from *done on, and advance *done; SYSCALL_FORWARD: go on there, from *done.
 */
#pragma once
#include "kernel/abi/error.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "smp/lock/gate.h"

static inline bool frame_block_enter(struct gate *gate, struct frame_block *block)
{
    return gate_enter(gate, &pools[POOL_SYSTEM], LOCK_CLASS_frame, &block->lock);
}

/* The end of what lies in the block of `frame`. */
static inline uint64_t frame_block_end(uint64_t frame, uint64_t end)
{
    uint64_t last = frame | (FRAME_BLOCK_FRAMES - 1);
    return end <= last ? end : last + 1;
}

/* The most uses that a frame may have before it is held: one that is to be cleared must not be used by anybody. */
static inline uint32_t frame_most_uses(bool unused)
{
    return unused ? 0 : UINT32_MAX - 1;
}

/* Counts have one writer, under the gate; they are stored whole for those who only count (frame_count_used). Relaxed:
 * what is told without the gate may be a moment old. */
static inline bool frame_hold_one_locked(struct frame_block *block, uint64_t frame, uint32_t most)
{
    struct frame_record *record = &frame_records[frame];
    uint32_t uses = record->uses;
    if (record->kind != FRAME_USER || uses > most)
        return false;
    atomic_store_relaxed(&record->uses, uses + 1);
    atomic_store_relaxed(&block->mapped, block->mapped + !uses);
    return true;
}

static inline void frame_drop_one_locked(struct frame_block *block, uint64_t frame)
{
    uint32_t uses = frame_records[frame].uses - 1;
    atomic_store_relaxed(&frame_records[frame].uses, uses);
    atomic_store_relaxed(&block->mapped, block->mapped - !uses);
}

/* The same for a run of frames. Returns the first that may not be held, or `end`. */
static inline uint64_t frame_hold_locked(struct frame_block *block, uint64_t frame, uint64_t end,
                                         uint32_t most)
{
    struct frame_record *record = &frame_records[frame], *last = record + (end - frame);
    uint64_t first_uses = 0;
    for (; record < last && record->kind == FRAME_USER && record->uses <= most; record++) {
        first_uses += !record->uses;
        atomic_store_relaxed(&record->uses, record->uses + 1);
    }
    atomic_store_relaxed(&block->mapped, block->mapped + first_uses);
    return end - (uint64_t)(last - record);
}

static inline void frame_drop_locked(struct frame_block *block, uint64_t frame, uint64_t end)
{
    struct frame_record *record = &frame_records[frame], *last = record + (end - frame);
    uint64_t last_uses = 0;
    for (; record < last; record++) {
        uint32_t uses = record->uses - 1;
        last_uses += !uses;
        atomic_store_relaxed(&record->uses, uses);
    }
    atomic_store_relaxed(&block->mapped, block->mapped - last_uses);
}

/* Raises use counts of USER frames, for mapping them; BUSY: a frame is not USER, or `unused` and somebody uses it. */
static inline int64_t frame_hold(uint64_t first, uint64_t count, bool unused, uint64_t *done)
{
    uint64_t frame = first + *done;
    while (frame < first + count) {
        struct frame_block *block = &frame_blocks[frame >> FRAME_BLOCK_SHIFT];
        uint64_t end = frame_block_end(frame, first + count);
        struct gate gate;
        if (!frame_block_enter(&gate, block))
            return syscall_forward(&gate);
        frame = frame_hold_locked(block, frame, end, frame_most_uses(unused));
        gate_leave(&gate);
        *done = frame - first;
        if (frame < end)
            return SLUICE_E_BUSY;
    }
    return 0;
}

/* Lowers use counts: no TLB holds the frames by the entries in question any more. */
static inline int64_t frame_drop(uint64_t first, uint64_t count, uint64_t *done)
{
    uint64_t frame = first + *done;
    while (frame < first + count) {
        struct frame_block *block = &frame_blocks[frame >> FRAME_BLOCK_SHIFT];
        uint64_t end = frame_block_end(frame, first + count);
        struct gate gate;
        if (!frame_block_enter(&gate, block))
            return syscall_forward(&gate);
        frame_drop_locked(block, frame, end);
        gate_leave(&gate);
        frame = end;
        *done = frame - first;
    }
    return 0;
}
