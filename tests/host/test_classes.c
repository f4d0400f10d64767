// SPDX-License-Identifier: MIT
// sources: tunables/policy.c
// sanitize: undefined
/*
 * The policy word's fields, the table of lock classes, and which policies a class allows.
 */
#include "tunables/policy.h"
#include "kernel/abi/log.h"
#include "smp/lock/classes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void fields_do_not_overlap(void **state)
{
    (void)state;
    for (uint32_t granularity = 0; granularity < SLUICE_GRANULARITY_COUNT; granularity++)
        for (uint32_t algorithm = 0; algorithm < SLUICE_ALGORITHM_COUNT; algorithm++)
            for (uint32_t cpu = 0; cpu <= 255; cpu++) {
                uint32_t word = SLUICE_POLICY(granularity, algorithm, cpu) | 0xa5u << 24;
                assert_int_equal(SLUICE_POLICY_GRANULARITY(word), granularity);
                assert_int_equal(SLUICE_POLICY_OLD_GRANULARITY(word), granularity);
                assert_int_equal(SLUICE_POLICY_ALGORITHM(word), algorithm);
                assert_int_equal(SLUICE_POLICY_OLD_ALGORITHM(word), algorithm);
                assert_int_equal(SLUICE_POLICY_CPU(word), cpu);
                assert_int_equal(SLUICE_POLICY_GENERATION(word), 0xa5);
                assert_int_equal(SLUICE_POLICY_SET(word), SLUICE_POLICY(granularity, algorithm, cpu));
                assert_true(SLUICE_POLICY_STEADY(word));
                assert_false(SLUICE_POLICY_STEADY(word ^ 1u << 8));
                assert_false(SLUICE_POLICY_STEADY(word ^ 1u << 12));
            }
}

static void off_is_the_word_that_gates_compare_with(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu <= 255; cpu++)
        assert_int_equal(SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu), cpu << 16);
}

static void classes_are_ordered_and_named(void **state)
{
    const size_t name_bytes = sizeof(((struct sluice_class_info *)0)->name);

    (void)state;
    for (unsigned i = 0; i < LOCK_CLASS_COUNT; i++) {
        assert_in_range(strlen(policy_classes[i].name), 1, name_bytes - 1);
        for (unsigned j = 0; j < i; j++) {
            assert_true(policy_classes[j].rank < policy_classes[i].rank);
            assert_string_not_equal(policy_classes[j].name, policy_classes[i].name);
        }
    }
}

static bool class_allows(unsigned lock_class, uint32_t policy)
{
    return policy_allowed(policy, policy_classes[lock_class].granularities,
                          policy_classes[lock_class].algorithms);
}

static void only_what_a_class_allows(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOCK_CLASS_COUNT; i++)
        for (uint32_t granularity = 0; granularity < 16; granularity++)
            for (uint32_t algorithm = 0; algorithm < 16; algorithm++) {
                bool off = granularity == SLUICE_GRANULARITY_OFF; /* takes no lock: no algorithm to allow */
                bool allowed = policy_classes[i].granularities >> granularity & 1 &&
                               (off || policy_classes[i].algorithms >> algorithm & 1);
                assert_int_equal(class_allows(i, SLUICE_POLICY(granularity, algorithm, 0)), allowed);
            }
}

static void what_bits_do_not_name_is_not_allowed(void **state)
{
    uint32_t mcs = SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0);
    uint32_t off = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 3);

    (void)state;
    assert_true(policy_allowed(mcs, 1u << SLUICE_GRANULARITY_OBJECT, 1u << SLUICE_ALGORITHM_MCS));
    assert_false(policy_allowed(mcs, 1u << SLUICE_GRANULARITY_POOL, 1u << SLUICE_ALGORITHM_MCS));
    assert_false(policy_allowed(mcs, 1u << SLUICE_GRANULARITY_OBJECT, 1u << SLUICE_ALGORITHM_TAS));
    assert_true(policy_allowed(off, 1u << SLUICE_GRANULARITY_OFF, 0));
    assert_false(policy_allowed(off, 1u << SLUICE_GRANULARITY_OBJECT, 1u << SLUICE_ALGORITHM_TAS));
}

static void every_value_of_the_tunable_is_a_policy_of_the_class(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOCK_CLASS_COUNT; i++)
        for (uint64_t value = 0; value < SLUICE_GRANULARITY_COUNT * SLUICE_ALGORITHM_COUNT; value++) {
            uint32_t policy = policy_for_class(value, i);
            assert_true(class_allows(i, policy));
            assert_int_equal(policy, policy_normal(policy));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_do_not_overlap),
        cmocka_unit_test(off_is_the_word_that_gates_compare_with),
        cmocka_unit_test(classes_are_ordered_and_named),
        cmocka_unit_test(only_what_a_class_allows),
        cmocka_unit_test(what_bits_do_not_name_is_not_allowed),
        cmocka_unit_test(every_value_of_the_tunable_is_a_policy_of_the_class),
    };
    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
