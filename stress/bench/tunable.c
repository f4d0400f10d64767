// SPDX-License-Identifier: MIT
/*
 * Tunables and lock policies, on the class `region` of our own pool, whose gate nothing here uses.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "smp/lock/classes.h"
#include "stress/bench/loop.h"

#define HEARTBEAT_US 60000000u

static int64_t policy_word(const struct bench *bench)
{
    return sluice_policy_status(SLUICE_SLOT_TUNER, (unsigned)bench->value, LOCK_CLASS_region, NULL);
}

OPERATION(tunable_info)
{
    return sluice_tunable_info(SLUICE_SLOT_TUNER, 0, &bench->out.tunable_info);
}

int64_t bench_tunable_ready(struct bench *bench)
{
    return sluice_tunable_info(SLUICE_SLOT_TUNER, 0, &bench->out.tunable_info);
}

/* To the value that it has. */
OPERATION(tunable_set)
{
    return sluice_tunable_set(SLUICE_SLOT_TUNER, 0, bench->out.tunable_info.value);
}

OPERATION(policy_status)
{
    return sluice_policy_status(SLUICE_SLOT_TUNER, 0, 0, NULL);
}

int64_t bench_policy_ready(struct bench *bench)
{
    bench->value = resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    int64_t word = policy_word(bench);
    bench->policy = SLUICE_POLICY_SET((uint32_t)word);
    return word < 0 ? word : 0;
}

/* A whole transition, from the reading of the old word to the word that it is done: there at odd rounds, back at even. */
OPERATION(policy_propose)
{
    uint32_t word = (uint32_t)policy_word(bench);
    uint32_t other = SLUICE_POLICY(SLUICE_GRANULARITY_POOL, SLUICE_ALGORITHM_MCS, 0);
    int64_t result = sluice_policy_propose(
        SLUICE_SLOT_TUNER, (unsigned)bench->value, LOCK_CLASS_region, SLUICE_POLICY_GENERATION(word),
        SLUICE_POLICY_SET(word) == other ? bench->policy : other, bench->told, 2);
    return result | sluice_wait(bench->told, 2, SLUICE_FOREVER, NULL);
}

int64_t bench_policy_done(struct bench *bench)
{
    return SLUICE_POLICY_SET((uint32_t)policy_word(bench)) == bench->policy ? 0 : -1;
}

OPERATION(heartbeat)
{
    return sluice_heartbeat(SLUICE_SLOT_TUNER, HEARTBEAT_US);
}

int64_t bench_heartbeat_done(struct bench *bench)
{
    (void)bench;
    return sluice_heartbeat(SLUICE_SLOT_TUNER, 0);
}
