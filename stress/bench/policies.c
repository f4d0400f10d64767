// SPDX-License-Identifier: MIT
/*
 * Sets lock policies before a run: an operation of ours also takes gates of the system's pool and of the servers', so
 * that every pool that lives gets the policy. Workers that run side by side set that of their own pools.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "servers/lib/counters.h"
#include "stress/bench/bench.h"

#define PATIENCE_MS 5000u

static bool policy_set(const struct bench *bench, unsigned pool, unsigned lock_class, uint32_t policy)
{
    int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, pool, lock_class, NULL);
    if (word < 0)
        return false;
    if (SLUICE_POLICY_SET((uint32_t)word) == SLUICE_POLICY_SET(policy))
        return true;
    return sluice_policy_propose(SLUICE_SLOT_TUNER, pool, lock_class,
                                 SLUICE_POLICY_GENERATION((uint32_t)word), policy, bench->told, 1) > 0 &&
           sluice_wait(bench->told, 1, sluice_deadline_ms(PATIENCE_MS), NULL) == 0;
}

/* What a pool gets for a policy: `off` on the processor that uses it. */
static uint32_t policy_for(const struct bench *bench, bool own, uint32_t policy)
{
    if (SLUICE_POLICY_GRANULARITY(policy) != SLUICE_GRANULARITY_OFF)
        return policy;
    if (!own && bench->cpus > 1)
        return SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0);
    return SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, sluice_process->cpu[0]);
}

static bool pool_set(const struct bench *bench, const struct counters *counters, unsigned pool,
                     uint32_t policy)
{
    struct sluice_pool_info info;
    bool good = true;
    for (unsigned i = 0; counters_pool(counters, pool, &info) && i < counters->system->classes; i++)
        good = good && policy_set(bench, pool, i, policy);
    return good;
}

bool policies_set_own(struct bench *bench, uint32_t policy)
{
    struct counters counters;
    unsigned own = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    return counters_open(&counters) == 0 && pool_set(bench, &counters, own, policy_for(bench, true, policy));
}

bool policies_set(struct bench *bench, uint32_t policy)
{
    struct counters counters;
    unsigned own = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    bool good = counters_open(&counters) == 0;
    for (unsigned pool = 0; good && pool < counters.system->pools_max; pool++)
        good = pool_set(bench, &counters, pool, policy_for(bench, pool == own, policy));
    return good;
}
