// SPDX-License-Identifier: MIT
/*
 * aspace_map: frames of a region become pages of a space. Here: the checks, and one page in a straight line.
 * Owns: nothing. Entry point: sys_aspace_map. Context: kernel. Locks, one after the other: class frame (use count up),
 * class aspace (the entry). Tests: tests/host/test_aspace.c (each call is tried both ways), tests/user/memory/.
 *
 * The straight line does what map_steps.c does for any number of pages; as soon as something is not as expected it notes
 * how far it came, and that goes on from there.
 */
#include "kernel/trap/syscall.h"
#include "mm/map_internal.h"
#include "mm/tables.h"

static inline bool flags_valid(uint64_t flags)
{
    const uint64_t both = SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE,
                   all = both | SLUICE_MAP_READ | SLUICE_MAP_ZERO;
    return !(flags & ~all) && (flags & SLUICE_MAP_READ) && (flags & both) != both;
}

/* Everything that can be checked before a gate is entered. `pages` is args[4], a constant for one page. */
static __attribute__((always_inline)) inline int64_t
map_check(const struct thread *thread, const uint64_t *args, uint64_t pages, struct map_call *call)
{
    uint64_t first = args[2];
    struct cap_found space = {0}, region = {0};
    int64_t error = map_lookup(thread, args, &space, &region);
    if (error)
        return error;
    *call = (struct map_call){.space = (struct aspace *)space.object,
                              .pool = space.pool,
                              .frame = ((struct region *)region.object)->first + first,
                              .address = args[3],
                              .pages = pages,
                              .flags = (unsigned)args[5],
                              .may = region.rights,
                              .region = region.object,
                              .region_generation = region.generation};
    error = flags_valid(args[5]) ? aspace_range_check(call->address, pages) : SLUICE_E_BAD_ARGUMENT;
    if (error)
        return error;
    /* Relaxed: `first` never changes, and one that is split off or turned into a pool at this moment was ours when the
     * capability was read; frame_hold finds kernel memory by its kind. */
    uint64_t frames = atomic_load_relaxed(&((struct region *)region.object)->frames);
    if (first >= frames || pages > frames - first)
        return SLUICE_E_BAD_ARGUMENT;
    return atomic_load_relaxed(&((struct region *)region.object)->pool) ? SLUICE_E_BUSY : 0;
}

/* The frame's use count goes up, and it is cleared if that was asked for. */
static inline int64_t page_hold(struct thread *thread, const struct map_call *call)
{
    struct frame_block *block = &frame_blocks[call->frame >> FRAME_BLOCK_SHIFT];
    struct gate gate;
    if (!frame_block_enter(&gate, block)) {
        map_note(thread, call, MAP_HOLD, 0);
        return syscall_forward(&gate);
    }
    bool held = frame_hold_one_locked(block, call->frame, frame_most_uses(call->flags & SLUICE_MAP_ZERO));
    gate_leave(&gate);
    if (!held)
        return SLUICE_E_BUSY;
    /* Revoked while we waited for the gate: its owner may have found the frame unused before us. */
    if (__builtin_expect(!object_is_of(call->region, call->region_generation), 0)) {
        map_note(thread, call, MAP_ENTER, 1);
        return SYSCALL_AGAIN;
    }
    /* Its only use is ours: no page-table entry, no TLB (R4). */
    if (call->flags & SLUICE_MAP_ZERO)
        memory_zero_pages(direct_map(call->frame * PAGE_BYTES), 1);
    return 0;
}

static inline int64_t page_map(struct thread *thread, uint64_t *args, const struct map_call *call)
{
    struct aspace *space = call->space;
    struct gate gate;
    int64_t result = page_hold(thread, call);
    if (__builtin_expect(result != 0, 0)) {
        if (result == SYSCALL_AGAIN)
            return map_continue(thread, args); /* that finds what became of the capability */
        return result == SYSCALL_FORWARD ? result : map_done(args, 0, result);
    }
    if (!gate_enter(&gate, call->pool, LOCK_CLASS_aspace, &space->object.lock)) {
        map_note(thread, call, MAP_ENTER, 1);
        return syscall_forward(&gate);
    }
    uint64_t *entry;
    bool good = tables_entry_locked(space, call->address, &entry) && __builtin_expect(*entry == 0, 1);
    if (good) {
        atomic_store_relaxed(entry, pt_page(call->frame, call->flags, call->may));
        space->pages_mapped++;
    }
    gate_leave(&gate);
    if (good)
        return map_done(args, 1, 0);
    map_note(thread, call, MAP_ENTER, 1); /* that finds out what is in the way, or makes the table */
    return map_continue(thread, args);
}

static __attribute__((noinline)) int64_t pages_map(struct thread *thread, uint64_t *args)
{
    struct map_call call;
    int64_t error = map_check(thread, args, args[4], &call);
    if (error)
        return error;
    map_note(thread, &call, MAP_HOLD, 0);
    return map_continue(thread, args);
}

int64_t sys_aspace_map(struct thread *thread, uint64_t *args)
{
    struct map_call call;
    if (__builtin_expect(thread->step != MAP_BEGIN, 0))
        return map_continue(thread, args);
    if (args[4] != 1)
        return pages_map(thread, args);
    int64_t error = map_check(thread, args, 1, &call);
    return error ? error : page_map(thread, args, &call);
}
