// SPDX-License-Identifier: MIT
/*
 * What stress/map is made of: a region for each worker, and, for mode=spaces, a pool with spaces; and what has to be
 * true when it ends.
 * Context: the program's first thread; map_space_make: workers. Locks: none. Tests: tests/user/stress.t.
 */
#include "servers/lib/process.h"
#include "stress/map/map.h"
#include <stdio.h>
#include <stdlib.h>

/* A space has a top table, and page tables for two places that lie far apart; the dead wait for a grace period. */
#define TABLES_EACH 12u /* page tables for the addresses of one worker */
#define POOL_PAGES (64u + 16u * MAP_SPACES_MAX)

/* Memory of spaces that were destroyed comes back after a grace period: `no room` before that is none for good. */
uint64_t map_space_make(struct map_worker *state)
{
    uint64_t space = 0;
    for (unsigned tries = 0; tries < 500 && !space; tries++) {
        space = resource_object(state->pool.slot, SLUICE_TYPE_ASPACE, 0, 0);
        if (!space)
            sluice_sleep_ms(2);
    }
    return space;
}

/* Frames come with anything in them: each begins with what the oracle expects. */
static bool frames_clear(struct map_worker *state)
{
    uint64_t address = MAP_ADDRESS + state->number * MAP_WINDOW_BYTES;
    return sluice_aspace_map(SLUICE_SLOT_ASPACE, state->region.slot, 0, address, MAP_REGION_PAGES,
                             SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_ZERO, NULL) == 0 &&
           sluice_aspace_unmap(SLUICE_SLOT_ASPACE, address, MAP_REGION_PAGES, NULL) == 0;
}

static bool worker_prepare(struct map_setup *setup, struct crew *crew, uint64_t i)
{
    struct map_worker *state = &setup->worker[i];
    char name[9];
    *state = (struct map_worker){.setup = setup, .number = i};
    if (resource_region_init(&state->region, MAP_REGION_PAGES) != 0 || !frames_clear(state))
        return false;
    if (setup->mode == MAP_THREADS)
        return crew_add(crew, map_threads_body, state, (unsigned)i, true) != NULL;
    if (setup->mode == MAP_SHARED && i) {
        state->pool = setup->worker[0].pool;
        state->space[0] = setup->worker[0].space[0];
        return crew_add(crew, map_spaces_body, state, (unsigned)i, true) != NULL;
    }
    snprintf(name, sizeof name, "space%lu", (unsigned long)(i % 1000));
    uint64_t tables = setup->mode == MAP_SHARED ? TABLES_EACH * setup->workers : 0;
    if (resource_pool_init(&state->pool, POOL_PAGES + tables, name) != 0)
        return false;
    for (uint64_t j = 0; j < setup->spaces; j++)
        if (!(state->space[j] = map_space_make(state)))
            return false;
    return crew_add(crew, map_spaces_body, state, (unsigned)i, true) != NULL;
}

bool map_prepare(struct map_setup *setup, struct crew *crew)
{
    setup->worker = aligned_alloc(64, setup->workers * sizeof *setup->worker);
    if (!setup->worker)
        return false;
    setup->objects = resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS);
    for (uint64_t i = 0; i < setup->workers; i++)
        if (!worker_prepare(setup, crew, i))
            return false;
    return true;
}

static void spaces_judge(struct map_worker *state, struct crew *crew)
{
    for (uint64_t j = 0; j < state->setup->spaces; j++) {
        if (resource_detail(state->space[j], RESOURCE_ASPACE_PAGES) != 0)
            crew_fail(crew, "a space still holds a page");
        if (resource_object_end(state->space[j]) != 0)
            crew_fail(crew, "a space can't be destroyed");
    }
    if (!resource_settles(state->pool.slot, RESOURCE_POOL_OBJECTS, 0))
        crew_fail(crew, "an object is left in a pool");
    if (resource_pool_end(&state->pool) != 0)
        crew_fail(crew, "a pool can't be destroyed");
}

void map_judge(struct map_setup *setup, struct crew *crew)
{
    for (uint64_t i = 0; i < setup->workers; i++) {
        struct map_worker *state = &setup->worker[i];
        if (state->mapped != state->unmapped)
            crew_fail(crew, "more pages were mapped than unmapped");
        if (setup->mode == MAP_SPACES || (setup->mode == MAP_SHARED && i == 0))
            spaces_judge(state, crew);
        if (!resource_settles(state->region.slot, RESOURCE_REGION_MAPPED, 0))
            crew_fail(crew, "a frame is still mapped");
        if (resource_region_end(&state->region) != 0)
            crew_fail(crew, "a region can't be given back");
    }
    if (!resource_settles(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS, setup->objects))
        crew_fail(crew, "an object is left in the process's pool");
}
