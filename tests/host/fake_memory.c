// SPDX-License-Identifier: MIT
/*
 * RAM made of an array: see fake_memory.h.
 * Owns: the array, frame records, pools. Context: host tests. Locks: none.
 */
#include "tests/host/fake_memory.h"
#include "kernel/log/log.h"
#include "tunables/tunables.h"
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))

uint64_t fake_direct_map;
uint32_t fake_policy = SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0);

static void *ram, *records, *table, *infos;

static void *fresh(void *before, size_t bytes)
{
    free(before);
    void *memory = aligned_alloc(PAGE_BYTES, (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1));
    memset(memory, 0, (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1));
    return memory;
}

void fake_memory_init(uint64_t frames)
{
    ram = fresh(ram, frames * PAGE_BYTES);
    records = fresh(records, frame_boot_bytes(frames));
    table = fresh(table, FAKE_POOLS * sizeof(struct pool));
    infos = fresh(infos, FAKE_POOLS * sizeof(struct sluice_pool_info));
    fake_direct_map = (uint64_t)ram;
    frame_init(records, frames);
    pool_table_init(table, FAKE_POOLS, infos);
}

struct pool *fake_system_pool(uint64_t first, uint64_t count)
{
    struct pool *pool;
    if (pool_init(first * PAGE_BYTES, count, "system", NULL, &pool) || pool->number != POOL_SYSTEM)
        abort();
    return pool;
}

void fake_policy_set(struct pool *pool, uint32_t policy)
{
    for (unsigned i = 0; i < SLUICE_CLASSES_MAX; i++)
        atomic_store_relaxed(&pool->policy[i], policy);
}

WEAK void transition_pool_init(struct pool *pool)
{
    fake_policy_set(pool, fake_policy);
}

WEAK bool transition_pool_idle(struct pool *pool)
{
    (void)pool;
    return true;
}

WEAK void log_event(enum sluice_event_kind kind, uint32_t a, uint64_t b, uint64_t c)
{
    (void)kind, (void)a, (void)b, (void)c;
}
