// SPDX-License-Identifier: MIT
// sources: servers/control/settings.c servers/control/load.c servers/control/rules.c servers/control/judge.c servers/control/decision.c servers/control/history.c servers/control/watcher.c servers/lib/policy.c
/*
 * The control server's judgement on synthetic counters: a machine of eight CPUs whose counter pages the tests write,
 * period by period, and whose kernel takes every proposal at once.
 * Covers: each rule, the bands, confirmation, dwell, flip budget and freeze, rollback, stale and broken counters, reused
 * pools, refusals, changes by others.
 */
#include "servers/control/watcher.h"
#include "servers/lib/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CPUS 8u
#define POOLS 4u
#define CLASSES 7u
#define HZ 1000000000ull
#define PERIOD_NS 100000000ull
#define OBJECT_TAS SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)
#define OBJECT_MCS SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0)
#define POOL_TAS SLUICE_POLICY(SLUICE_GRANULARITY_POOL, SLUICE_ALGORITHM_TAS, 0)
#define POOL_TICKET SLUICE_POLICY(SLUICE_GRANULARITY_POOL, SLUICE_ALGORITHM_TICKET, 0)
#define OFF(cpu) SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu)

struct machine {
    struct sluice_system_info system;
    struct sluice_pool_info pools[POOLS];
    struct sluice_lock_counters locks[CPUS][POOLS * SLUICE_CLASSES_MAX];
    struct counters counters;
    struct watcher watcher;
    uint64_t now_ns;
    int64_t answer;     /* of the next proposals; > 0: taken */
    unsigned proposals; /* seen */
};

static int64_t machine_propose(void *context, unsigned pool, unsigned lock_class, uint32_t word,
                               uint32_t policy)
{
    struct machine *machine = context;
    uint32_t *now = &machine->pools[pool].policy[lock_class];

    machine->proposals++;
    assert_true(SLUICE_POLICY_STEADY(policy));
    assert_int_not_equal(SLUICE_POLICY_SET(policy), SLUICE_POLICY_SET(word));
    if (machine->answer < 0)
        return machine->answer;
    assert_int_equal(word, *now);
    *now = policy | ((word >> 24) + 2) << 24;
    return machine->answer;
}

static struct machine *machine_new(uint32_t policy)
{
    struct machine *machine = calloc(1, sizeof(*machine));

    machine->system.cpus = CPUS;
    machine->system.pools_max = POOLS;
    machine->system.classes = CLASSES;
    machine->system.tsc_hz = HZ;
    machine->now_ns = 5 * HZ;
    machine->answer = 1;
    machine->counters.system = &machine->system;
    machine->counters.pools = machine->pools;
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        machine->counters.locks[cpu] = machine->locks[cpu];
    for (unsigned i = 0; i < CLASSES; i++)
        machine->pools[1].policy[i] = policy;
    machine->pools[1].generation = 1;
    memcpy(machine->pools[1].name, "one", 4);
    assert_true(watcher_init(&machine->watcher, &machine->counters,
                             (struct watcher_kernel){.context = machine, .propose = machine_propose}));
    watcher_period(&machine->watcher, machine->now_ns, true);
    return machine;
}

static void machine_free(struct machine *machine)
{
    for (unsigned i = 0; i < POOLS; i++)
        history_free(machine->watcher.pools[i]);
    free(machine->watcher.pools);
    free(machine);
}

/* What each CPU of a set does in one period, in class 2 of pool 1. */
struct work {
    unsigned cpus; /* set */
    uint64_t acquired, contended, hold, wait, queue;
};

static void cpu_works(struct machine *machine, unsigned cpu, const struct work *work)
{
    struct sluice_lock_counters *line = &machine->locks[cpu][1 * SLUICE_CLASSES_MAX + 2];

    line->acquired += work->acquired;
    line->contended += work->contended;
    line->wait_cycles += work->contended * work->wait;
    line->queue_sum += (uint32_t)(work->contended * work->queue);
    line->hold_samples += 10;
    line->hold_cycles += 10 * work->hold;
}

static void machine_run(struct machine *machine, const struct work *work, unsigned periods)
{
    for (unsigned i = 0; i < periods; i++) {
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            if (work->cpus >> cpu & 1)
                cpu_works(machine, cpu, work);
        machine->now_ns += PERIOD_NS;
        watcher_period(&machine->watcher, machine->now_ns, true);
    }
}

static void expect_policy(struct machine *machine, uint32_t policy)
{
    char is[POLICY_TEXT_BYTES], wanted[POLICY_TEXT_BYTES];

    policy_format(is, machine->pools[1].policy[2]);
    policy_format(wanted, policy);
    assert_string_equal(is, wanted);
}

static void becomes(uint32_t from, const struct work *work, uint32_t to)
{
    struct machine *machine = machine_new(from);

    machine_run(machine, work, 60);
    expect_policy(machine, to);
    assert_int_equal(machine->proposals, from == to ? 0 : 1);
    assert_int_equal(machine->watcher.rollbacks, 0);
    machine_free(machine);
}

static void one_cpu_turns_the_lock_off(void **state)
{
    struct work work = {.cpus = 1 << 3, .acquired = 10000, .hold = 500};

    (void)state;
    becomes(OBJECT_TAS, &work, OFF(3));
    becomes(POOL_TICKET, &work, OFF(3));
    becomes(OFF(3), &work, OFF(3));
    becomes(OFF(5), &work, OFF(3));
}

static void several_calm_cpus_get_one_cheap_lock(void **state)
{
    struct work work = {.cpus = 0xff, .acquired = 100, .hold = 500};

    (void)state;
    becomes(OBJECT_MCS, &work, POOL_TAS);
    becomes(POOL_TICKET, &work, POOL_TAS);
    becomes(OFF(1), &work, POOL_TAS);
    becomes(POOL_TAS, &work, POOL_TAS);
}

static void contended_coarse_lock_is_refined(void **state)
{
    struct work work = {
        .cpus = 0xff, .acquired = 1000, .contended = 300, .hold = 500, .wait = 800, .queue = 1};

    (void)state;
    becomes(POOL_TAS, &work, OBJECT_TAS);
}

static void busy_coarse_lock_is_refined_before_it_is_contended(void **state)
{
    struct work work = {.cpus = 0xff, .acquired = 10000, .hold = 500};

    (void)state;
    becomes(POOL_TAS, &work, OBJECT_TAS);
    becomes(OFF(2), &work, OBJECT_TAS);
    becomes(OBJECT_TAS, &work, OBJECT_TAS);
}

static void long_queue_gets_mcs_and_a_short_one_loses_it(void **state)
{
    struct work queue = {
        .cpus = 0xff, .acquired = 10000, .contended = 8000, .hold = 500, .wait = 3000, .queue = 6};
    struct work none = {.cpus = 0xff, .acquired = 10000, .hold = 500};
    struct work band = {
        .cpus = 0xff, .acquired = 10000, .contended = 8000, .hold = 500, .wait = 1000, .queue = 2};

    (void)state;
    becomes(OBJECT_TAS, &queue, OBJECT_MCS);
    becomes(OBJECT_MCS, &none, OBJECT_TAS);
    becomes(OBJECT_TAS, &band, OBJECT_TAS);
    becomes(OBJECT_MCS, &band, OBJECT_MCS);
}

static void waits_of_a_host_that_stalls_get_unfair_locks(void **state)
{
    struct work work = {
        .cpus = 0xff, .acquired = 10000, .contended = 500, .hold = 500, .wait = 4000000, .queue = 7};

    (void)state;
    becomes(OBJECT_MCS, &work, OBJECT_TAS);
    becomes(OBJECT_TAS, &work, OBJECT_TAS);
}

static void long_holds_are_not_taken_from_one_stalled_cpu(void **state)
{
    struct machine *machine = machine_new(POOL_TAS);
    struct work work = {.cpus = 0xff, .acquired = 100, .hold = 500};

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        machine->locks[i % CPUS][1 * SLUICE_CLASSES_MAX + 2].hold_cycles += 70000000; /* one hold of 70 ms */
        machine_run(machine, &work, 1);
    }
    expect_policy(machine, POOL_TAS);
    machine_free(machine);
}

static void forwarded_work_counts_for_the_cpu_it_came_from(void **state)
{
    struct machine *machine = machine_new(OFF(0));
    struct work own = {.cpus = 1, .acquired = 6000, .hold = 100};
    struct work others = {.cpus = 2};
    const uint64_t *use;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        cpu_works(machine, 0, &own);
        machine->locks[1][1 * SLUICE_CLASSES_MAX + 2].forwarded += 5000;
        machine_run(machine, &others, 1);
    }
    /* CPU 0 did 6000, but 5000 of them for CPU 1: they came 1000 : 5000. */
    use = machine->watcher.pools[1]->classes[2].load.cpu_use;
    assert_in_range(use[1], use[0] * 5 - 10, use[0] * 5 + 10); /* fading rounds */
    machine_free(machine);
}

static void nothing_happens_before_a_rule_held_long_enough(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine->watcher.settings.value[SETTING_dwell] = 0;
    machine_run(machine, &work, 3);
    assert_int_equal(machine->proposals, 0);
    machine_run(machine, &work, 1);
    assert_int_equal(machine->proposals, 1);
    machine_free(machine);
}

static void dwell_time_delays_a_change(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine->watcher.settings.value[SETTING_dwell] = 3000;
    machine_run(machine, &work, 29);
    assert_int_equal(machine->proposals, 0);
    machine_run(machine, &work, 1);
    assert_int_equal(machine->proposals, 1);
    machine_free(machine);
}

static void a_share_between_the_bounds_changes_nothing(void **state)
{
    struct work most = {.cpus = 1, .acquired = 9500, .hold = 500},
                rest = {.cpus = 2, .acquired = 500, .hold = 500};
    uint32_t policies[] = {OBJECT_TAS, OFF(0)};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct machine *machine = machine_new(policies[i]);

        for (unsigned period = 0; period < 60; period++) {
            cpu_works(machine, 0, &most);
            machine_run(machine, &rest, 1);
        }
        assert_int_equal(machine->proposals, 0);
        machine_free(machine);
    }
}

/* A load that changes its mind for ever, slowly enough for confirmation and dwell. */
static void alternate(struct machine *machine, unsigned times)
{
    struct work one = {.cpus = 1, .acquired = 10000, .hold = 500};
    struct work all = {.cpus = 0xff, .acquired = 10000, .hold = 500};

    for (unsigned i = 0; i < times; i++)
        machine_run(machine, i % 2 == 0 ? &one : &all, 60);
}

static void flip_budget_freezes_longer_each_time(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct settings *settings = &machine->watcher.settings;
    uint64_t freezes[3];
    unsigned seen = 0;

    (void)state;
    settings->value[SETTING_flips] = 2;
    settings->value[SETTING_window] = 60000;
    settings->value[SETTING_freeze] = 10000;
    settings->value[SETTING_judge] = 500;
    alternate(machine, 40);
    for (uint64_t i = 0; i < machine->watcher.ring.count && seen < 3; i++) {
        const struct control_decision *decision = decision_at(&machine->watcher.ring, i);

        if (decision->kind == DECISION_FREEZE)
            freezes[seen++] = decision->time_ms;
    }
    assert_int_equal(seen, 3);
    assert_true(machine->watcher.freezes >= 3);
    assert_true(machine->watcher.changes <= 2 * (machine->watcher.freezes + 1));
    assert_true(freezes[1] - freezes[0] >= 10000);
    assert_true(freezes[2] - freezes[1] >= 20000);
    machine_free(machine);
}

static void a_fall_of_throughput_undoes_the_change(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work before = {.cpus = 1, .acquired = 10000, .hold = 500},
                after = {.cpus = 1, .acquired = 2000, .hold = 500};

    (void)state;
    while (machine->proposals == 0)
        machine_run(machine, &before, 1);
    expect_policy(machine, OFF(0));
    machine_run(machine, &after, 25);
    expect_policy(machine, OBJECT_TAS);
    assert_int_equal(machine->watcher.rollbacks, 1);
    /* And it is not tried again at once. */
    machine_run(machine, &after, 30);
    expect_policy(machine, OBJECT_TAS);
    machine_free(machine);
}

static void the_end_of_a_load_is_no_fall_of_throughput(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500}, none = {.cpus = 0};

    (void)state;
    while (machine->proposals == 0)
        machine_run(machine, &work, 1);
    machine_run(machine, &none, 100);
    assert_int_equal(machine->proposals, 1);
    expect_policy(machine, OFF(0));
    machine_free(machine);
}

static void stale_counters_change_nothing(void **state)
{
    struct machine *machine = machine_new(OBJECT_MCS);
    struct work work = {.cpus = 1, .acquired = 1000000, .hold = 500}, none = {.cpus = 0};

    (void)state;
    machine_run(machine, &work, 2);
    machine_run(machine, &none, 200);
    assert_int_equal(machine->proposals, 0);
    for (unsigned i = 0; i < 50; i++) {
        cpu_works(machine, 0, &work);
        watcher_period(&machine->watcher, machine->now_ns, true); /* the clock stands */
    }
    assert_int_equal(machine->proposals, 0);
    machine_free(machine);
}

static void counters_that_run_backwards_start_a_new_history(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine_run(machine, &work, 3);
    for (unsigned i = 0; i < 50; i++) {
        memset(machine->locks[0], 0, sizeof(machine->locks[0]));
        machine_run(machine, &work, 1);
        machine_run(machine, &work, 1);
    }
    assert_int_equal(machine->proposals, 0);
    machine_free(machine);
}

static void light_traffic_is_left_alone(void **state)
{
    struct work work = {.cpus = 1, .acquired = 29, .hold = 500};

    (void)state;
    becomes(OBJECT_MCS, &work, OBJECT_MCS);
}

static void a_reused_pool_number_starts_fresh(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine_run(machine, &work, 3);
    machine->pools[1].generation += 2;
    machine_run(machine, &work, 10);
    assert_int_equal(machine->proposals, 0); /* the dwell time of the new one */
    machine_run(machine, &work, 3);
    assert_int_equal(machine->proposals, 1);
    assert_int_equal(decision_at(&machine->watcher.ring, 0)->pool_generation, 3);
    machine->pools[1].generation++;
    machine_run(machine, &work, 1);
    assert_int_equal(watcher_pools(&machine->watcher), 0);
    machine_free(machine);
}

static void a_running_transition_is_waited_for(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine->pools[1].phase[2] = SLUICE_PHASE_ENTERING;
    machine_run(machine, &work, 60);
    assert_int_equal(machine->proposals, 0);
    machine->pools[1].phase[2] = SLUICE_PHASE_STUCK;
    machine_run(machine, &work, 60);
    assert_int_equal(machine->proposals, 0);
    machine_free(machine);
}

static void a_refused_policy_is_not_asked_for_at_once(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine->answer = SLUICE_E_NOT_ALLOWED;
    machine_run(machine, &work, 40);
    assert_int_equal(machine->proposals, 1);
    assert_int_equal(decision_at(&machine->watcher.ring, 0)->result, SLUICE_E_NOT_ALLOWED);
    machine_run(machine, &work, 40);
    assert_int_equal(machine->proposals, 2);
    machine_free(machine);
}

static void a_change_by_hand_stands_for_the_dwell_time(void **state)
{
    struct machine *machine = machine_new(OFF(0));
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    machine_run(machine, &work, 60);
    machine->pools[1].policy[2] = POOL_TICKET | 2u << 24;
    machine_run(machine, &work, 9);
    expect_policy(machine, POOL_TICKET);
    machine_run(machine, &work, 10);
    expect_policy(machine, OFF(0));
    machine_free(machine);
}

static void decisions_say_why(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1 << 4, .acquired = 10000, .hold = 500};
    const struct control_decision *decision;

    (void)state;
    machine_run(machine, &work, 30);
    decision = decision_at(&machine->watcher.ring, 0);
    assert_non_null(decision);
    assert_string_equal(decision->reason, "one-cpu: one CPU does it all, no lock is needed "
                                          "(share of the busiest CPU 1000/1000, bound 990)");
    assert_string_equal(decision->pool_name, "one");
    assert_int_equal(decision->pool, 1);
    assert_int_equal(decision->lock_class, 2);
    assert_null(decision_at(&machine->watcher.ring, 1));
    machine_free(machine);
}

static void nothing_is_decided_while_off(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);
    struct work work = {.cpus = 1, .acquired = 10000, .hold = 500};

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        cpu_works(machine, 0, &work);
        machine->now_ns += PERIOD_NS;
        watcher_period(&machine->watcher, machine->now_ns, false);
    }
    assert_int_equal(machine->proposals, 0);
    watcher_restart(&machine->watcher, machine->now_ns);
    machine_run(machine, &work, 9);
    assert_int_equal(machine->proposals, 0);
    machine_run(machine, &work, 5);
    assert_int_equal(machine->proposals, 1);
    machine_free(machine);
}

static void the_ring_keeps_the_last_decisions(void **state)
{
    struct decision_ring *ring = calloc(1, sizeof(*ring));

    (void)state;
    for (unsigned i = 0; i < DECISION_RING + 10; i++)
        decision_add(ring);
    assert_int_equal(decision_at(ring, 0)->number, 10);
    assert_int_equal(decision_at(ring, 100)->number, 100);
    assert_null(decision_at(ring, DECISION_RING + 10));
    free(ring);
}

static void settings_stay_in_their_bounds(void **state)
{
    struct settings settings;
    struct sluice_tunable_info info;

    (void)state;
    settings_init(&settings);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        assert_true(settings_describe(&settings, i, &info));
        assert_in_range(info.value, info.minimum, info.maximum);
        assert_true(strncmp(info.name, "control.", 8) == 0);
        assert_true(strlen(info.sentence) < sizeof(info.sentence) - 1);
        assert_int_equal(settings_set(&settings, i, info.maximum + 1), SETTINGS_OUT_OF_BOUNDS);
        assert_int_equal(settings_set(&settings, i, info.maximum), SETTINGS_OK);
    }
    assert_int_equal(settings_set(&settings, SETTING_COUNT, 1), SETTINGS_NOT_FOUND);
    assert_false(settings_describe(&settings, SETTING_COUNT, &info));
}

/* Random numbers in every counter: nothing may break, and what is proposed is a policy. */
static void random_counters_do_no_harm(void **state)
{
    struct machine *machine = machine_new(OBJECT_TAS);

    (void)state;
    srandom(7);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned char *bytes = (unsigned char *)&machine->locks[random() % CPUS][1 * SLUICE_CLASSES_MAX + 2];

        bytes[random() % sizeof(struct sluice_lock_counters)] = (unsigned char)random();
        machine->now_ns += (uint64_t)random() % (2 * PERIOD_NS);
        watcher_period(&machine->watcher, machine->now_ns, true);
    }
    machine_free(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cpu_turns_the_lock_off),
        cmocka_unit_test(several_calm_cpus_get_one_cheap_lock),
        cmocka_unit_test(contended_coarse_lock_is_refined),
        cmocka_unit_test(busy_coarse_lock_is_refined_before_it_is_contended),
        cmocka_unit_test(long_queue_gets_mcs_and_a_short_one_loses_it),
        cmocka_unit_test(waits_of_a_host_that_stalls_get_unfair_locks),
        cmocka_unit_test(long_holds_are_not_taken_from_one_stalled_cpu),
        cmocka_unit_test(forwarded_work_counts_for_the_cpu_it_came_from),
        cmocka_unit_test(nothing_happens_before_a_rule_held_long_enough),
        cmocka_unit_test(dwell_time_delays_a_change),
        cmocka_unit_test(a_share_between_the_bounds_changes_nothing),
        cmocka_unit_test(flip_budget_freezes_longer_each_time),
        cmocka_unit_test(a_fall_of_throughput_undoes_the_change),
        cmocka_unit_test(the_end_of_a_load_is_no_fall_of_throughput),
        cmocka_unit_test(stale_counters_change_nothing),
        cmocka_unit_test(counters_that_run_backwards_start_a_new_history),
        cmocka_unit_test(light_traffic_is_left_alone),
        cmocka_unit_test(a_reused_pool_number_starts_fresh),
        cmocka_unit_test(a_running_transition_is_waited_for),
        cmocka_unit_test(a_refused_policy_is_not_asked_for_at_once),
        cmocka_unit_test(a_change_by_hand_stands_for_the_dwell_time),
        cmocka_unit_test(decisions_say_why),
        cmocka_unit_test(nothing_is_decided_while_off),
        cmocka_unit_test(the_ring_keeps_the_last_decisions),
        cmocka_unit_test(settings_stay_in_their_bounds),
        cmocka_unit_test(random_counters_do_no_harm),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
