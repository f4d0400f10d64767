// SPDX-License-Identifier: MIT
/*
 * Faults inside of system calls: the call starts again when the fault is mended, wherever the fault endpoint's lock
 * policy has the message sent from.
 * Context: the program's first thread is the probe's pager. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "smp/lock/classes.h"
#include "stress/lib/resources.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"

int64_t hostile_policy_set(unsigned lock_class, uint32_t policy)
{
    uint64_t pool = resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER), phase = 1;
    int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, (unsigned)pool, lock_class, NULL);
    int64_t result = sluice_policy_propose(SLUICE_SLOT_TUNER, (unsigned)pool, lock_class,
                                           SLUICE_POLICY_GENERATION((uint32_t)word), policy, 0, 0);
    while (result >= 0 && phase != SLUICE_PHASE_STEADY) {
        sluice_sleep_ms(1);
        sluice_policy_status(SLUICE_SLOT_TUNER, (unsigned)pool, lock_class, &phase);
    }
    return result < 0 ? result : 0;
}

static void info_body(struct probe *probe)
{
    raw_call(&probe->call);
}

/* The probe asks for a description to be written where nothing is; we map something there, and let it go on. */
static void fault_mend(struct probe *probe, const char *name)
{
    struct sluice_message message = {0};
    probe->call = (struct raw_call){.number = SLUICE_SYS_cap_info,
                                    .argument = {bench[SLUICE_TYPE_ENDPOINT], BENCH_ADDRESS}};
    probe_start(probe, info_body, 0);
    struct probe_outcome outcome = probe_collect(probe, 1000);
    tap_ok(outcome.kind == PROBE_FAULT && outcome.address == BENCH_ADDRESS, "cap_info faults (%s)", name);
    int64_t result = sluice_memory_map(BENCH_ADDRESS, 4096,
                                       SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MEMORY_POPULATE, NULL);
    tap_result(result, 0, "its pager maps the page");
    sluice_reply(0, &message);
    outcome = probe_collect(probe, 1000);
    const struct sluice_cap_info *info = (const struct sluice_cap_info *)BENCH_ADDRESS;
    tap_ok(outcome.kind == PROBE_DONE && probe->call.number == 0 && info->type == SLUICE_TYPE_ENDPOINT,
           "the call was done all the same (%s)", name);
    probe_stop(probe);
    sluice_memory_unmap((void *)BENCH_ADDRESS, 4096);
}

void test_faults(struct probe *probe)
{
    unsigned last = sluice_process->cpu[sluice_cpu_count() - 1];
    fault_mend(probe, "here");
    tap_result(hostile_policy_set(LOCK_CLASS_endpoint, SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, last)), 0,
               "the fault endpoint is off elsewhere");
    fault_mend(probe, "sent from elsewhere");
    tap_result(hostile_policy_set(LOCK_CLASS_endpoint,
                                  SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)),
               0, "and as it was");
}
