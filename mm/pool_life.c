// SPDX-License-Identifier: MIT
/*
 * The life of a pool that was made from a region: step by step, by messages of its own node to whatever CPU the gates want.
 * Owns: pool->life, ->waiter, ->claimed. Entry points: pool_build_begin, pool_life_handle, pool_destroyer_gone.
 * Context: mailbox handlers; pool_build_begin in region_make_pool. Locks, one at a time: class frame, class cspace.
 * Tests: tests/host/test_region.c, tests/user/pools/. The states are drawn in mm/pool.h, the end is pool_destroy.c.
 *
 * The thread that waits (WAIT_GRACE) belongs to whoever takes it out of pool->waiter: the pool, to wake it, or its home
 * CPU, when it is to end. A pool that finds nobody waiting for it any more is destroyed as soon as it is built.
 */
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/thread/wait.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "mm/region.h"

void pool_life_send(struct pool *pool)
{
    cpu_send(cpu_number(), &pool->node, MAILBOX_POOL_DESTROY);
}

void pool_life_forward(struct pool *pool)
{
    cpu_send(cpu_self()->forward_cpu, &pool->node, MAILBOX_POOL_DESTROY);
}

void pool_life_wait_for(struct pool *pool, struct thread *thread)
{
    pool->claimed = NULL;
    if (thread)
        thread->scratch[0] = pool->number; /* for pool_destroyer_gone */
    atomic_store_relaxed(&pool->waiter, thread);
}

void pool_life_wake(struct thread *thread, int64_t result)
{
    thread->scratch[2] = (uint64_t)result;
    thread_wake_again(thread); /* its handler returns it: the call may stand in a batch */
}

bool pool_destroyer_gone(struct thread *thread)
{
    uint64_t number = thread->scratch[0];
    return number < pools_max && atomic_cas(&pools[number].waiter, thread, NULL);
}

void pool_build_begin(struct pool *pool, struct thread *thread, uint64_t slot)
{
    pool->life_frames = 0;
    pool->life_freed = 0;
    pool->life_result = 0;
    pool->page_high = 0; /* until it is filled, no frame holds anything of ours */
    thread->scratch[1] = slot;
    thread->step = POOL_STEP_DONE;
    thread_wait_begin(thread, WAIT_GRACE, NULL);
    pool_life_wait_for(pool, thread);
    pool_life_send(pool);
}

void pool_life_next(struct pool *pool, enum pool_life life)
{
    atomic_store_relaxed(&pool->life, (uint32_t)life);
    pool_life_send(pool);
}

static void build_fail(struct pool *pool, int64_t result)
{
    pool->life_result = result;
    pool_life_next(pool, POOL_UNBUILD);
}

static void pool_kill(struct pool *pool, struct thread *thread, int64_t result)
{
    atomic_fetch_add(&pool->generation, 1u);
    pool_destroy_begin(pool, thread, result);
}

/* Everything is ready but the capability. */
static void build_publish(struct pool *pool)
{
    pool_publish(pool);
    log_event(SLUICE_EVENT_POOL_CREATED, pool->number, pool->pages, 0);
    pool->claimed = atomic_exchange(&pool->waiter, (struct thread *)NULL);
    if (pool->claimed)
        pool_life_next(pool, POOL_INSERT);
    else
        pool_kill(pool, NULL, 0);
}

static void build_step(struct pool *pool)
{
    const struct region *region = pool->region;
    int64_t result =
        frame_convert(region->first, region->frames, FRAME_USER, FRAME_KERNEL, &pool->life_frames);
    if (result == SYSCALL_FORWARD) {
        pool_life_forward(pool);
        return;
    }
    if (!result && pool->life_frames < region->frames) {
        pool_life_send(pool);
        return;
    }
    if (!result)
        result = pool_fill(pool, region->first * PAGE_BYTES, region->frames);
    if (result)
        build_fail(pool, result);
    else
        build_publish(pool);
}

static struct cap pool_cap(struct pool *pool)
{
    return (struct cap){
        .object = (struct object *)pool,
        .generation = pool->generation,
        .pool_generation = pool->generation,
        .pool = (uint16_t)pool->number,
        .type = SLUICE_TYPE_POOL,
        .rights = SLUICE_RIGHTS_ALL,
    };
}

static void insert_step(struct pool *pool)
{
    struct thread *thread = pool->claimed;
    struct cap cap = pool_cap(pool);
    /* Before the capability can be used to destroy it; until then nobody else looks. */
    atomic_store_relaxed(&pool->life, (uint32_t)POOL_ALIVE);
    int64_t result = cap_insert(thread->cspace, thread->scratch[1], &cap);
    if (!result) {
        pool_life_wake(thread, 0);
    } else if (result == SYSCALL_FORWARD) {
        atomic_store_relaxed(&pool->life, (uint32_t)POOL_INSERT);
        pool_life_forward(pool);
    } else {
        /* Put back: it has to wait for the end of the pool, or not, as it likes. */
        pool_kill(pool, thread, result);
    }
}

void pool_life_handle(struct mailbox_node *node)
{
    struct pool *pool = (struct pool *)((char *)node - offsetof(struct pool, node));
    switch (atomic_load_relaxed(&pool->life)) {
    case POOL_BUILD:
        build_step(pool);
        break;
    case POOL_INSERT:
        insert_step(pool);
        break;
    default:
        pool_destroy_step(pool);
    }
}
