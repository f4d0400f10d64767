// SPDX-License-Identifier: MIT
/*
 * One life of a pool, again and again: make it, fill it, let threads of it work, destroy it under them.
 * Context: worker threads. Locks: none. Tests: tests/user/stress.t.
 */
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include "stress/pools/pools.h"

#define MARKER_POOLS 4
/* Slots of the pool's own cspace. */
#define INNER_ENDPOINT 1u
#define INNER_NOTIFICATION 2u

static bool make(const struct pools_worker *state, unsigned which, enum sluice_type type, uint64_t first,
                 uint64_t second)
{
    return sluice_object_create(state->pool, type, state->object[which], first, second) == 0;
}

static bool fill(const struct pools_worker *state)
{
    const uint64_t *object = state->object;
    bool good = make(state, POOLS_CSPACE, SLUICE_TYPE_CSPACE, 16, 0) &&
                make(state, POOLS_ASPACE, SLUICE_TYPE_ASPACE, 0, 0) &&
                make(state, POOLS_ENDPOINT, SLUICE_TYPE_ENDPOINT, 0, 0) &&
                make(state, POOLS_NOTIFICATION, SLUICE_TYPE_NOTIFICATION, 0, 0) &&
                threadlet_map(state->code, object[POOLS_ASPACE]) == 0;
    good = good &&
           sluice_cap_copy(object[POOLS_CSPACE], INNER_ENDPOINT, object[POOLS_ENDPOINT], SLUICE_RIGHTS_ALL,
                           0) == 0 &&
           sluice_cap_copy(object[POOLS_CSPACE], INNER_NOTIFICATION, object[POOLS_NOTIFICATION],
                           SLUICE_RIGHTS_ALL, 0) == 0;
    for (unsigned i = 0; good && i < POOLS_FILLERS; i++)
        good = make(state, POOLS_FILLER + i, SLUICE_TYPE_ENDPOINT, 0, 0);
    return good;
}

/* A thread that waits, one that runs, one that is in the kernel most of the time, on this and other processors. Below our
 * priority: they run while we wait for the end of their pool. */
static bool threads_start(const struct pools_worker *state, uint64_t life)
{
    static const enum threadlet_kind kinds[] = {THREADLET_SIGNAL, THREADLET_ECHO, THREADLET_SPIN,
                                                THREADLET_PONG};
    static const uint64_t arguments[] = {INNER_NOTIFICATION, INNER_ENDPOINT, 0, INNER_NOTIFICATION};
    for (unsigned i = 0; i < state->threads; i++) {
        uint64_t thread = state->object[POOLS_THREAD + i];
        unsigned cpu = (unsigned)((state->number + life + i) % sluice_cpu_count()), kind = (life + i) % 4;
        if (!make(state, POOLS_THREAD + i, SLUICE_TYPE_THREAD, state->object[POOLS_CSPACE],
                  state->object[POOLS_ASPACE]) ||
            sluice_thread_move(thread, SLUICE_SLOT_CPU(cpu)) != 0 ||
            sluice_thread_configure(thread, sluice_process->priority - 1, 0, 0, 0) != 0 ||
            threadlet_start(thread, kinds[kind], arguments[kind]) != 0)
            return false;
    }
    return true;
}

/* After its pool: every capability is dead, its slot can be used again. */
static bool all_dead(const struct pools_worker *state)
{
    bool dead = true;
    for (unsigned i = 0; i < POOLS_OBJECTS; i++) {
        if (i >= POOLS_THREAD + state->threads && i < POOLS_FILLER)
            continue;
        struct sluice_cap_info info;
        dead &= sluice_cap_info(state->object[i], &info) == SLUICE_E_BAD_CAP;
        sluice_cap_delete(0, state->object[i]);
    }
    return dead;
}

static bool life_run(struct worker *worker, const struct pools_worker *state)
{
    if (!worker_check(worker, sluice_region_make_pool(state->region.slot, state->pool, "life") == 0,
                      "a region can't be made a pool again") ||
        !worker_check(worker, fill(state), "a fresh pool has no room") ||
        !worker_check(worker, threads_start(state, worker->ops), "a thread in a pool does not start"))
        return false;
    if (worker->ops % 4)
        sluice_yield();
    bool gone = sluice_pool_destroy(state->pool) == 0;
    return worker_check(worker, gone, "a pool can't be destroyed") &&
           worker_check(worker, sluice_cap_delete(0, state->pool) == 0,
                        "the slot of a pool that is gone can't be emptied") &&
           worker_check(worker, all_dead(state), "something outlives its pool") &&
           worker_check(worker,
                        resource_detail(state->region.slot, RESOURCE_REGION_FRAMES) == POOLS_REGION_PAGES,
                        "a region has other frames than before");
}

void pools_body(struct worker *worker)
{
    marker_begin(MARKER_POOLS);
    while (worker_goes_on(worker) && life_run(worker, worker->context)) {
        marker_operation(MARKER_POOLS);
        atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
    }
    marker_end(MARKER_POOLS);
}
