// SPDX-License-Identifier: MIT
/*
 * What became of the pools in a phase of the demo: a line for each busy lock class, and the checks.
 * Entry points: demo_report, demo_check. Context: the console's thread. Locks: none. Tests: tests/boot/demo.t.
 */
#include "servers/console/demo.h"
#include "servers/console/text.h"
#include "servers/lib/policy.h"
#include <stdio.h>
#include <string.h>

/* Lock classes with less than this share of a phase's lock operations are not shown, in thousandths. */
#define SHOWN_SHARE 5u
/* Fewer operations a second than this are too few to judge by. */
#define JUDGED_RATE 1000u

void demo_check(struct demo *demo, bool good, const char *what)
{
    demo->checks++;
    if (good)
        return;
    if (demo->failures++ == 0)
        snprintf(demo->failed, sizeof(demo->failed), "phase %u: %s", demo->number, what);
    printf("  FAILED: %s\n", what);
}

static void pool_difference(const struct demo_pool *pool, unsigned lock_class,
                            struct sluice_lock_counters *difference)
{
    const struct sluice_lock_counters *before = &pool->before[lock_class], *now = &pool->now[lock_class];

    memset(difference, 0, sizeof(*difference));
    difference->acquired = now->acquired - before->acquired;
    difference->contended = now->contended - before->contended;
    difference->forwarded = now->forwarded - before->forwarded;
}

static uint64_t pool_operations(const struct demo_pool *pool, unsigned lock_class)
{
    struct sluice_lock_counters difference;

    pool_difference(pool, lock_class, &difference);
    return difference.acquired;
}

/* The last reason the control server gave for a change of this class. */
static const char *report_reason(const struct demo *demo, const struct demo_pool *pool, unsigned lock_class)
{
    for (unsigned i = demo->decisions_count; i > 0; i--) {
        const struct control_decision *decision = &demo->decisions[i - 1];

        if (decision->pool == pool->pool && decision->pool_generation == pool->first.generation &&
            decision->lock_class == lock_class && decision->kind != DECISION_RESET && decision->result >= 0)
            return decision->reason;
    }
    return "-";
}

static void report_class(struct demo *demo, const struct demo_pool *pool, unsigned lock_class, uint64_t whole)
{
    char label[SLUICE_POOL_NAME_BYTES + 1], before[POLICY_TEXT_BYTES], after[POLICY_TEXT_BYTES];
    struct sluice_lock_counters difference;
    uint64_t operations = pool_operations(pool, lock_class), share;

    if (operations == 0 || operations < whole * SHOWN_SHARE / 1000)
        return;
    pool_difference(pool, lock_class, &difference);
    share = text_share(difference.contended, operations);
    printf("  %4u %-12.12s %-12s %-13s -> %-13s %9lu ops %3lu.%03lu%% contended; %.160s\n", pool->pool,
           pool_label(&pool->first, label), demo->console->counters.system->class_info[lock_class].name,
           policy_format(before, pool->first.policy[lock_class]),
           policy_format(after, pool->last.policy[lock_class]), (unsigned long)operations,
           (unsigned long)(share / 1000), (unsigned long)(share % 1000),
           report_reason(demo, pool, lock_class));
}

static uint64_t phase_operations(const struct demo *demo, uint64_t *contended)
{
    struct sluice_lock_counters difference;
    uint64_t sum = 0;

    *contended = 0;
    for (unsigned i = 0; i < demo->pools_count; i++)
        for (unsigned lock_class = 0; lock_class < SLUICE_CLASSES_MAX; lock_class++) {
            pool_difference(&demo->pools[i], lock_class, &difference);
            sum += difference.acquired;
            *contended += difference.contended;
        }
    return sum;
}

static bool expectation_concerns(const struct demo *demo, const struct demo_expectation *expectation,
                                 const struct demo_pool *pool, unsigned lock_class)
{
    char label[SLUICE_POOL_NAME_BYTES + 1];

    if (strcmp(demo->console->counters.system->class_info[lock_class].name, expectation->lock_class) != 0)
        return false;
    if (!text_match(expectation->pools, pool_label(&pool->first, label)))
        return false;
    return pool_operations(pool, lock_class) >= JUDGED_RATE * demo->seconds;
}

static bool expectation_holds(const struct demo *demo, const struct demo_expectation *expectation,
                              uint32_t policy)
{
    if (demo->cpus == 1)
        return SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_OFF; /* nobody to share with */
    return (expectation->granularities >> SLUICE_POLICY_GRANULARITY(policy) & 1) != 0 &&
           (expectation->algorithms >> SLUICE_POLICY_ALGORITHM(policy) & 1) != 0;
}

/* Every busy pool that the expectation names reached the kind of policy, and there is at least one. */
static void expectation_check(struct demo *demo, const struct demo_expectation *expectation)
{
    const char *expected = demo->cpus == 1 ? "off, for there is one CPU" : expectation->reason;
    unsigned concerned = 0, wrong = 0;
    char what[160];

    for (unsigned i = 0; i < demo->pools_count; i++)
        for (unsigned lock_class = 0; lock_class < demo->console->counters.system->classes; lock_class++)
            if (expectation_concerns(demo, expectation, &demo->pools[i], lock_class)) {
                concerned++;
                wrong += !expectation_holds(demo, expectation, demo->pools[i].last.policy[lock_class]);
            }
    snprintf(what, sizeof(what), "%s of pools %s: expected %s, %u of %u are not", expectation->lock_class,
             expectation->pools, expected, wrong, concerned);
    demo_check(demo, concerned > 0 && wrong == 0, what);
    if (concerned > 0 && wrong == 0)
        printf("  ok: %s of %u pools %s: %s\n", expectation->lock_class, concerned, expectation->pools,
               expected);
}

static void report_sum(struct demo *demo, uint64_t locks, uint64_t contended)
{
    struct sluice_cpu_counters done;
    uint64_t operations, share = text_share(contended, locks), ipis;

    sample_cpu(&demo->console->counters, &demo->before, &demo->now, -1, &done);
    operations = *(const uint64_t *)((const char *)&done + demo->phase->operations);
    ipis = operations > 0 ? done.ipis_sent * 1000 / operations : 0;
    printf("  %lu %s, %lu lock operations, %lu.%03lu%% contended, %lu.%03lu IPIs for each of the %s\n",
           (unsigned long)operations, demo->phase->operation, (unsigned long)locks,
           (unsigned long)(share / 1000), (unsigned long)(share % 1000), (unsigned long)(ipis / 1000),
           (unsigned long)(ipis % 1000), demo->phase->operation);
    printf(
        "RESULT demo_phase=%u operations=%lu locks=%lu contended=%lu ipis=%lu shootdowns=%lu decisions=%u\n",
        demo->number, (unsigned long)operations, (unsigned long)locks, (unsigned long)contended,
        (unsigned long)done.ipis_sent, (unsigned long)done.shootdown_ipis, demo->decisions_count);
}

void demo_report(struct demo *demo)
{
    uint64_t contended, whole = phase_operations(demo, &contended);

    for (unsigned i = 0; i < demo->pools_count; i++)
        for (unsigned lock_class = 0; lock_class < demo->console->counters.system->classes; lock_class++)
            report_class(demo, &demo->pools[i], lock_class, whole);
    report_sum(demo, whole, contended);
    if (whole == 0) { /* make UP=1 */
        printf("  this kernel was built without locks: there is no policy to check\n");
        return;
    }
    for (unsigned i = 0; i < DEMO_EXPECTATIONS_MAX && demo->phase->expectations[i].pools != NULL; i++)
        expectation_check(demo, &demo->phase->expectations[i]);
}
