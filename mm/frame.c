// SPDX-License-Identifier: MIT
/*
 * Frame records: use counts and kinds.
 * Owns: frame_records, frame_blocks. Entry points: mm/frame.h. Context: kernel; frame_boot_* on the boot CPU before
 * others run. Locks: class frame of the system pool with the lock of one block at a time.
 * Tests: tests/host/test_frame.c.
 *
 * A frame's uses are the page-table entries that name it, PENDING ones included, and the map operations that are about
 * to make one. So uses == 0 says that nothing maps the frame and no TLB holds it (docs/memory.md).
 */
#include "mm/frame.h"
#include "kernel/abi/error.h"
#include "kernel/trap/syscall.h"
#include "mm/pool.h"
#include "smp/lock/gate.h"

struct frame_record *frame_records;
struct frame_block *frame_blocks;
uint64_t frame_limit;

static uint64_t block_count(uint64_t limit)
{
    return (limit + FRAME_BLOCK_FRAMES - 1) >> FRAME_BLOCK_SHIFT;
}

uint64_t frame_boot_bytes(uint64_t limit)
{
    return block_count(limit) *
           (sizeof(struct frame_block) + FRAME_BLOCK_FRAMES * sizeof(struct frame_record));
}

void frame_init(void *memory, uint64_t limit)
{
    frame_blocks = memory;
    frame_records = (struct frame_record *)(frame_blocks + block_count(limit));
    frame_limit = limit;
}

void frame_boot_kind(uint64_t first, uint64_t count, enum frame_kind kind)
{
    for (uint64_t i = first; i < first + count; i++)
        frame_records[i].kind = (uint8_t)kind;
}

/* Operations work on the part of their range that lies in one block, with the block's gate entered. */
static inline bool block_enter(struct gate *gate, uint64_t frame)
{
    struct frame_block *block = &frame_blocks[frame >> FRAME_BLOCK_SHIFT];
    return gate_enter(gate, &pools[POOL_SYSTEM], LOCK_CLASS_frame, &block->lock);
}

static inline uint64_t block_end(uint64_t frame, uint64_t end)
{
    uint64_t last = frame | (FRAME_BLOCK_FRAMES - 1);
    return end <= last ? end : last + 1;
}

/* One writer, under the gate; stored whole for those who only count (frame_count_used). */
static inline void uses_store(struct frame_block *block, struct frame_record *record, uint32_t uses)
{
    /* The count of mapped frames changes with the first use and the last. */
    if (!uses || !record->uses)
        atomic_store_relaxed(&block->mapped, block->mapped + (uses ? 1 : -1ull));
    atomic_store_relaxed(&record->uses,
                         uses); /* relaxed: what is told without the gate may be a moment old */
}

static struct frame_record *records_hold_locked(struct frame_record *record, struct frame_record *end,
                                                struct frame_block *block, uint32_t most)
{
    for (; record < end && record->kind == FRAME_USER && record->uses <= most; record++)
        uses_store(block, record, record->uses + 1);
    return record;
}

int64_t frame_hold(uint64_t first, uint64_t count, bool unused, uint64_t *done)
{
    while (*done < count) {
        uint64_t frame = first + *done, end = block_end(frame, first + count);
        struct gate gate;
        if (!block_enter(&gate, frame))
            return syscall_forward(&gate);
        struct frame_record *last =
            records_hold_locked(&frame_records[frame], &frame_records[end],
                                &frame_blocks[frame >> FRAME_BLOCK_SHIFT], unused ? 0 : UINT32_MAX - 1);
        gate_leave(&gate);
        *done = (uint64_t)(last - frame_records) - first;
        if (last < &frame_records[end])
            return SLUICE_E_BUSY;
    }
    return 0;
}

int64_t frame_drop(uint64_t first, uint64_t count, uint64_t *done)
{
    while (*done < count) {
        uint64_t frame = first + *done, end = block_end(frame, first + count);
        struct frame_block *block = &frame_blocks[frame >> FRAME_BLOCK_SHIFT];
        struct gate gate;
        if (!block_enter(&gate, frame))
            return syscall_forward(&gate);
        for (; frame < end; frame++)
            uses_store(block, &frame_records[frame], frame_records[frame].uses - 1);
        gate_leave(&gate);
        *done = end - first;
    }
    return 0;
}

static bool records_convertible(uint64_t first, uint64_t end, enum frame_kind from)
{
    for (uint64_t frame = first; frame < end; frame++)
        if (frame_records[frame].uses || frame_records[frame].kind != from)
            return false;
    return true;
}

int64_t frame_convert(uint64_t first, uint64_t count, enum frame_kind from, enum frame_kind to,
                      uint64_t *done)
{
    uint64_t frame = first + *done, end = block_end(frame, first + count);
    struct gate gate;
    if (!block_enter(&gate, frame))
        return syscall_forward(&gate);
    bool possible = records_convertible(frame, end, from);
    if (possible)
        frame_boot_kind(frame, end - frame, to);
    gate_leave(&gate);
    if (!possible)
        return SLUICE_E_BUSY;
    *done = end - first;
    return 0;
}

uint64_t frame_count_used(uint64_t first, uint64_t count)
{
    uint64_t used = 0, end = first + count;
    while (first < end) {
        if (!(first & (FRAME_BLOCK_FRAMES - 1)) && end - first >= FRAME_BLOCK_FRAMES) {
            used += atomic_load_relaxed(&frame_blocks[first >> FRAME_BLOCK_SHIFT].mapped);
            first += FRAME_BLOCK_FRAMES;
        } else {
            used += atomic_load_relaxed(&frame_records[first++].uses) != 0;
        }
    }
    return used;
}
