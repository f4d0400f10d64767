// SPDX-License-Identifier: MIT
// sources: smp/lock/classes.c
// sanitize: undefined
/*
 * The policy word's fields, and the table of lock classes.
 */
#include "kernel/abi/policy.h"
#include "smp/lock/class_info.h"
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
    (void)state;
    for (unsigned i = 0; i < LOCK_CLASS_COUNT; i++) {
        assert_true(lock_class_info[i].name[0] != 0 && lock_class_info[i].name[15] == 0);
        assert_true(lock_class_info[i].granularities >> SLUICE_GRANULARITY_OBJECT &
                    1); /* the watchdog's policy */
        assert_true(lock_class_info[i].algorithms >> SLUICE_ALGORITHM_TAS & 1);
        for (unsigned j = 0; j < i; j++) {
            assert_true(lock_class_info[j].rank < lock_class_info[i].rank);
            assert_true(strcmp(lock_class_info[j].name, lock_class_info[i].name) != 0);
        }
    }
}

static void only_what_a_class_allows(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOCK_CLASS_COUNT; i++) {
        for (uint32_t granularity = 0; granularity < 16; granularity++)
            for (uint32_t algorithm = 0; algorithm < 16; algorithm++) {
                bool allowed = lock_class_info[i].granularities >> granularity & 1 &&
                               lock_class_info[i].algorithms >> algorithm & 1 &&
                               (granularity != SLUICE_GRANULARITY_OFF || algorithm == 0);
                assert_int_equal(lock_class_allows(i, SLUICE_POLICY(granularity, algorithm, 0)), allowed);
            }
        uint32_t two = SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0) ^ 1u << 8;
        assert_false(lock_class_allows(i, two)); /* a union is the engine's to make */
    }
    assert_false(lock_class_allows(LOCK_CLASS_COUNT, SLUICE_POLICY(SLUICE_GRANULARITY_POOL, 0, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_do_not_overlap),
        cmocka_unit_test(off_is_the_word_that_gates_compare_with),
        cmocka_unit_test(classes_are_ordered_and_named),
        cmocka_unit_test(only_what_a_class_allows),
    };
    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
