// SPDX-License-Identifier: MIT
/*
 * aspace_map: frames of a region become pages of a space.
 * Owns: nothing beyond the handler. Context: kernel; thread->step says how far it came when a gate sent it elsewhere.
 * Locks, one after the other: class frame (use counts up), class aspace (entries; class alloc before it when tables are
 * missing), class frame (use counts of the rest down). Tests: tests/user/memory/, tests/user/syscalls/.
 *
 *      HOLD -> ENTER -> DROP    ENTER is left out when nothing could be held, DROP when all was entered
 */
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/aspace.h"
#include "mm/frame_use.h"
#include "mm/region.h"
#include "mm/tables.h"
#include "mm/x86_64/copy.h"
#include "mm/x86_64/pt.h"

enum map_step { MAP_BEGIN, MAP_HOLD, MAP_ENTER, MAP_DROP };

/* What thread->scratch holds from step HOLD on. */
enum map_scratch {
    MAP_FRAME,   /* number of the first */
    MAP_HELD,    /* frames whose use count is up */
    MAP_ENTERED, /* pages mapped; in DROP, frames settled: mapped or down again */
    MAP_RESULT,  /* what the region's capability allows; from DROP on: result, and pages mapped << 32 */
};

struct map_call {
    struct aspace *space;
    struct region *region;
    unsigned may; /* what the region's capability allows */
};

static bool flags_valid(uint64_t flags, unsigned allowed)
{
    unsigned both = SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE;
    return !(flags & ~(uint64_t)allowed) && (flags & SLUICE_MAP_READ) && (flags & both) != both;
}

static int64_t map_lookup(struct thread *thread, const uint64_t *args, struct map_call *call)
{
    struct cap aspace, region;
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, &aspace);
    /* The rights' bits are those of the flags. */
    unsigned rights = (unsigned)args[5] & (SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE);
    if (!error)
        error = cap_lookup(thread->cspace, args[1], SLUICE_TYPE_REGION, rights, &region);
    if (error)
        return error;
    call->space = (struct aspace *)aspace.object;
    call->region = (struct region *)region.object;
    call->may = region.rights;
    return 0;
}
_Static_assert((unsigned)SLUICE_MAP_READ == (unsigned)SLUICE_RIGHT_READ &&
                   (unsigned)SLUICE_MAP_WRITE == (unsigned)SLUICE_RIGHT_WRITE &&
                   (unsigned)SLUICE_MAP_EXECUTE == (unsigned)SLUICE_RIGHT_EXECUTE,
               "map_lookup");

/* Checks everything that can be checked before a gate is entered. */
static int64_t map_begin(struct thread *thread, const uint64_t *args, const struct map_call *call)
{
    uint64_t first = args[2], address = args[3], pages = args[4];
    if (!flags_valid(args[5], SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE | SLUICE_MAP_ZERO) ||
        pages - 1 >= SLUICE_MAP_PAGES_MAX || address % PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    if (!aspace_range_valid(address, pages))
        return SLUICE_E_BAD_ADDRESS;
    /* Relaxed: `first` never changes, and one that is split off or turned into a pool at this moment was ours when the
     * capability was read; frame_hold finds kernel memory by its kind. */
    uint64_t frames = atomic_load_relaxed(&call->region->frames);
    if (first >= frames || pages > frames - first)
        return SLUICE_E_BAD_ARGUMENT;
    if (atomic_load_relaxed(&call->region->pool))
        return SLUICE_E_BUSY;
    thread->scratch[MAP_FRAME] = call->region->first + first;
    thread->scratch[MAP_HELD] = 0;
    thread->scratch[MAP_ENTERED] = 0;
    thread->scratch[MAP_RESULT] = call->may;
    return 0;
}

static void map_settle(struct thread *thread, int64_t result)
{
    uint64_t mapped = thread->scratch[MAP_ENTERED];
    thread->scratch[MAP_RESULT] = mapped << 32 | (uint32_t)result;
    thread->step = MAP_DROP;
}

static int64_t map_hold(struct thread *thread, uint64_t pages, unsigned flags)
{
    uint64_t *scratch = thread->scratch;
    thread->step = MAP_HOLD;
    int64_t result = frame_hold(scratch[MAP_FRAME], pages, flags & SLUICE_MAP_ZERO, &scratch[MAP_HELD]);
    /* Their only use is ours: no page-table entry, no TLB (R4). */
    if (!result && (flags & SLUICE_MAP_ZERO))
        memory_zero_pages(direct_map(scratch[MAP_FRAME] * PAGE_BYTES), pages);
    return result;
}

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

/* aspace_map_entries, inline for one caller. */
static inline int64_t map_entries(struct aspace *space, uint64_t address, uint64_t pages, uint64_t entry,
                                  uint64_t *done)
{
    struct pt_range range;
    struct gate gate;
    uint64_t skip = *done;
    /* Without the gate: tables stay as long as the space. Those that are missing are made first, so that the call stays
     * on the CPU that the tables want, once it is there. */
    pt_range_find(&range, space->root, address + skip * PAGE_BYTES, pages - skip);
    if (__builtin_expect(!range_complete(&range), 0)) {
        int64_t result = tables_build(space, address + skip * PAGE_BYTES, pages - skip);
        if (result)
            return result;
        pt_range_find(&range, space->root, address + skip * PAGE_BYTES, pages - skip);
    }
    if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_aspace, &space->object.lock))
        return syscall_forward(&gate);
    int64_t result = entries_write_locked(space, &range, entry + skip * PAGE_BYTES, done);
    gate_leave(&gate);
    return result;
}

int64_t aspace_map_entries(struct aspace *space, uint64_t address, uint64_t pages, uint64_t entry,
                           uint64_t *done)
{
    return map_entries(space, address, pages, entry, done);
}

static int64_t map_enter(struct thread *thread, const uint64_t *args, struct aspace *space)
{
    uint64_t *scratch = thread->scratch;
    /* Not call->may: on the way from another CPU the slot may have got another region, of more rights. */
    uint64_t entry = pt_page(scratch[MAP_FRAME], (unsigned)args[5], (unsigned)scratch[MAP_RESULT]);
    thread->step = MAP_ENTER;
    return map_entries(space, args[3], args[4], entry, &scratch[MAP_ENTERED]);
}

static int64_t map_drop(struct thread *thread, uint64_t *args)
{
    uint64_t *scratch = thread->scratch;
    if (scratch[MAP_ENTERED] < scratch[MAP_HELD] &&
        frame_drop(scratch[MAP_FRAME], scratch[MAP_HELD], &scratch[MAP_ENTERED]))
        return SYSCALL_FORWARD;
    uint64_t mapped = scratch[MAP_RESULT] >> 32;
    args[2] = mapped;
    cpu_counter_inc(maps);
    cpu_counter_add(mapped_pages, mapped);
    return (int32_t)scratch[MAP_RESULT];
}

int64_t sys_aspace_map(struct thread *thread, uint64_t *args)
{
    struct map_call call = {0};
    if (__builtin_expect(thread->step == MAP_DROP, 0))
        return map_drop(thread, args);
    int64_t result = map_lookup(thread, args, &call);
    if (thread->step == MAP_BEGIN) {
        if (!result)
            result = map_begin(thread, args, &call);
        if (result)
            return result;
    }
    /* Else an error is that of a capability which died on the way to another CPU. */
    if (!result && thread->step != MAP_ENTER)
        result = map_hold(thread, args[4], (unsigned)args[5]);
    if (!result)
        result = map_enter(thread, args, call.space);
    if (result == SYSCALL_FORWARD)
        return result;
    map_settle(thread, result);
    return map_drop(thread, args);
}
