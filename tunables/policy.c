// SPDX-License-Identifier: MIT
/*
 * Policies as values: which ones a lock class allows, the union of two, the way from one to another.
 * Entry points: tunables/policy.h. Context: any; nothing here has state. Locks: none.
 * Tests: tests/host/test_classes.c, tests/host/test_transition.c.
 */
#include "tunables/policy.h"
#include "smp/cpu.h"
#include "smp/lock/classes.h"
#include "tunables/tunables.h"

const struct policy_class policy_classes[LOCK_CLASS_COUNT] = {
#define POLICY_CLASS(name, rank, granularities, algorithms, sentence)                                        \
    {#name, rank, granularities, algorithms},
    LOCK_CLASSES(POLICY_CLASS)
#undef POLICY_CLASS
};
_Static_assert(LOCK_CLASS_COUNT <= SLUICE_CLASSES_MAX, "ABI");

/* policy_hop goes through object/tas, and policy_for_class falls back on it. */
#define POLICY_CLASS_CHECK(name, rank, granularities, algorithms, sentence)                                  \
    _Static_assert(((granularities) >> SLUICE_GRANULARITY_OBJECT & 1) &&                                     \
                       ((algorithms) >> SLUICE_ALGORITHM_TAS & 1),                                           \
                   "every class has object/tas: " #name);
LOCK_CLASSES(POLICY_CLASS_CHECK)
#undef POLICY_CLASS_CHECK

uint32_t policy_normal(uint32_t word)
{
    uint32_t granularity = SLUICE_POLICY_GRANULARITY(word);
    if (granularity == SLUICE_GRANULARITY_OFF)
        return SLUICE_POLICY(granularity, SLUICE_ALGORITHM_TAS, SLUICE_POLICY_CPU(word));
    return SLUICE_POLICY(granularity, SLUICE_POLICY_ALGORITHM(word), 0);
}

bool policy_allowed(uint32_t policy, unsigned granularities, unsigned algorithms)
{
    if (!(granularities >> SLUICE_POLICY_GRANULARITY(policy) & 1))
        return false;
    return policy_is_off(policy) || (algorithms >> SLUICE_POLICY_ALGORITHM(policy) & 1);
}

uint32_t policy_union(uint32_t from, uint32_t to)
{
    return (to & 0xffu) | (from & 0xffu) << 8 | ((from | to) & 0xff0000u);
}

uint32_t policy_hop(uint32_t from, uint32_t to)
{
    bool two_cpus = policy_is_off(from) && policy_is_off(to) && from != to;
    return two_cpus ? SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0) : to;
}

uint32_t policy_word_of_tunable(uint64_t value)
{
    uint32_t granularity = (uint32_t)(value % SLUICE_GRANULARITY_COMMON);
    uint32_t algorithm = (uint32_t)(value / SLUICE_GRANULARITY_COMMON);
    if (value >= POLICY_TUNABLE_SPLIT) {
        granularity = SLUICE_GRANULARITY_SPLIT;
        algorithm = (uint32_t)(value - POLICY_TUNABLE_SPLIT);
    }
    return policy_normal(SLUICE_POLICY(granularity, algorithm, 0));
}

uint32_t policy_for_class(uint64_t tunable_value, unsigned lock_class)
{
    uint32_t policy = policy_word_of_tunable(tunable_value);
    if (policy_allowed(policy, policy_classes[lock_class].granularities,
                       policy_classes[lock_class].algorithms))
        return policy;
    if (SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_SPLIT)
        return SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_POLICY_ALGORITHM(policy), 0);
    return SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0);
}
