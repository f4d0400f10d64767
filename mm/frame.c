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
    return block_count(limit) * (sizeof(struct frame_block) + FRAME_BLOCK_FRAMES * sizeof(struct frame_record));
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

/* The part of [first, end) that lies in the first's block, its gate entered. */
struct block_hold {
    struct gate gate;
    struct frame_block *block;
    uint64_t end;
};

static bool block_enter(struct block_hold *hold, uint64_t first, uint64_t end)
{
    uint64_t block_end = (first | (FRAME_BLOCK_FRAMES - 1)) + 1;
    hold->block = &frame_blocks[first >> FRAME_BLOCK_SHIFT];
    hold->end = end < block_end ? end : block_end;
    return gate_enter(&hold->gate, &pools[POOL_SYSTEM], LOCK_CLASS_frame, &hold->block->lock);
}

int64_t frame_hold(uint64_t first, uint64_t count, bool unused, uint64_t *done)
{
    bool busy = false;
    while (*done < count && !busy) {
        struct block_hold hold;
        if (!block_enter(&hold, first + *done, first + count))
            return syscall_forward(&hold.gate);
        uint64_t frame = first + *done;
        for (; frame < hold.end; frame++) {
            struct frame_record *record = &frame_records[frame];
            busy = record->kind != FRAME_USER || (unused && record->uses) || record->uses == UINT32_MAX;
            if (busy)
                break;
            hold.block->mapped += record->uses == 0;
            record->uses++;
        }
        gate_leave(&hold.gate);
        *done = frame - first;
    }
    return busy ? SLUICE_E_BUSY : 0;
}

int64_t frame_drop(uint64_t first, uint64_t count, uint64_t *done)
{
    while (*done < count) {
        struct block_hold hold;
        if (!block_enter(&hold, first + *done, first + count))
            return syscall_forward(&hold.gate);
        for (uint64_t frame = first + *done; frame < hold.end; frame++)
            hold.block->mapped -= --frame_records[frame].uses == 0;
        gate_leave(&hold.gate);
        *done = hold.end - first;
    }
    return 0;
}

static bool block_convertible(uint64_t first, uint64_t end, enum frame_kind from)
{
    for (uint64_t frame = first; frame < end; frame++)
        if (frame_records[frame].uses || frame_records[frame].kind != from)
            return false;
    return true;
}

int64_t frame_convert(uint64_t first, uint64_t count, enum frame_kind from, enum frame_kind to, uint64_t *done)
{
    struct block_hold hold;
    if (!block_enter(&hold, first + *done, first + count))
        return syscall_forward(&hold.gate);
    bool possible = block_convertible(first + *done, hold.end, from);
    if (possible)
        frame_boot_kind(first + *done, hold.end - first - *done, to);
    gate_leave(&hold.gate);
    if (!possible)
        return SLUICE_E_BUSY;
    *done = hold.end - first;
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
