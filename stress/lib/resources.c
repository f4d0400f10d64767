// SPDX-License-Identifier: MIT
/*
 * Resources: see resources.h. Nothing here retries or falls back: who asks for too much is told so.
 * Context: any thread of the program. Locks: none. Tests: tests/user/pools/.
 */
#include "stress/lib/resources.h"
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"

int64_t resource_region_init(struct resource_region *region, uint64_t pages)
{
    region->slot = sluice_slot_alloc();
    if (!region->slot)
        return SLUICE_E_LIMIT;
    int64_t number = sluice_memory_region_alloc(pages * SLUICE_PAGE_BYTES, region->slot);
    if (number <= 0) {
        sluice_slot_free(region->slot);
        return number;
    }
    region->number = (uint64_t)number;
    region->pages = pages;
    return 0;
}

int64_t resource_region_end(struct resource_region *region)
{
    int64_t result = sluice_memory_region_free(region->number);
    if (result == 0)
        sluice_slot_drop(region->slot);
    return result;
}

int64_t resource_pool_init(struct resource_pool *pool, uint64_t pages, const char *name)
{
    pool->slot = sluice_slot_alloc();
    if (!pool->slot)
        return SLUICE_E_LIMIT;
    int64_t number = sluice_memory_pool_alloc(pages * SLUICE_PAGE_BYTES, name, pool->slot);
    if (number <= 0) {
        sluice_slot_free(pool->slot);
        return number;
    }
    pool->number = (uint64_t)number;
    return 0;
}

int64_t resource_pool_end(struct resource_pool *pool)
{
    int64_t result = sluice_memory_pool_free(pool->number, pool->slot);
    sluice_slot_drop(pool->slot);
    return result;
}

uint64_t resource_object(uint64_t pool, enum sluice_type type, uint64_t first, uint64_t second)
{
    uint64_t slot = sluice_slot_alloc();
    if (slot && sluice_object_create(pool, type, slot, first, second) == 0)
        return slot;
    if (slot)
        sluice_slot_free(slot);
    return 0;
}

int64_t resource_object_end(uint64_t slot)
{
    int64_t result = sluice_object_destroy(slot);
    sluice_slot_drop(slot);
    return result;
}

uint64_t resource_weaker(uint64_t slot, unsigned rights)
{
    uint64_t copy = sluice_slot_alloc();
    if (copy && sluice_cap_copy(0, copy, slot, rights, 0) == 0)
        return copy;
    if (copy)
        sluice_slot_free(copy);
    return 0;
}

uint64_t resource_detail(uint64_t slot, unsigned index)
{
    struct sluice_cap_info info;
    return sluice_cap_info(slot, &info) == 0 ? info.detail[index] : UINT64_MAX;
}

bool resource_settles(uint64_t slot, unsigned index, uint64_t value)
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        if (resource_detail(slot, index) == value)
            return true;
        sluice_sleep_ms(2);
    }
    return false;
}

bool resource_has(uint64_t slot)
{
    struct sluice_cap_info info;
    return sluice_cap_info(slot, &info) == 0;
}
