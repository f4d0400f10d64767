// SPDX-License-Identifier: MIT
/*
 * tunable_*, policy_*, heartbeat, log_map, log_write: right results, errors, and that an error changed nothing.
 * Policies are changed on the bench's own pool, so that nobody else's work depends on them.
 * Context: the test's one thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include "tests/user/syscalls/syscalls.h"
#include <string.h>

#define TUNER (bench[SLUICE_TYPE_TUNER])
#define LOG (bench[SLUICE_TYPE_LOG])
#define CLASS_ENDPOINT 2u
#define POLICY_OF(granularity, algorithm)                                                                    \
    SLUICE_POLICY(SLUICE_GRANULARITY_##granularity, SLUICE_ALGORITHM_##algorithm, 0)

/* The index of a tunable, or -1. */
static int64_t tunable_index(const char *name, struct sluice_tunable_info *info)
{
    for (unsigned i = 0; sluice_tunable_info(TUNER, i, info) == 0; i++)
        if (!strcmp(info->name, name))
            return i;
    return -1;
}

static uint64_t tunable_value(uint64_t index)
{
    struct sluice_tunable_info info = {.value = UINT64_MAX};
    sluice_tunable_info(TUNER, index, &info);
    return info.value;
}

static void test_info(void)
{
    struct sluice_tunable_info info;
    unsigned count = 0, bad = 0;
    int64_t result;
    while ((result = sluice_tunable_info(TUNER, count, &info)) == 0 && count < 1000) {
        bad += !info.name[0] || !info.sentence[0] || info.minimum > info.value || info.value > info.maximum;
        count++;
    }
    tap_result(result, SLUICE_E_NOT_FOUND, "tunable_info past the last");
    tap_ok(count > 8 && !bad, "%u tunables, each with a name, a sentence and a value in its range", count);
    tap_result(sluice_tunable_info(TUNER, UINT64_MAX, &info), SLUICE_E_NOT_FOUND, "tunable_info of 2^64 - 1");
}

static void test_set(void)
{
    struct sluice_tunable_info info;
    int64_t index = tunable_index("sched.slice", &info);
    if (!tap_ok(index >= 0, "there is a tunable sched.slice"))
        return;
    uint64_t was = info.value;
    tap_result(sluice_tunable_set(TUNER, index, info.maximum + 1), SLUICE_E_OUT_OF_BOUNDS,
               "tunable_set too large");
    tap_result(sluice_tunable_set(TUNER, index, info.minimum - 1), SLUICE_E_OUT_OF_BOUNDS,
               "tunable_set too small");
    tap_equal(tunable_value(index), was, "the value is as it was");
    tap_result(sluice_tunable_set(TUNER, index, was + 1), 0, "tunable_set");
    tap_equal(tunable_value(index), was + 1, "the value is new");
    tap_result(sluice_tunable_set(TUNER, index, was), 0, "and back");
    tap_result(sluice_tunable_set(TUNER, 1000, 1), SLUICE_E_NOT_FOUND, "tunable_set past the last");
    index = tunable_index("pools.max", &info);
    tap_result(sluice_tunable_set(TUNER, index, info.value), SLUICE_E_NOT_ALLOWED,
               "tunable_set of a boot-time tunable");
}

static unsigned pool_number(void)
{
    return (unsigned)resource_detail(bench[SLUICE_TYPE_POOL], RESOURCE_POOL_NUMBER);
}

static int64_t propose(uint32_t policy, unsigned generation, uint64_t notification)
{
    return sluice_policy_propose(TUNER, pool_number(), CLASS_ENDPOINT, generation, policy, notification, 8);
}

static unsigned generation_now(void)
{
    return SLUICE_POLICY_GENERATION(
        (uint32_t)sluice_policy_status(TUNER, pool_number(), CLASS_ENDPOINT, NULL));
}

static void test_propose(uint32_t policy, const char *name)
{
    uint64_t told = bench[SLUICE_TYPE_NOTIFICATION], bits = 0, phase = 99;
    int64_t id = propose(policy, generation_now(), told);
    tap_ok(id > 0, "policy_propose %s (%s)", name, error_name(id));
    tap_result(sluice_wait(told, 8, sluice_deadline_ms(5000), &bits), 0, "its end is signalled");
    int64_t word = sluice_policy_status(TUNER, pool_number(), CLASS_ENDPOINT, &phase);
    tap_equal(SLUICE_POLICY_SET((uint32_t)word), policy, "policy_status shows %s", name);
    tap_equal(phase, SLUICE_PHASE_STEADY, "and no transition");
    /* The pool works under it. */
    tap_result(sluice_send(bench[SLUICE_TYPE_ENDPOINT], &(struct sluice_message){0}, SLUICE_NOW),
               SLUICE_E_WOULD_BLOCK, "an endpoint is usable under %s", name);
}

static void test_propose_errors(void)
{
    uint64_t pool = pool_number(), place = pool | CLASS_ENDPOINT << 16;
    uint64_t generation = generation_now();
    uint64_t good = place | generation << 24;
    uint32_t object = POLICY_OF(OBJECT, TAS);
    const struct {
        const char *name;
        uint64_t place, policy;
        int64_t expected;
    } bad[] = {
        {"a stale generation", place | (generation ^ 1) << 24, object, SLUICE_E_STALE},
        {"a class that does not exist", pool | 200u << 16 | generation << 24, object, SLUICE_E_NOT_FOUND},
        {"the class after the last", pool | 7u << 16 | generation << 24, object, SLUICE_E_NOT_FOUND},
        {"a pool that does not live", 255 | CLASS_ENDPOINT << 16, object, SLUICE_E_NOT_FOUND},
        {"a pool out of range", 65535 | CLASS_ENDPOINT << 16, object, SLUICE_E_NOT_FOUND},
        {"bits above the generation", good | 1ull << 40, object, SLUICE_E_BAD_ARGUMENT},
        {"a granularity that does not exist", good, SLUICE_POLICY(9, 0, 0), SLUICE_E_NOT_ALLOWED},
        {"an algorithm that does not exist", good, SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, 9, 0),
         SLUICE_E_NOT_ALLOWED},
        {"a union", good, (object & ~0xff00u) | 0x100u, SLUICE_E_BAD_ARGUMENT},
        {"a word of 40 bits", good, 1ull << 40 | object, SLUICE_E_BAD_ARGUMENT},
        {"off on a CPU that is not there", good, SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, 254),
         SLUICE_E_NOT_FOUND},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t result = SLUICE_DO(policy_propose, TUNER, bad[i].place, bad[i].policy, 0, 0);
        tap_result(result, bad[i].expected, "policy_propose with %s", bad[i].name);
    }
    tap_equal(generation_now(), generation, "what was refused changed nothing");
    tap_result(SLUICE_DO(policy_status, TUNER, 65535), SLUICE_E_NOT_FOUND,
               "policy_status of a pool out of range");
    tap_result(SLUICE_DO(policy_status, TUNER, pool | 9u << 16), SLUICE_E_NOT_FOUND,
               "policy_status of no class");
}

/* With each step delayed, a transition is seen while it runs: BUSY, and turned back. */
static void test_reverse(void)
{
    struct sluice_tunable_info info;
    uint64_t told = bench[SLUICE_TYPE_NOTIFICATION], phase = 99;
    int64_t delay = tunable_index("transition.delay", &info);
    sluice_tunable_set(TUNER, delay, 200000);
    uint32_t object = POLICY_OF(OBJECT, TAS);
    tap_ok(propose(POLICY_OF(POOL, MCS), generation_now(), 0) > 0, "a transition with delayed steps");
    sluice_policy_status(TUNER, pool_number(), CLASS_ENDPOINT, &phase);
    tap_equal(phase, SLUICE_PHASE_ENTERING, "is seen in its union");
    tap_result(propose(POLICY_OF(CLASS, TAS), generation_now(), 0), SLUICE_E_BUSY,
               "a third policy has to wait");
    tap_ok(propose(object, generation_now(), told) > 0, "the way back is open");
    tap_result(sluice_wait(told, 8, sluice_deadline_ms(10000), NULL), 0, "and ends with a signal");
    int64_t word = sluice_policy_status(TUNER, pool_number(), CLASS_ENDPOINT, &phase);
    tap_equal(SLUICE_POLICY_SET((uint32_t)word), object, "in the old policy");
    sluice_tunable_set(TUNER, delay, info.value);
}

static void test_policies(void)
{
    test_propose(POLICY_OF(OBJECT, TAS), "object/tas");
    test_propose(POLICY_OF(OBJECT, TICKET), "object/ticket");
    test_propose(POLICY_OF(OBJECT, MCS), "object/mcs");
    test_propose(POLICY_OF(POOL, TICKET), "pool/ticket");
    test_propose(POLICY_OF(CLASS, MCS), "class/mcs");
    test_propose(POLICY_OF(KERNEL, TICKET), "kernel/ticket");
    test_propose(SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, 0), "off@0");
    unsigned last = sluice_process->cpus_online - 1;
    test_propose(SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, last), "off on the last CPU");
    test_propose(POLICY_OF(OBJECT, TAS), "object/tas again");
    test_propose_errors();
    test_reverse();
}

/* A tuner with bounds may set what lies inside, and its copies only less. */
static void test_bounds(void)
{
    uint64_t bounds = SLUICE_TUNER_BOUNDED |
                      1ull << SLUICE_GRANULARITY_OBJECT << SLUICE_TUNER_GRANULARITIES_SHIFT |
                      1ull << SLUICE_ALGORITHM_TAS << SLUICE_TUNER_ALGORITHMS_SHIFT;
    uint64_t bounded = sluice_slot_alloc(), wider = sluice_slot_alloc();
    struct sluice_tunable_info info;
    tap_result(sluice_cap_copy(0, bounded, TUNER, SLUICE_RIGHTS_ALL, bounds), 0, "a tuner with bounds");
    int64_t result = sluice_policy_propose(bounded, pool_number(), CLASS_ENDPOINT, generation_now(),
                                           POLICY_OF(POOL, TAS), 0, 0);
    tap_result(result, SLUICE_E_OUT_OF_BOUNDS, "does not propose outside of them");
    result = sluice_policy_propose(bounded, pool_number(), CLASS_ENDPOINT, generation_now(),
                                   POLICY_OF(OBJECT, TAS), 0, 0);
    tap_ok(result > 0, "proposes inside of them (%s)", error_name(result));
    tap_result(sluice_tunable_set(bounded, 0, sluice_tunable_info(TUNER, 0, &info) ? 0 : info.value),
               SLUICE_E_OUT_OF_BOUNDS, "sets no tunable without the bit for it");
    tap_result(sluice_cap_copy(0, wider, bounded, SLUICE_RIGHTS_ALL, bounds | SLUICE_TUNER_TUNABLES),
               SLUICE_E_OUT_OF_BOUNDS, "and its copies get no wider bounds");
    tap_result(sluice_cap_copy(0, wider, bounded, SLUICE_RIGHTS_ALL, 2), SLUICE_E_OUT_OF_BOUNDS,
               "nor none at all");
    sluice_slot_drop(bounded);
    sluice_slot_free(wider);
}

static void test_log(void)
{
    uint64_t space = bench[SLUICE_TYPE_ASPACE], pages = 0;
    tap_result(sluice_log_map(LOG, space, BENCH_ADDRESS, SLUICE_LOG_SYSTEM, 0, &pages), 0,
               "log_map of a page");
    tap_equal(pages, 1, "it counts it");
    tap_result(sluice_log_map(LOG, space, BENCH_ADDRESS, SLUICE_LOG_SYSTEM, 0, NULL), SLUICE_E_EXISTS,
               "not twice");
    tap_result(sluice_aspace_unmap(space, BENCH_ADDRESS, 1, NULL), 0, "it can be unmapped");
    tap_result(SLUICE_DO(log_map, LOG, space, BENCH_ADDRESS, 99, 0), SLUICE_E_NOT_FOUND,
               "log_map of nothing known");
    int64_t result = SLUICE_DO(log_map, LOG, space, BENCH_ADDRESS, SLUICE_LOG_CPU, 254);
    tap_ok(result == SLUICE_E_NOT_FOUND || result == SLUICE_E_BAD_ARGUMENT,
           "log_map of a CPU that is not there (%s)", error_name(result));
    result = SLUICE_DO(log_map, LOG, space, BENCH_ADDRESS + 8, SLUICE_LOG_SYSTEM, 0);
    tap_ok(result < 0, "log_map inside a page (%s)", error_name(result));
    result = SLUICE_DO(log_map, LOG, space, 0xffff800000000000ull, SLUICE_LOG_SYSTEM, 0);
    tap_ok(result < 0, "log_map at a kernel address (%s)", error_name(result));
    tap_result(sluice_log_write(LOG, "# written by log_write\n", 23), 23, "log_write counts its bytes");
    static char text[300];
    tap_result(sluice_log_write(LOG, text, 257), SLUICE_E_BAD_ARGUMENT, "log_write of 257 bytes");
    tap_result(sluice_log_write(LOG, text, UINT64_MAX), SLUICE_E_BAD_ARGUMENT, "log_write of 2^64 - 1 bytes");
}

/* The heartbeat itself, and the return to the boot policies, are tested by tests/user/flip/. */
static void test_heartbeat(void)
{
    tap_result(sluice_heartbeat(TUNER, 1), SLUICE_E_BAD_ARGUMENT, "heartbeat with a period too short");
    tap_result(sluice_heartbeat(TUNER, UINT64_MAX), SLUICE_E_BAD_ARGUMENT,
               "heartbeat with a period too long");
}

void test_tunables(void)
{
    if (!tap_ok(TUNER && LOG, "this program was given a tuner and a log capability"))
        return;
    test_info();
    test_set();
    test_policies();
    test_bounds();
    test_log();
    test_heartbeat();
}
