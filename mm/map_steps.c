// SPDX-License-Identifier: MIT
/*
 * aspace_map, any number of pages, in steps: thread->step says how far it came when a gate sent it elsewhere.
 * Owns: nothing. Entry points: map_continue, aspace_map_entries. Context: kernel. Locks, one after the other:
 * class frame (use counts up), class aspace (entries; class alloc before it when tables are missing), class frame (use
 * counts of the rest down). Tests: tests/host/test_aspace.c, tests/user/memory/, tests/user/syscalls/.
 */
#include "kernel/trap/syscall.h"
#include "mm/map_internal.h"
#include "mm/tables.h"

static int64_t entries_write_locked(struct aspace *space, const struct pt_range *range, uint64_t entry,
                                    uint64_t *done)
{
    uint64_t written = 0;
    int64_t result = 0;
    for (unsigned s = 0; s < 2 && range->span[s].count && !result; s++) {
        uint64_t *at = range->span[s].entry, *end = at + range->span[s].count;
        for (; at < end && !*at; at++, written++)
            atomic_store_relaxed(at, entry + written * PAGE_BYTES);
        if (at < end)
            result = pt_is_pending(*at) ? SLUICE_E_AGAIN : SLUICE_E_EXISTS;
    }
    space->pages_mapped += written;
    *done += written;
    return result;
}

static bool range_complete(const struct pt_range *range)
{
    return range->span[0].entry && (!range->span[1].count || range->span[1].entry);
}

int64_t aspace_map_entries(struct aspace *space, uint64_t address, uint64_t pages, uint64_t entry,
                           uint64_t *done)
{
    struct pt_range range;
    struct gate gate;
    uint64_t skip = *done;
    address += skip * PAGE_BYTES;
    /* Without the gate: tables stay as long as the space. Those that are missing are made first, so that the call stays
     * on the CPU that the tables want, once it is there. */
    pt_range_find(&range, space->root, address, pages - skip);
    if (!range_complete(&range)) {
        int64_t result = tables_build(space, address, pages - skip);
        if (result)
            return result;
        pt_range_find(&range, space->root, address, pages - skip);
    }
    if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_aspace, &space->object.lock))
        return syscall_forward(&gate);
    int64_t result = entries_write_locked(space, &range, entry + skip * PAGE_BYTES, done);
    gate_leave(&gate);
    return result;
}

static int64_t map_hold(struct thread *thread, uint64_t pages, unsigned flags)
{
    uint64_t *scratch = thread->scratch;
    return frame_hold(scratch[MAP_FRAME], pages, flags & SLUICE_MAP_ZERO, &scratch[MAP_HELD]);
}

/* Once more, with the frames held: does a living capability in the slot still give them? If it was revoked before, or the
 * slot has got another region, its owner may have found the frames unused before us. What is revoked later finds them in
 * use. */
static int64_t map_look_again(const struct thread *thread, const uint64_t *args, struct cap_found *space)
{
    struct cap_found found = {0};
    int64_t result = map_lookup(thread, args, space, &found);
    if (result)
        return result;
    const struct region *region = (const struct region *)found.object;
    uint64_t first = args[2], frames = atomic_load_relaxed(&region->frames); /* relaxed: as in map_check() */
    bool same = region->first + first == thread->scratch[MAP_FRAME] && first < frames &&
                args[4] <= frames - first && !atomic_load_relaxed(&region->pool);
    return same ? 0 : SLUICE_E_BAD_CAP;
}

static int64_t map_enter(struct thread *thread, const uint64_t *args, struct aspace *space)
{
    uint64_t *scratch = thread->scratch;
    /* The rights noted at first: meanwhile the slot may have got another region, of more rights. */
    uint64_t entry = pt_page(scratch[MAP_FRAME], (unsigned)args[5], (unsigned)scratch[MAP_RESULT]);
    thread->step = MAP_ENTER;
    return aspace_map_entries(space, args[3], args[4], entry, &scratch[MAP_ENTERED]);
}

static int64_t map_drop(struct thread *thread, uint64_t *args)
{
    uint64_t *scratch = thread->scratch;
    if (scratch[MAP_ENTERED] < scratch[MAP_HELD] &&
        frame_drop(scratch[MAP_FRAME], scratch[MAP_HELD], &scratch[MAP_ENTERED]))
        return SYSCALL_FORWARD;
    return map_done(args, scratch[MAP_RESULT] >> 32, (int32_t)scratch[MAP_RESULT]);
}

static int64_t map_settle(struct thread *thread, uint64_t *args, int64_t result)
{
    uint64_t mapped = thread->scratch[MAP_ENTERED];
    thread->scratch[MAP_RESULT] = mapped << 32 | (uint32_t)result;
    thread->step = MAP_DROP;
    return map_drop(thread, args);
}

int64_t map_continue(struct thread *thread, uint64_t *args)
{
    struct cap_found space = {0};
    int64_t result = 0;
    if (thread->step == MAP_DROP)
        return map_drop(thread, args);
    bool hold = thread->step == MAP_HOLD;
    if (hold)
        result = map_hold(thread, args[4], (unsigned)args[5]);
    if (!result)
        result = map_look_again(thread, args, &space);
    /* Their only use is ours: no page-table entry, no TLB (R4). */
    if (!result && hold && (args[5] & SLUICE_MAP_ZERO))
        memory_zero_pages(direct_map(thread->scratch[MAP_FRAME] * PAGE_BYTES), args[4]);
    if (!result)
        result = map_enter(thread, args, (struct aspace *)space.object);
    return result == SYSCALL_FORWARD ? result : map_settle(thread, args, result);
}
