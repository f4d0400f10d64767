// SPDX-License-Identifier: MIT
/*
 * The table of lock classes as data: what user level sees of it, and which policies a class allows.
 * Owns: lock_class_info. Context: any. Locks: none. Tests: tests/host/test_classes.c.
 */
#include "smp/lock/class_info.h"
#include "smp/lock/classes.h"

#define LOCK_CLASS_INFO(class_name, class_rank, class_granularities, class_algorithms, sentence)             \
    [LOCK_CLASS_##class_name] = {.name = #class_name,                                                        \
                                 .rank = (class_rank),                                                       \
                                 .granularities = (class_granularities),                                     \
                                 .algorithms = (class_algorithms)},
const struct sluice_class_info lock_class_info[LOCK_CLASS_COUNT] = {LOCK_CLASSES(LOCK_CLASS_INFO)};
_Static_assert(LOCK_CLASS_COUNT <= SLUICE_CLASSES_MAX, "ABI");

bool lock_class_allows(unsigned lock_class, uint32_t policy)
{
    if (lock_class >= LOCK_CLASS_COUNT || !SLUICE_POLICY_STEADY(policy))
        return false;
    const struct sluice_class_info *info = &lock_class_info[lock_class];
    uint32_t granularity = SLUICE_POLICY_GRANULARITY(policy);
    /* `off` takes no lock: its algorithm has to be 0, so that equal policies are equal words. */
    if (granularity == SLUICE_GRANULARITY_OFF && SLUICE_POLICY_ALGORITHM(policy))
        return false;
    return info->granularities >> granularity & 1 && info->algorithms >> SLUICE_POLICY_ALGORITHM(policy) & 1;
}
