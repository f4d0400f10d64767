// SPDX-License-Identifier: MIT
/*
 * Policies as values. A normal policy is a word with equal halves and generation 0, whose CPU is 0 unless it is `off`
 * and whose algorithm is tas if it is: so that equal sets of locks are equal words.
 * Context: any. Locks: none. Tests: tests/host/test_classes.c.
 */
#pragma once
#include "kernel/abi/policy.h"
#include <stdbool.h>
#include <stdint.h>

struct policy_class {
    const char *name;
    uint32_t rank;
    uint32_t granularities; /* bit g: allowed */
    uint32_t algorithms;
};
extern const struct policy_class policy_classes[]; /* smp/lock/classes.h as data: LOCK_CLASS_COUNT rows */

/* The normal policy with the entering half of this word. */
uint32_t policy_normal(uint32_t word);
bool policy_allowed(uint32_t policy, unsigned granularities, unsigned algorithms);
/* Both lock sets in one word, generation 0. The word has room for one CPU: not for off@j and off@k. */
uint32_t policy_union(uint32_t from, uint32_t to);
/* Where to go first on the way to `to`: that itself, but object/tas between two different `off`. */
uint32_t policy_hop(uint32_t from, uint32_t to);
/* What the encoding of policy.boot and policy.pool means for a class: object/tas where the class lacks it; `object` for
 * `split`, which policy.pool names by numbers behind those of all others. */
#define POLICY_TUNABLE_SPLIT (SLUICE_GRANULARITY_COMMON * SLUICE_ALGORITHM_COUNT)
uint32_t policy_for_class(uint64_t tunable_value, unsigned lock_class);

static inline bool policy_is_off(uint32_t policy)
{
    return SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_OFF;
}
