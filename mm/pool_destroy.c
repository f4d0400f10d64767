// SPDX-License-Identifier: MIT
/*
 * The end of a pool: all its capabilities die at once, then what is in it, bit by bit, until every byte is back.
 * Owns: the steps of pool->life from THREADS on. Entry points: sys_pool_destroy, pool_destroy_begin, pool_destroy_step.
 * Context: mailbox handlers, on whatever CPU the gates want; a message does one slab, or a few frames.
 * Locks, one at a time: class frame, class region. Tests: tests/host/test_region.c, tests/user/pools/.
 *
 *   generation even -> no capability into it is found any more
 *   THREADS         -> thread_destroy each; a grace period: no operation that found the pool alive is under way
 *   STRAGGLERS      -> once more, for those such an operation made; _WAIT: until all are free
 *   OBJECTS, _WAIT  -> kill each, their own reapers free them; until all are free, and no transition runs
 *   LAST_GRACE      -> no operation holds a pointer into its memory
 *   UNBUILD         -> frames cleared and USER again; REGION: the region is free; whoever waited is woken
 */
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/reaper.h"
#include "kernel/log/log.h"
#include "kernel/thread/wait.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "mm/region.h"
#include "mm/x86_64/copy.h"
#include "tunables/tunables.h"

#define CLEAR_PAGES 64u /* that one message clears at most */

static void grace_over(struct epoch_waiter *waiter)
{
    pool_life_send((struct pool *)((char *)waiter - offsetof(struct pool, epoch)));
}

static void after_grace(struct pool *pool, enum pool_life life)
{
    atomic_store_relaxed(&pool->life, (uint32_t)life);
    epoch_wait(&pool->epoch, grace_over);
}

static void slabs_begin(struct pool *pool, uint32_t type)
{
    pool->life_type = type;
    /* pairs with pool_slab_add_locked() in pool.c: the place in the list before the slab, while others may still add one */
    pool->life_slab = atomic_load_acquire(&pool->slabs[type]);
}

void pool_destroy_begin(struct pool *pool, struct thread *thread, int64_t result)
{
    atomic_store_relaxed(&pool->info->generation, pool->generation);
    pool->life_result = result;
    pool_life_wait_for(pool, thread);
    slabs_begin(pool, SLUICE_TYPE_THREAD);
    pool_life_next(pool, POOL_THREADS);
}

int64_t sys_pool_destroy(struct thread *thread, uint64_t *args)
{
    if (thread->step == POOL_STEP_DONE)
        return (int64_t)thread->scratch[2];
    struct cap cap;
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_POOL, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    struct pool *pool = (struct pool *)cap.object;
    if (pool->number == POOL_SYSTEM)
        return SLUICE_E_BUSY;
    if (!atomic_cas(&pool->generation, cap.generation, cap.generation + 1))
        return SLUICE_E_BAD_CAP; /* somebody else was first */
    /* Who lives in the pool ends with it: nobody will wake it. */
    bool inside = thread->object.pool == pool->number;
    thread->step = POOL_STEP_DONE;
    thread_wait_begin(thread, inside ? WAIT_SLEEP : WAIT_GRACE, NULL);
    pool_destroy_begin(pool, inside ? NULL : thread, 0);
    return SYSCALL_BLOCKED;
}

static void object_end(struct object *object)
{
    if (!(atomic_load_relaxed(&object->generation) & 1))
        return;
    if (object->type == SLUICE_TYPE_THREAD)
        thread_destroy((struct thread *)object);
    else if (object_kill(object))
        object_retire(object);
}

/* Ends the objects of the next slab of life_type; false: there is no other. */
static bool slab_end(struct pool *pool)
{
    struct pool_slab *slab = pool->life_slab;
    if (!slab)
        return false;
    for (unsigned i = 0; i < pool_slab_objects(slab); i++)
        object_end(pool_slab_object(slab, i));
    pool->life_slab = slab->next;
    return true;
}

static void threads_step(struct pool *pool)
{
    if (slab_end(pool)) {
        pool_life_send(pool);
        return;
    }
    slabs_begin(pool, SLUICE_TYPE_THREAD);
    after_grace(pool, POOL_STRAGGLERS);
}

static void stragglers_step(struct pool *pool)
{
    if (slab_end(pool))
        pool_life_send(pool);
    else
        pool_life_next(pool, POOL_THREADS_WAIT);
}

/* What was killed, of all types or of THREAD, is free? False: the message comes again when more is. */
static bool objects_gone(struct pool *pool, enum sluice_type type)
{
    /* Full fences here and in pool_objects_gone(): either it sees that we wait, or we see its count. */
    (void)atomic_exchange(&pool->life_waits, 1u);
    uint64_t left = type == SLUICE_TYPE_NONE ? pool_objects(pool) : atomic_load_relaxed(&pool->objects[type]);
    if (left)
        reaper_hurry_cpu(); /* those that other CPUs destroyed wait for epoch.delay at most */
    return !left && atomic_exchange(&pool->life_waits, 0u);
}

void pool_objects_gone(struct pool *pool)
{
    atomic_fence(); /* pairs with objects_gone(): the counts before we look whether it waits */
    if (atomic_load_relaxed(&pool->life_waits) && atomic_exchange(&pool->life_waits, 0u))
        pool_life_send(pool);
}

static void threads_wait_step(struct pool *pool)
{
    if (!objects_gone(pool, SLUICE_TYPE_THREAD))
        return;
    slabs_begin(pool, SLUICE_TYPE_NONE);
    pool_life_next(pool, POOL_OBJECTS);
}

static void objects_step(struct pool *pool)
{
    if (slab_end(pool)) {
        pool_life_send(pool);
    } else if (pool->life_type + 1 < SLUICE_TYPE_COUNT) {
        slabs_begin(pool, pool->life_type + 1);
        pool_life_send(pool);
    } else {
        pool_life_next(pool, POOL_OBJECTS_WAIT);
    }
}

static void objects_wait_step(struct pool *pool)
{
    if (!objects_gone(pool, SLUICE_TYPE_NONE))
        return;
    /* A transition goes on with each grace period: asked again after one. */
    after_grace(pool, transition_pool_idle(pool) ? POOL_LAST_GRACE : POOL_OBJECTS_WAIT);
}

/* What the kernel left in the frames is nobody's business. */
static void unbuild_step(struct pool *pool)
{
    const struct region *region = pool->region;
    uint64_t end = pool->life_freed + CLEAR_PAGES < pool->life_frames ? pool->life_freed + CLEAR_PAGES
                                                                      : pool->life_frames;
    if (pool->life_freed == pool->life_frames) {
        pool_life_next(pool, POOL_REGION);
        return;
    }
    uint64_t dirty = end < pool->page_high ? end : pool->page_high;
    if (dirty > pool->life_freed)
        memory_zero_pages(direct_map((region->first + pool->life_freed) * PAGE_BYTES),
                          dirty - pool->life_freed);
    if (frame_convert(region->first, end, FRAME_KERNEL, FRAME_USER, &pool->life_freed))
        pool_life_forward(pool);
    else
        pool_life_send(pool);
}

static void region_step(struct pool *pool)
{
    if (!region_leave_pool(pool->region)) {
        pool_life_forward(pool);
        return;
    }
    struct thread *thread = atomic_exchange(&pool->waiter, (struct thread *)NULL);
    int64_t result = pool->life_result;
    if (pool->page_high) /* else it was never filled */
        log_event(SLUICE_EVENT_POOL_DESTROYED, pool->number, pool->life_frames, 0);
    pool_cancel(pool);
    if (thread)
        pool_life_wake(thread, result);
}

void pool_destroy_step(struct pool *pool)
{
    switch (atomic_load_relaxed(&pool->life)) {
    case POOL_THREADS:
        threads_step(pool);
        break;
    case POOL_STRAGGLERS:
        stragglers_step(pool);
        break;
    case POOL_THREADS_WAIT:
        threads_wait_step(pool);
        break;
    case POOL_OBJECTS:
        objects_step(pool);
        break;
    case POOL_OBJECTS_WAIT:
        objects_wait_step(pool);
        break;
    case POOL_LAST_GRACE:
        pool_life_next(pool, POOL_UNBUILD);
        break;
    case POOL_UNBUILD:
        unbuild_step(pool);
        break;
    default:
        region_step(pool);
    }
}
