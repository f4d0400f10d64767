// SPDX-License-Identifier: MIT
/*
 * Frame records: kinds, and counts of what is used.
 * Owns: frame_records, frame_blocks; use counts are changed in mm/frame_use.h. Entry points: mm/frame.h.
 * Context: kernel; frame_boot_* on the boot CPU before others run. Locks: class frame of the system pool with the lock
 * of one block at a time. Tests: tests/host/test_frame.c.
 *
 * A frame's uses are the page-table entries that name it, PENDING ones included, and the map operations that are about
 * to make one. So uses == 0 says that nothing maps the frame and no TLB holds it (docs/memory.md).
 */
#include "mm/frame_use.h"

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
    uint64_t frame = first + *done, end = frame_block_end(frame, first + count);
    struct gate gate;
    if (!frame_block_enter(&gate, &frame_blocks[frame >> FRAME_BLOCK_SHIFT]))
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
