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

static bool slots_prepare(struct cap_worker *state)
{
    state->object = sluice_slot_alloc();
    state->slot[2] = sluice_slot_alloc();
    if (state->setup->mode == CAP_OWN) {
        state->cspace = resource_object(state->pool.slot, SLUICE_TYPE_CSPACE, CAP_SLOTS, 0);
        state->slot[0] = 1 + state->number % 100;
        state->slot[1] = 200;
        return state->cspace && state->object && state->slot[2];
    }
    state->slot[0] = sluice_slot_alloc();
    state->slot[1] = sluice_slot_alloc();
    return state->object && state->slot[0] && state->slot[1] && state->slot[2];
}

static bool worker_prepare(struct cap_setup *setup, struct crew *crew, uint64_t i)
{
    struct cap_worker *state = &setup->worker[i];
    char name[9];
    *state = (struct cap_worker){.setup = setup, .number = i};
    snprintf(name, sizeof name, "cap%lu", (unsigned long)(i % 10000));
    if (resource_pool_init(&state->pool, POOL_PAGES, name) != 0)
        return false;
    state->source = resource_object(state->pool.slot, SLUICE_TYPE_NOTIFICATION, 0, 0);
    return state->source && slots_prepare(state) && crew_add(crew, cap_body, state, (unsigned)i, true);
}

bool cap_prepare(struct cap_setup *setup, struct crew *crew)
{
    setup->worker = aligned_alloc(64, setup->workers * sizeof *setup->worker);
    if (!setup->worker)
        return false;
    for (uint64_t i = 0; i < setup->workers; i++)
        if (!worker_prepare(setup, crew, i))
            return false;
    return true;
}

static void worker_judge(struct cap_worker *state, struct crew *crew)
{
    uint64_t kept = state->cspace ? 2 : 1; /* the cspace, and the object that was named */
    if (state->cspace && resource_detail(state->cspace, RESOURCE_CSPACE_USED) != 0)
        crew_fail(crew, "a cspace is not empty");
    if (!resource_settles(state->pool.slot, RESOURCE_POOL_OBJECTS, kept))
        crew_fail(crew, "an object is left in a pool");
    if (resource_pool_end(&state->pool) != 0)
        crew_fail(crew, "a pool can't be destroyed");
}

void cap_judge(struct cap_setup *setup, struct crew *crew)
{
    for (uint64_t i = 0; i < setup->workers; i++)
        worker_judge(&setup->worker[i], crew);
}
