// SPDX-License-Identifier: MIT
// sources: smp/cpuset.c
// sanitize: thread undefined
/*
 * Sets of CPUs against an array of flags: exact and clustered, and the atomic forms run together.
 */
#include "smp/cpuset.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define CPUS_MOST 1000u

static void sizes_choose_the_cluster(void **state)
{
    (void)state;
    static const unsigned shift_of[][2] = {{1, 0},   {255, 0}, {256, 0}, {257, 1},
                                           {512, 1}, {513, 2}, {1000, 2}};
    for (unsigned i = 0; i < sizeof(shift_of) / sizeof(shift_of[0]); i++) {
        cpuset_configure(shift_of[i][0]);
        assert_int_equal(cpuset_cluster_shift, shift_of[i][1]);
    }
}

/* What the set must name: CPUs whose cluster has a member. */
static void check_against(const struct cpuset *set, const bool *named, unsigned count)
{
    unsigned members = 0, last = count;
    for (unsigned cpu = count; cpu-- > 0;) {
        bool expected = named[cpu >> cpuset_cluster_shift];
        assert_int_equal(cpuset_has(set, cpu), expected);
        if (expected)
            last = cpu, members++;
        assert_int_equal(cpuset_next(set, cpu, count), last);
    }
    for (unsigned cpu = 0; cpu < count; cpu++) {
        bool others = cpuset_cluster_shift != 0;
        for (unsigned bit = 0; bit <= (count - 1) >> cpuset_cluster_shift; bit++)
            others |= named[bit] && bit != cpu;
        assert_int_equal(cpuset_has_others(set, cpu), others);
    }
    assert_int_equal(cpuset_count(set, count), members);
    assert_int_equal(cpuset_empty(set), members == 0);
}

static void behaves_like_flags(unsigned count)
{
    struct cpuset set, copy;
    bool named[CPUS_MOST] = {false};
    cpuset_configure(count);
    cpuset_clear_all(&set);
    check_against(&set, named, count);
    srandom(count);
    for (unsigned round = 0; round < 400; round++) {
        unsigned cpu = (unsigned)random() % count, bit = cpu >> cpuset_cluster_shift;
        switch (random() % 5) {
        case 0:
            cpuset_add(&set, cpu), named[bit] = true;
            break;
        case 1:
            cpuset_remove(&set, cpu), named[bit] = false;
            break;
        case 2:
            assert_int_equal(cpuset_add_atomic(&set, cpu), named[bit]);
            named[bit] = true;
            break;
        case 3:
            assert_int_equal(cpuset_remove_atomic(&set, cpu), named[bit]);
            named[bit] = false;
            break;
        default:
            cpuset_track(&set, cpu), named[bit] = true;
        }
        check_against(&set, named, count);
    }
    cpuset_copy(&copy, &set);
    check_against(&copy, named, count);
}

static void exact_sets(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 2, 63, 64, 65, 128, 255, 256};
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        behaves_like_flags(counts[i]);
}

static void clustered_sets_never_name_too_few(void **state)
{
    (void)state;
    behaves_like_flags(257);
    behaves_like_flags(CPUS_MOST);
}

static struct cpuset shared;
static unsigned shared_set_twice;

/* Each thread owns every fourth CPU; neighbours in a word are changed by others at the same time. */
static void *churn(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;
    for (unsigned round = 0; round < 2000; round++) {
        for (unsigned cpu = self; cpu < 128; cpu += 4)
            if (cpuset_add_atomic(&shared, cpu))
                __atomic_fetch_add(&shared_set_twice, 1, __ATOMIC_RELAXED);
        cpuset_track(&shared, 200);
        for (unsigned cpu = self; cpu < 128; cpu += 4)
            if (!cpuset_has(&shared, cpu) || !cpuset_remove_atomic(&shared, cpu))
                __atomic_fetch_add(&shared_set_twice, 1, __ATOMIC_RELAXED);
    }
    for (unsigned cpu = self; cpu < 64; cpu += 4)
        cpuset_add_atomic(&shared, cpu);
    return NULL;
}

static void atomic_forms_lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[4];
    cpuset_configure(256);
    cpuset_clear_all(&shared);
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)i), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shared_set_twice, 0);
    assert_int_equal(cpuset_count(&shared, 256), 65);
    assert_int_equal(cpuset_next(&shared, 64, 256), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_choose_the_cluster),
        cmocka_unit_test(exact_sets),
        cmocka_unit_test(clustered_sets_never_name_too_few),
        cmocka_unit_test(atomic_forms_lose_nothing),
    };
    return cmocka_run_group_tests_name("cpuset", tests, NULL, NULL);
}
