// SPDX-License-Identifier: MIT
/*
 * region_split, region_merge, region_make_pool, pool_destroy: right results, errors, and that an error changed nothing.
 * Context: the test's one thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include "tests/user/syscalls/syscalls.h"

#define REGION (bench[SLUICE_TYPE_REGION])
#define FREE (bench[BENCH_FREE])

static void frames_are(uint64_t frames, const char *when)
{
    tap_equal(resource_detail(REGION, RESOURCE_REGION_FRAMES), frames, "the region has %lu frames %s",
              (unsigned long)frames, when);
}

static void test_split_and_merge(void)
{
    tap_result(sluice_region_split(REGION, 0, FREE), SLUICE_E_BAD_ARGUMENT, "region_split keeping no frame");
    tap_result(sluice_region_split(REGION, BENCH_REGION_PAGES, FREE), SLUICE_E_BAD_ARGUMENT,
               "region_split keeping all");
    tap_result(sluice_region_split(REGION, UINT64_MAX, FREE), SLUICE_E_BAD_ARGUMENT,
               "region_split keeping 2^64 - 1");
    tap_result(sluice_region_split(REGION, 4, bench[SLUICE_TYPE_POOL]), SLUICE_E_SLOT_USED,
               "region_split, used slot");
    tap_result(sluice_region_split(REGION, 4, 0), SLUICE_E_BAD_CAP, "region_split into slot 0");
    frames_are(BENCH_REGION_PAGES, "after splits that failed");
    tap_result(sluice_region_split(REGION, 4, FREE), 0, "region_split");
    frames_are(4, "after the split");
    tap_equal(resource_detail(FREE, RESOURCE_REGION_FRAMES), BENCH_REGION_PAGES - 4,
              "the rest is a new region");
    tap_equal(resource_detail(FREE, 0), resource_detail(REGION, 0) + 4, "which begins where the first ends");
    tap_result(sluice_region_merge(FREE, REGION), SLUICE_E_BAD_ARGUMENT, "region_merge in the wrong order");
    tap_result(sluice_region_merge(REGION, REGION), SLUICE_E_BAD_ARGUMENT, "region_merge with itself");
    tap_result(sluice_region_merge(REGION, FREE), 0, "region_merge");
    frames_are(BENCH_REGION_PAGES, "after the merge");
    struct sluice_cap_info info;
    tap_result(sluice_cap_info(FREE, &info), SLUICE_E_BAD_CAP, "the second capability is dead");
    sluice_cap_delete(0, FREE);
}

static void test_make_pool(void)
{
    uint64_t space = bench[SLUICE_TYPE_ASPACE];
    tap_result(sluice_aspace_map(space, REGION, 3, BENCH_ADDRESS, 1, SLUICE_MAP_READ, NULL), 0,
               "map one frame");
    tap_result(sluice_region_make_pool(REGION, FREE, "x"), SLUICE_E_BUSY,
               "no pool of a region that is mapped");
    tap_result(sluice_aspace_unmap(space, BENCH_ADDRESS, 1, NULL), 0, "unmap it");
    tap_result(sluice_region_make_pool(REGION, bench[SLUICE_TYPE_POOL], "x"), SLUICE_E_SLOT_USED,
               "used slot");
    tap_result(sluice_region_make_pool(REGION, FREE, "x"), 0, "region_make_pool");
    tap_equal(resource_detail(REGION, 3), 1, "the region says that a pool uses it");
    tap_equal(resource_detail(FREE, RESOURCE_POOL_GIVEN), BENCH_REGION_PAGES * SLUICE_PAGE_BYTES,
              "it has every byte");
    uint64_t second = sluice_slot_alloc();
    tap_result(sluice_region_make_pool(REGION, second, "y"), SLUICE_E_BUSY, "no second pool");
    tap_result(sluice_region_split(REGION, 4, second), SLUICE_E_BUSY, "no split under a pool");
    int64_t result = sluice_aspace_map(space, REGION, 0, BENCH_ADDRESS, 1, SLUICE_MAP_READ, NULL);
    tap_result(result, SLUICE_E_BUSY, "kernel memory is never mapped");
    sluice_slot_free(second);
}

static void test_destroy_pool(void)
{
    uint64_t endpoint = resource_object(FREE, SLUICE_TYPE_ENDPOINT, 0, 0);
    tap_ok(endpoint != 0, "an endpoint in the new pool");
    tap_result(sluice_pool_destroy(FREE), 0, "pool_destroy");
    struct sluice_cap_info info;
    tap_result(sluice_cap_info(endpoint, &info), SLUICE_E_BAD_CAP, "its endpoint is gone");
    tap_result(sluice_pool_destroy(FREE), SLUICE_E_BAD_CAP, "pool_destroy again");
    tap_equal(resource_detail(REGION, 3), 0, "the region is free");
    frames_are(BENCH_REGION_PAGES, "after its pool was destroyed");
    sluice_slot_drop(endpoint);
    sluice_cap_delete(0, FREE);
    for (unsigned i = 0; i < 20; i++) {
        int64_t result = sluice_region_make_pool(REGION, FREE, "again");
        if (result == 0)
            result = sluice_pool_destroy(FREE);
        sluice_cap_delete(0, FREE);
        if (result != 0) {
            tap_result(result, 0, "a pool made and destroyed again, round %u", i);
            return;
        }
    }
    tap_ok(true, "a pool made and destroyed 20 times more");
}

/* One frame holds no pool: its bitmap and a page for objects need two. */
static void test_small_pool(void)
{
    uint64_t rest = sluice_slot_alloc();
    tap_result(sluice_region_split(REGION, 1, rest), 0, "a region of one frame");
    int64_t result = sluice_region_make_pool(REGION, FREE, "tiny");
    tap_ok(result == SLUICE_E_NO_MEMORY || result == 0, "region_make_pool of one frame (%s)",
           error_name(result));
    if (result == 0)
        sluice_pool_destroy(FREE);
    sluice_cap_delete(0, FREE);
    tap_result(sluice_region_merge(REGION, rest), 0, "whole again");
    sluice_slot_drop(rest);
}

void test_regions(void)
{
    test_split_and_merge();
    test_make_pool();
    test_destroy_pool();
    test_small_pool();
}
