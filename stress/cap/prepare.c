// SPDX-License-Identifier: MIT
/*
 * What stress/cap is made of: a pool for each worker, with a cspace and an object to name; and what has to be true when
 * it ends.
 * Context: the program's first thread. Locks: none. Tests: tests/user/stress.t.
 */
#include "servers/lib/process.h"
#include "stress/cap/cap.h"
#include <stdio.h>
#include <stdlib.h>

#define POOL_PAGES 64u

/* Worker 0's are everybody's in mode=shared. */
static bool shared_take(struct cap_worker *state)
{
    const struct cap_worker *first = &state->setup->worker[0];
    state->pool = first->pool;
    state->source = first->source;
    state->cspace = first->cspace;
    return true;
}

static bool own_make(struct cap_worker *state)
{
    char name[9];
    snprintf(name, sizeof name, "cap%lu", (unsigned long)(state->number % 10000));
    if (resource_pool_init(&state->pool, POOL_PAGES, name) != 0)
        return false;
    state->source = resource_object(state->pool.slot, SLUICE_TYPE_NOTIFICATION, 0, 0);
    if (state->setup->mode != CAP_PROCESS)
        state->cspace = resource_object(state->pool.slot, SLUICE_TYPE_CSPACE, CAP_SLOTS, 0);
    return state->source && (state->cspace || state->setup->mode == CAP_PROCESS);
}

/* Neighbours in mode=shared, so that different workers change the same cache lines of it. */
static bool slots_take(struct cap_worker *state)
{
    state->object = sluice_slot_alloc();
    state->slot[2] = sluice_slot_alloc();
    state->slot[0] = state->cspace ? 1 + 2 * state->number : sluice_slot_alloc();
    state->slot[1] = state->cspace ? 2 + 2 * state->number : sluice_slot_alloc();
    return state->object && state->slot[0] && state->slot[1] && state->slot[2];
}

static bool worker_prepare(struct cap_setup *setup, struct crew *crew, uint64_t i)
{
    struct cap_worker *state = &setup->worker[i];
    *state = (struct cap_worker){.setup = setup, .number = i};
    bool good = setup->mode == CAP_SHARED && i ? shared_take(state) : own_make(state);
    return good && slots_take(state) && crew_add(crew, cap_body, state, (unsigned)i, true);
}

bool cap_prepare(struct cap_setup *setup, struct crew *crew)
{
    setup->worker = aligned_alloc(64, setup->workers * sizeof *setup->worker);
    if (!setup->worker)
        return false;
    setup->used = resource_detail(SLUICE_SLOT_CSPACE, RESOURCE_CSPACE_USED);
    for (uint64_t i = 0; i < setup->workers; i++)
        if (!worker_prepare(setup, crew, i))
            return false;
    return true;
}

static void pool_judge(struct cap_worker *state, struct crew *crew)
{
    uint64_t kept = state->cspace ? 2 : 1; /* the cspace, and the object that was named */
    if (state->cspace && resource_detail(state->cspace, RESOURCE_CSPACE_USED) != 0)
        crew_fail(crew, "a cspace is not empty");
    if (!resource_settles(state->pool.slot, RESOURCE_POOL_OBJECTS, kept))
        crew_fail(crew, "an object is left in a pool");
    sluice_slot_drop(state->source);
    if (state->cspace)
        sluice_slot_drop(state->cspace);
    if (resource_pool_end(&state->pool) != 0)
        crew_fail(crew, "a pool can't be destroyed");
}

void cap_judge(struct cap_setup *setup, struct crew *crew)
{
    for (uint64_t i = 0; i < setup->workers; i++)
        if (i == 0 || setup->mode != CAP_SHARED)
            pool_judge(&setup->worker[i], crew);
    if (resource_detail(SLUICE_SLOT_CSPACE, RESOURCE_CSPACE_USED) != setup->used)
        crew_fail(crew, "our own cspace counts other slots than before");
}
