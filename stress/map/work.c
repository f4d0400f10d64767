// SPDX-License-Identifier: MIT
/*
 * What the workers of stress/map do: the loops that are measured.
 * Context: worker threads. Locks: none. Tests: tests/user/stress.t.
 */
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include "stress/map/map.h"

#define MARKER_MAP 2
#define MAP_TRIES 500u
#define RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)

/* Every operation at another address, so that no use of one depends on the one before. */
static uint64_t address_of(const struct map_worker *state, uint64_t operation)
{
    uint64_t places = MAP_WINDOW_BYTES / (MAP_REGION_PAGES * SLUICE_PAGE_BYTES);
    return MAP_ADDRESS + state->number * MAP_WINDOW_BYTES +
           operation % places * MAP_REGION_PAGES * SLUICE_PAGE_BYTES;
}

static uint64_t first_frame(const struct map_worker *state, uint64_t operation)
{
    uint64_t pages = state->setup->pages;
    return operation * pages % (MAP_REGION_PAGES - pages + 1);
}

static bool pages_map(struct worker *worker, struct map_worker *state, uint64_t space, uint64_t address,
                      uint64_t first)
{
    uint64_t count = 0, done = 0, pages = state->setup->pages;
    int64_t result = SLUICE_E_NO_MEMORY;
    /* Page tables of spaces that were destroyed come back after a grace period, which needs every processor's turn. */
    for (unsigned tries = 0; tries < MAP_TRIES && result == SLUICE_E_NO_MEMORY; tries++) {
        if (tries)
            sluice_sleep_ms(2);
        result = sluice_aspace_map(space, state->region.slot, first + done,
                                   address + done * SLUICE_PAGE_BYTES, pages - done, RW, &count);
        done += count;
    }
    state->mapped += done;
    return worker_check(worker, result == 0 && done == pages, "a map failed");
}

static bool pages_unmap(struct worker *worker, struct map_worker *state, uint64_t space, uint64_t address)
{
    uint64_t count = 0, pages = state->setup->pages;
    int64_t result = sluice_aspace_unmap(space, address, pages, &count);
    state->unmapped += count;
    return worker_check(worker, result == 0 && count == pages, "an unmap failed");
}

/* Reads what the frames have to hold, and writes what they have to hold next. */
static bool pages_use(struct worker *worker, struct map_worker *state, uint64_t address, uint64_t first)
{
    bool good = true;
    for (uint64_t i = 0; i < state->setup->pages; i++) {
        volatile uint64_t *word = (volatile uint64_t *)(address + i * SLUICE_PAGE_BYTES);
        uint64_t *stamp = &state->stamp[first + i];
        good &= *word == *stamp;
        *stamp = (worker->ops << 16 | state->number) + 1;
        *word = *stamp + worker_errs(worker, worker->ops);
    }
    return worker_check(worker, good, "a frame does not hold what was written to it");
}

static bool threads_operation(struct worker *worker, struct map_worker *state)
{
    uint64_t address = address_of(state, worker->ops), first = first_frame(state, worker->ops);
    return pages_map(worker, state, SLUICE_SLOT_ASPACE, address, first) &&
           pages_use(worker, state, address, first) &&
           pages_unmap(worker, state, SLUICE_SLOT_ASPACE, address);
}

/* A space that did its share is destroyed with what is mapped in it, and another is made. */
static bool space_renew(struct worker *worker, struct map_worker *state, uint64_t *space, uint64_t address)
{
    if (!pages_map(worker, state, *space, address, 0))
        return false;
    state->unmapped += state->setup->pages;
    if (!worker_check(worker, resource_object_end(*space) == 0, "a space can't be destroyed"))
        return false;
    *space = map_space_make(state);
    return worker_check(worker, *space != 0, "no room for another space: the last one is still there");
}

static bool spaces_operation(struct worker *worker, struct map_worker *state)
{
    uint64_t *space = &state->space[worker->ops % state->setup->spaces];
    uint64_t address = address_of(state, worker->ops), first = first_frame(state, worker->ops);
    if (!pages_map(worker, state, *space, address, first))
        return false;
    bool look = worker->ops % 64 == 0 &&
                state->setup->mode == MAP_SPACES; /* in a shared one, others have pages too */
    uint64_t held = look ? resource_detail(*space, RESOURCE_ASPACE_PAGES) : state->setup->pages;
    held += worker_errs(worker, worker->ops);
    if (!worker_check(worker, held == state->setup->pages, "a space counts other pages than it was given") ||
        !pages_unmap(worker, state, *space, address))
        return false;
    return (worker->ops + 1) % state->setup->life || space_renew(worker, state, space, address);
}

void map_threads_body(struct worker *worker)
{
    marker_begin(MARKER_MAP);
    while (worker_goes_on(worker) && threads_operation(worker, worker->context)) {
        marker_operation(MARKER_MAP);
        atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
    }
    marker_end(MARKER_MAP);
}

void map_spaces_body(struct worker *worker)
{
    marker_begin(MARKER_MAP);
    while (worker_goes_on(worker) && spaces_operation(worker, worker->context)) {
        marker_operation(MARKER_MAP);
        atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
    }
    marker_end(MARKER_MAP);
}
