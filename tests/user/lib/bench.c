// SPDX-License-Identifier: MIT
/*
 * The bench: see bench.h. What a test breaks here goes away with the bench's pool.
 * Context: one thread. Locks: none. Tests: tests/user/syscalls/, tests/user/hostile/.
 */
#include "tests/user/lib/bench.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"

uint64_t bench[BENCH_COUNT];
static struct resource_pool bench_pool;
static struct resource_region bench_region;

static uint64_t bench_object(enum sluice_type type, uint64_t first, uint64_t second)
{
    return resource_object(bench_pool.slot, type, first, second);
}

/* An empty slot stays ours, but nothing is in it. */
static bool bench_make_dead_slots(void)
{
    bench[BENCH_FREE] = sluice_slot_alloc();
    bench[BENCH_DESTROYED] = bench_object(SLUICE_TYPE_NOTIFICATION, 0, 0);
    uint64_t revoker = bench_object(SLUICE_TYPE_NOTIFICATION, 0, 0);
    bench[BENCH_REVOKED] = resource_weaker(revoker, SLUICE_RIGHTS_ALL);
    bench[BENCH_REUSED] = bench_object(SLUICE_TYPE_NOTIFICATION, 0, 0);
    uint64_t reused = bench[BENCH_REUSED];
    return sluice_object_destroy(bench[BENCH_DESTROYED]) == 0 && sluice_cap_revoke(revoker) == 0 &&
           sluice_object_destroy(reused) == 0 && sluice_cap_delete(0, reused) == 0 &&
           sluice_object_create(bench_pool.slot, SLUICE_TYPE_ENDPOINT, reused, 0, 0) == 0;
}

static uint64_t bench_given(uint64_t slot)
{
    return resource_has(slot) ? slot : 0;
}

bool bench_init(void)
{
    if (resource_pool_init(&bench_pool, BENCH_POOL_PAGES, "bench") != 0 ||
        resource_region_init(&bench_region, BENCH_REGION_PAGES) != 0)
        return false;
    bench[SLUICE_TYPE_POOL] = bench_pool.slot;
    bench[SLUICE_TYPE_REGION] = bench_region.slot;
    bench[SLUICE_TYPE_CSPACE] = bench_object(SLUICE_TYPE_CSPACE, 64, 0);
    bench[SLUICE_TYPE_ASPACE] = bench_object(SLUICE_TYPE_ASPACE, 0, 0);
    bench[SLUICE_TYPE_THREAD] =
        bench_object(SLUICE_TYPE_THREAD, bench[SLUICE_TYPE_CSPACE], bench[SLUICE_TYPE_ASPACE]);
    bench[SLUICE_TYPE_ENDPOINT] = bench_object(SLUICE_TYPE_ENDPOINT, 0, 0);
    bench[SLUICE_TYPE_NOTIFICATION] = bench_object(SLUICE_TYPE_NOTIFICATION, 0, 0);
    bench[SLUICE_TYPE_FACET] = bench_object(SLUICE_TYPE_FACET, bench[SLUICE_TYPE_ENDPOINT], 0);
    bench[SLUICE_TYPE_CPU] = SLUICE_SLOT_CPU(0);
    bench[SLUICE_TYPE_TUNER] = bench_given(SLUICE_SLOT_TUNER);
    bench[SLUICE_TYPE_LOG] = bench_given(SLUICE_SLOT_LOG);
    for (unsigned type = SLUICE_TYPE_REGION; type <= SLUICE_TYPE_FACET; type++)
        if (!bench[type])
            return false;
    return bench_make_dead_slots();
}

/* The slots of the pool and the region go with them. */
int64_t bench_end(void)
{
    int64_t region = resource_region_end(&bench_region);
    int64_t pool = resource_pool_end(&bench_pool);
    for (unsigned type = SLUICE_TYPE_CSPACE; type <= SLUICE_TYPE_FACET; type++)
        sluice_slot_drop(bench[type]);
    for (unsigned item = BENCH_FREE; item < BENCH_COUNT; item++)
        sluice_slot_drop(bench[item]);
    return region ? region : pool;
}
