// SPDX-License-Identifier: MIT
/*
 * test/counters: the pages that the kernel shares: they are read-only, they move, and the log tells of transitions.
 * Context: a process that was given tuner and log. Locks: none. Tests: tests/user/counters.t runs this.
 */
#include "servers/lib/counters.h"
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"

static struct counters counters;

static void write_body(struct probe *probe)
{
    *(volatile uint64_t *)probe->argument = 0;
}

static void test_read_only(struct probe *probe)
{
    const struct {
        const char *name;
        const void *page;
    } pages[] = {{"system", counters.system},
                 {"pools", counters.pools},
                 {"lock counters", counters.locks[0]},
                 {"CPU counters", counters.cpus[0]},
                 {"events", counters.events[0]}};
    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct probe_outcome outcome = probe_run(probe, write_body, (uint64_t)pages[i].page);
        tap_ok(outcome.kind == PROBE_FAULT && outcome.address == (uint64_t)pages[i].page &&
                   (outcome.error & SLUICE_FAULT_WRITE),
               "the %s page can't be written (%s)", pages[i].name, probe_kind_name(outcome.kind));
        int64_t result = sluice_aspace_protect(SLUICE_SLOT_ASPACE, (uint64_t)pages[i].page, 1,
                                               SLUICE_MAP_READ | SLUICE_MAP_WRITE);
        tap_ok(result < 0, "nor be made writable (%s)", error_name(result));
    }
}

static void test_system(void)
{
    const struct sluice_system_info *system = counters.system;
    tap_equal(system->abi_version, 1, "version of the ABI");
    tap_equal(system->cpus, sluice_process->cpus_online, "processors");
    tap_equal(system->tsc_hz, sluice_process->tsc_hz, "rate of the time stamps");
    tap_ok(system->frames > 1000 && system->kernel_bytes > 0 && system->boot_ns > 0,
           "memory and boot time are told");
    tap_ok(system->classes >= 7 && system->classes <= SLUICE_CLASSES_MAX, "%u lock classes", system->classes);
}

static void test_moving(void)
{
    struct sluice_cpu_counters before, after;
    uint64_t notification = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    uint64_t pool = resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    struct sluice_lock_counters lock_before, lock_after;
    counters_cpu_sum(&counters, &before);
    counters_lock_sum(&counters, (unsigned)pool, 3, &lock_before);
    for (unsigned i = 0; i < 1000; i++)
        sluice_signal(notification, 1);
    counters_cpu_sum(&counters, &after);
    counters_lock_sum(&counters, (unsigned)pool, 3, &lock_after);
    tap_ok(after.syscalls >= before.syscalls + 1000, "1000 system calls are counted");
    tap_ok(after.signals >= before.signals + 1000, "1000 signals are counted");
    tap_ok(lock_after.acquired >= lock_before.acquired + 1000,
           "the pool's notification class was acquired 1000 times");
    resource_object_end(notification);
}

/* Finds a POLICY_CHANGED event of this place and policy among those after `next`. */
static bool event_seen(uint64_t *next, uint32_t place, uint32_t policy)
{
    struct sluice_event event;
    bool seen = false;
    for (unsigned cpu = 0; cpu < counters.system->cpus; cpu++)
        while (counters_event(&counters, cpu, &next[cpu], &event))
            seen |= event.kind == SLUICE_EVENT_POLICY_CHANGED && event.a == place &&
                    SLUICE_POLICY_SET((uint32_t)event.b) == policy;
    return seen;
}

static void test_events(void)
{
    static uint64_t next[SLUICE_CPUS_MAX];
    unsigned pool = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    uint32_t place = pool | 2u << 16,
             policy = SLUICE_POLICY(SLUICE_GRANULARITY_CLASS, SLUICE_ALGORITHM_MCS, 0);
    uint64_t told = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    uint32_t word = (uint32_t)sluice_policy_status(SLUICE_SLOT_TUNER, pool, 2, NULL);
    struct sluice_pool_info before, after;
    event_seen(next, place, policy);
    counters_pool(&counters, pool, &before);
    tap_ok(sluice_policy_propose(SLUICE_SLOT_TUNER, pool, 2, SLUICE_POLICY_GENERATION(word), policy, told,
                                 1) > 0,
           "a transition of our own pool");
    tap_result(sluice_wait(told, 1, sluice_deadline_ms(5000), NULL), 0, "ends");
    tap_ok(event_seen(next, place, policy), "the event log tells of it");
    tap_ok(counters_pool(&counters, pool, &after) && after.transitions == before.transitions + 1,
           "the pool's line counts it");
    tap_equal(SLUICE_POLICY_SET(after.policy[2]), policy, "and shows the new policy");
    word = (uint32_t)sluice_policy_status(SLUICE_SLOT_TUNER, pool, 2, NULL);
    sluice_policy_propose(SLUICE_SLOT_TUNER, pool, 2, SLUICE_POLICY_GENERATION(word),
                          SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0), told, 1);
    sluice_wait(told, 1, sluice_deadline_ms(5000), NULL);
    resource_object_end(told);
}

int main(void)
{
    struct probe probe;
    tap_begin("counters");
    if (tap_result(counters_open(&counters), 0, "the counter pages are mapped") &&
        tap_ok(probe_init(&probe, 0), "a probe")) {
        test_read_only(&probe);
        test_system();
        test_moving();
        test_events();
        probe_end(&probe);
    }
    return tap_end();
}
