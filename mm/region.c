// SPDX-License-Identifier: MIT
/*
 * Regions: cutting, joining, and giving one to the kernel as a pool.
 * Owns: the bounds and the use of regions. Entry points: the handlers of region_split, region_merge, region_make_pool;
 * region_create_boot, region_leave_pool. Context: kernel; thread->step says how far a handler came.
 * Locks, one at a time: class region of the system pool, on one region; class alloc of the system pool, by way of
 * region_stock.c; class cspace.
 * Tests: tests/host/test_region.c, tests/user/syscalls/.
 *
 * Two regions are never locked at once. What concerns two is done in steps, the one that must not change in between
 * being REGION_CLAIMED, which makes every other operation on it say BUSY.
 */
#include "mm/region.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/reaper.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "mm/region_stock.h"
#include "smp/lock/gate.h"

static bool region_enter(struct gate *gate, struct region *region)
{
    return gate_enter(gate, &pools[POOL_SYSTEM], LOCK_CLASS_region, &region->object.lock);
}

static int64_t region_lookup(struct thread *thread, uint64_t slot, struct region **region)
{
    struct cap_found found;
    int error = cap_lookup_found(thread->cspace, slot, SLUICE_TYPE_REGION, SLUICE_RIGHT_CONTROL, &found);
    *region = error ? NULL : (struct region *)found.object;
    return error;
}

/* A living region of no frames, claimed. 0, NO_MEMORY or SYSCALL_FORWARD. */
static int64_t region_create(uint64_t first, struct region **result)
{
    struct region *region;
    int64_t error = region_stock_take(&region);
    if (error)
        return error;
    region->object.lock = (struct lock){0};
    region->first = first;
    region->frames = 0;
    region->pool = REGION_CLAIMED;
    object_publish(&region->object);
    *result = region;
    return 0;
}

struct region *region_create_boot(uint64_t first, uint64_t frames)
{
    struct region *region;
    if (region_create(first, &region))
        return NULL;
    frame_boot_kind(first, frames, FRAME_USER);
    region->frames = frames;
    region->pool = 0;
    return region;
}

static void region_kill(struct region *region)
{
    if (object_kill(&region->object))
        object_retire(&region->object);
}

/* --- region_split: the new region exists, empty and claimed, and has its capability, before the old one is cut ------ */

enum split_step { SPLIT_BEGIN, SPLIT_LAST_TRY, SPLIT_INSERT, SPLIT_CUT, SPLIT_FILL };
enum split_scratch { SPLIT_REGION, SPLIT_FRAMES }; /* the new region, and what it gets */

static int64_t split_begin(struct thread *thread, const uint64_t *args)
{
    struct region *region, *rest;
    int64_t result = region_lookup(thread, args[0], &region);
    if (!result)
        result = cap_slot_check(thread->cspace, args[2]);
    if (result)
        return result;
    /* Relaxed, and looked at again when it is cut. */
    if (atomic_load_relaxed(&region->pool))
        return SLUICE_E_BUSY;
    if (!args[1] || args[1] >= atomic_load_relaxed(&region->frames))
        return SLUICE_E_BAD_ARGUMENT;
    result = region_create(region->first + args[1], &rest);
    if (result == SLUICE_E_NO_MEMORY && thread->step == SPLIT_BEGIN && reaper_hurry_cpu()) {
        thread->step = SPLIT_LAST_TRY; /* with the room of regions that were merged here */
        return SYSCALL_AGAIN;
    }
    if (result)
        return result;
    thread->scratch[SPLIT_REGION] = (uint64_t)rest;
    thread->step = SPLIT_INSERT;
    return 0;
}

static int64_t split_cut(struct thread *thread, const uint64_t *args, const struct region *rest)
{
    struct region *region;
    int64_t result = region_lookup(thread, args[0], &region);
    if (result)
        return result;
    struct gate gate;
    if (!region_enter(&gate, region))
        return syscall_forward(&gate);
    if (region->first + args[1] != rest->first) {
        result = SLUICE_E_BAD_CAP; /* the slot was changed meanwhile: another region */
    } else if (region->pool) {
        result = SLUICE_E_BUSY;
    } else if (args[1] >= region->frames) {
        result = SLUICE_E_BAD_ARGUMENT;
    } else {
        thread->scratch[SPLIT_FRAMES] = region->frames - args[1];
        atomic_store_relaxed(&region->frames, args[1]);
    }
    gate_leave(&gate);
    return result;
}

static int64_t split_fill(struct region *rest, uint64_t frames)
{
    struct gate gate;
    if (!region_enter(&gate, rest))
        return syscall_forward(&gate);
    atomic_store_relaxed(&rest->frames, frames);
    atomic_store_relaxed(&rest->pool, 0u);
    gate_leave(&gate);
    return 0;
}

int64_t sys_region_split(struct thread *thread, uint64_t *args)
{
    int64_t result = thread->step <= SPLIT_LAST_TRY ? split_begin(thread, args) : 0;
    if (result)
        return result;
    struct region *rest = (struct region *)thread->scratch[SPLIT_REGION];
    if (thread->step == SPLIT_INSERT) {
        struct cap cap = cap_make(&rest->object, SLUICE_TYPE_REGION);
        result = cap_insert(thread->cspace, args[2], &cap);
        if (!result)
            thread->step = SPLIT_CUT;
    }
    if (!result && thread->step == SPLIT_CUT) {
        result = split_cut(thread, args, rest);
        if (!result)
            thread->step = SPLIT_FILL;
    }
    if (!result)
        result = split_fill(rest, thread->scratch[SPLIT_FRAMES]);
    else if (result != SYSCALL_FORWARD)
        region_kill(rest); /* it never had a frame */
    return result;
}

/* --- region_merge: the second is claimed, the first grows, the second dies ------------------------------------------ */

enum merge_step { MERGE_CLAIM, MERGE_GROW, MERGE_GIVE_UP };
enum merge_scratch { MERGE_SECOND, MERGE_RESULT };

static int64_t merge_claim(struct thread *thread, const uint64_t *args)
{
    struct region *first, *second;
    int64_t result = region_lookup(thread, args[0], &first);
    if (!result)
        result = region_lookup(thread, args[1], &second);
    if (result)
        return result;
    if (first == second)
        return SLUICE_E_BAD_ARGUMENT;
    struct gate gate;
    if (!region_enter(&gate, second))
        return syscall_forward(&gate);
    bool busy = second->pool != 0;
    if (!busy)
        atomic_store_relaxed(&second->pool, REGION_CLAIMED);
    gate_leave(&gate);
    if (busy)
        return SLUICE_E_BUSY;
    thread->scratch[MERGE_SECOND] = (uint64_t)second;
    thread->step = MERGE_GROW;
    return 0;
}

static int64_t merge_grow(struct thread *thread, const uint64_t *args, const struct region *second)
{
    struct region *first;
    int64_t result = region_lookup(thread, args[0], &first);
    if (result)
        return result;
    struct gate gate;
    if (!region_enter(&gate, first))
        return syscall_forward(&gate);
    if (first->pool)
        result = SLUICE_E_BUSY;
    else if (first->first + first->frames != second->first)
        result = SLUICE_E_BAD_ARGUMENT;
    else
        atomic_store_relaxed(&first->frames, first->frames + second->frames);
    gate_leave(&gate);
    return result;
}

int64_t sys_region_merge(struct thread *thread, uint64_t *args)
{
    int64_t result = thread->step == MERGE_CLAIM ? merge_claim(thread, args) : 0;
    if (result)
        return result;
    struct region *second = (struct region *)thread->scratch[MERGE_SECOND];
    if (thread->step == MERGE_GROW) {
        result = merge_grow(thread, args, second);
        if (result == SYSCALL_FORWARD)
            return result;
        if (!result) {
            region_kill(second);
            return 0;
        }
        thread->scratch[MERGE_RESULT] = (uint64_t)result;
        thread->step = MERGE_GIVE_UP;
    }
    struct gate gate;
    if (!region_enter(&gate, second))
        return syscall_forward(&gate);
    atomic_store_relaxed(&second->pool, 0u);
    gate_leave(&gate);
    return (int64_t)thread->scratch[MERGE_RESULT];
}

/* --- region_make_pool ----------------------------------------------------------------------------------------------- */

static int64_t region_enter_pool(struct region *region, const struct pool *pool)
{
    struct gate gate;
    if (!region_enter(&gate, region))
        return syscall_forward(&gate);
    bool busy = region->pool != 0;
    if (!busy)
        atomic_store_relaxed(&region->pool, pool->number);
    gate_leave(&gate);
    return busy ? SLUICE_E_BUSY : 0;
}

bool region_leave_pool(struct region *region)
{
    struct gate gate;
    if (!region_enter(&gate, region)) {
        syscall_forward(&gate);
        return false;
    }
    atomic_store_relaxed(&region->pool, 0u);
    gate_leave(&gate);
    return true;
}

int64_t sys_region_make_pool(struct thread *thread, uint64_t *args)
{
    if (thread->step == POOL_STEP_DONE)
        return (int64_t)thread->scratch[2];
    struct region *region;
    int64_t result = region_lookup(thread, args[0], &region);
    if (!result)
        result = cap_slot_check(thread->cspace, args[1]);
    if (result)
        return result;
    struct pool *pool = pool_reserve();
    if (!pool)
        return SLUICE_E_LIMIT;
    result = region_enter_pool(region, pool);
    if (result) {
        pool_cancel(pool);
        return result;
    }
    pool->region = region;
    char name[sizeof(args[2]) + 1] = {0};
    for (unsigned i = 0; i < sizeof(args[2]); i++)
        name[i] = (char)(args[2] >> 8 * i);
    pool_name(pool, name);
    pool_build_begin(pool, thread, args[1]);
    return SYSCALL_BLOCKED;
}
