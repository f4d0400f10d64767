// SPDX-License-Identifier: MIT
/*
 * Pools, policies, counters and decisions while a phase of the demo runs.
 * Entry points: demo_watch_begin, demo_watch_look, demo_watch_end. Context: the console's thread. Locks: none.
 * Tests: tests/boot/demo.t.
 */
#include "servers/console/demo.h"
#include <string.h>

static struct demo_pool *watch_find(struct demo *demo, unsigned pool, const struct sluice_pool_info *info)
{
    struct demo_pool *entry;

    for (unsigned i = 0; i < demo->pools_count; i++)
        if (demo->pools[i].pool == pool && demo->pools[i].first.generation == info->generation)
            return &demo->pools[i];
    if (demo->pools_count == DEMO_POOLS_MAX)
        return NULL;
    entry = &demo->pools[demo->pools_count++];
    memset(entry, 0, sizeof(*entry));
    entry->pool = pool;
    entry->first = entry->last = *info;
    for (unsigned i = 0; i < demo->console->counters.system->classes; i++)
        counters_lock_sum(&demo->console->counters, pool, i, &entry->before[i]);
    return entry;
}

static void watch_pool(struct demo *demo, unsigned pool)
{
    const struct counters *counters = &demo->console->counters;
    struct sluice_pool_info info;
    struct demo_pool *entry;

    if (!counters_pool(counters, pool, &info))
        return;
    entry = watch_find(demo, pool, &info);
    for (unsigned i = 0; entry != NULL && i < counters->system->classes; i++) {
        counters_lock_sum(counters, pool, i, &entry->now[i]);
        if (info.phase[i] == SLUICE_PHASE_STEADY && SLUICE_POLICY_STEADY(info.policy[i]))
            entry->last.policy[i] = info.policy[i];
    }
}

void demo_watch_look(struct demo *demo)
{
    for (unsigned pool = 0; pool < demo->console->counters.system->pools_max; pool++)
        watch_pool(demo, pool);
}

void demo_watch_begin(struct demo *demo)
{
    struct control_status status = {0};

    demo->pools_count = 0;
    demo->decisions_count = 0;
    client_status(&status);
    demo->decisions_from = status.decisions;
    demo_watch_look(demo);
    sample_take(&demo->before, &demo->console->counters);
}

void demo_watch_end(struct demo *demo)
{
    uint64_t number = demo->decisions_from;
    struct control_decision *next = demo->decisions;

    sample_take(&demo->now, &demo->console->counters);
    while (demo->decisions_count < DEMO_DECISIONS_MAX && client_decision(number, next) == 0) {
        number = next->number + 1;
        demo->decisions_count++;
        next++;
    }
}
