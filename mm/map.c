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
#include "mm/frame.h"
#include "mm/region.h"
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
    uint64_t address, pages;
    unsigned flags, may;
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
    *call = (struct map_call){
        .space = (struct aspace *)aspace.object,
        .region = (struct region *)region.object,
        .address = args[3],
        .pages = args[4],
        .flags = (unsigned)args[5],
        .may = region.rights,
    };
    return 0;
}
_Static_assert((unsigned)SLUICE_MAP_READ == (unsigned)SLUICE_RIGHT_READ &&
                   (unsigned)SLUICE_MAP_WRITE == (unsigned)SLUICE_RIGHT_WRITE &&
                   (unsigned)SLUICE_MAP_EXECUTE == (unsigned)SLUICE_RIGHT_EXECUTE,
               "map_lookup");

/* Checks everything that can be checked before a gate is entered. */
static int64_t map_begin(struct thread *thread, const uint64_t *args, const struct map_call *call)
{
    uint64_t first = args[2];
    if (!flags_valid(args[5], SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE | SLUICE_MAP_ZERO) ||
        call->pages - 1 >= SLUICE_MAP_PAGES_MAX || call->address % PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    if (!aspace_range_valid(call->address, call->pages))
        return SLUICE_E_BAD_ADDRESS;
    /* Relaxed: `first` never changes, and one that is split off or turned into a pool at this moment was ours when the
     * capability was read; frame_hold finds kernel memory by its kind. */
    uint64_t frames = atomic_load_relaxed(&call->region->frames);
    if (first >= frames || call->pages > frames - first)
        return SLUICE_E_BAD_ARGUMENT;
    if (atomic_load_relaxed(&call->region->pool))
        return SLUICE_E_BUSY;
    thread->scratch[MAP_FRAME] = call->region->first + first;
    thread->scratch[MAP_HELD] = 0;
    thread->scratch[MAP_ENTERED] = 0;
    thread->scratch[MAP_RESULT] = call->may;
    thread->step = MAP_HOLD;
    return 0;
}

static void map_settle(struct thread *thread, int64_t result)
{
    uint64_t mapped = thread->scratch[MAP_ENTERED];
    thread->scratch[MAP_RESULT] = mapped << 32 | (uint32_t)result;
    thread->step = MAP_DROP;
}

static int64_t map_hold(struct thread *thread, const struct map_call *call)
{
    uint64_t *scratch = thread->scratch;
    int64_t result =
        frame_hold(scratch[MAP_FRAME], call->pages, call->flags & SLUICE_MAP_ZERO, &scratch[MAP_HELD]);
    if (result == SYSCALL_FORWARD)
        return result;
    if (result) {
        map_settle(thread, result);
    } else {
        /* Their only use is ours: no page-table entry, no TLB (R4). */
        if (call->flags & SLUICE_MAP_ZERO)
            memory_zero_pages(direct_map(scratch[MAP_FRAME] * PAGE_BYTES), call->pages);
        thread->step = MAP_ENTER;
    }
    return 0;
}

static int64_t map_enter(struct thread *thread, const struct map_call *call)
{
    uint64_t *scratch = thread->scratch;
    /* Not call->may: on the way from another CPU the slot may have got another region, of more rights. */
    uint64_t entry = pt_page(scratch[MAP_FRAME], call->flags, (unsigned)scratch[MAP_RESULT]);
    int64_t result =
        aspace_map_entries(call->space, call->address, call->pages, entry, &scratch[MAP_ENTERED]);
    if (result == SYSCALL_FORWARD)
        return result;
    map_settle(thread, result);
    return 0;
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
    if (thread->step == MAP_DROP)
        return map_drop(thread, args);
    struct map_call call = {0};
    int64_t result = map_lookup(thread, args, &call);
    if (thread->step == MAP_BEGIN) {
        if (!result)
            result = map_begin(thread, args, &call);
        if (result)
            return result;
    } else if (result) {
        map_settle(thread, result); /* a capability died on the way to another CPU */
        return map_drop(thread, args);
    }
    if (thread->step == MAP_HOLD)
        result = map_hold(thread, &call);
    if (!result && thread->step == MAP_ENTER)
        result = map_enter(thread, &call);
    return result ? result : map_drop(thread, args);
}
