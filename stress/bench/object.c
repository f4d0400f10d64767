// SPDX-License-Identifier: MIT
/*
 * Objects made and destroyed in the process's pool, regions cut and joined, a pool made and destroyed. The slot of a
 * destroyed object counts as empty: nothing else is needed to make the next one.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/loop.h"

static inline __attribute__((always_inline)) int64_t
create_destroy(const struct bench *bench, enum sluice_type type, uint64_t first, uint64_t second)
{
    return sluice_object_create(SLUICE_SLOT_POOL, type, bench->slot, first, second) |
           sluice_object_destroy(bench->slot);
}

OPERATION(create_endpoint)
{
    return create_destroy(bench, SLUICE_TYPE_ENDPOINT, 0, 0);
}

OPERATION(create_notification)
{
    return create_destroy(bench, SLUICE_TYPE_NOTIFICATION, 0, 0);
}

OPERATION(create_facet)
{
    return create_destroy(bench, SLUICE_TYPE_FACET, bench->lonely, 0);
}

OPERATION(create_cspace)
{
    return create_destroy(bench, SLUICE_TYPE_CSPACE, SLUICE_CSPACE_SLOTS_MIN, 0);
}

OPERATION(create_aspace)
{
    return create_destroy(bench, SLUICE_TYPE_ASPACE, 0, 0);
}

OPERATION(create_thread)
{
    return create_destroy(bench, SLUICE_TYPE_THREAD, bench->cspace, bench->space);
}

OPERATION(region_split_merge)
{
    return sluice_region_split(bench->spare.slot, BENCH_SPARE_PAGES / 2, bench->slot) |
           sluice_region_merge(bench->spare.slot, bench->slot);
}

OPERATION(pool_make_destroy)
{
    return sluice_region_make_pool(bench->spare.slot, bench->slot, "bench") |
           sluice_pool_destroy(bench->slot);
}
