// SPDX-License-Identifier: MIT
/*
 * test/measure: what operations of the kernel cost on one processor, in ticks of RDTSC. Under `-icount shift=0` a tick is
 * an instruction, user and kernel together; elsewhere the figures mean nothing. Each figure is the best of several
 * runs, so that no timer interrupt is in it, with the cost of the empty loop taken off. RESULT lines.
 * Context: a process that was given tuner, log and regions; processor 0. Locks: none. Tests: tools/measure runs this.
 */
#include "tests/user/measure/measure.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>

uint64_t measure_best(void (*round)(void *), void *context)
{
    uint64_t best = UINT64_MAX;
    for (unsigned i = 0; i < MEASURE_RUNS; i++) {
        uint64_t began = cpu_cycles();
        for (unsigned j = 0; j < MEASURE_ROUNDS; j++)
            round(context);
        uint64_t ticks = cpu_cycles() - began;
        best = ticks < best ? ticks : best;
    }
    return best;
}

static void nothing_round(void *context)
{
    (void)context;
}

void measure_print(const char *name, const char *policy, void (*round)(void *), void *context)
{
    uint64_t empty = measure_best(nothing_round, context), ticks = measure_best(round, context);
    uint64_t tenths = (ticks - empty) * 10 / MEASURE_ROUNDS;
    printf("RESULT measure=%s policy=%s instructions=%lu.%lu\n", name, policy, (unsigned long)(tenths / 10),
           (unsigned long)(tenths % 10));
}

static bool policy_set(unsigned pool, unsigned lock_class, uint32_t policy, uint64_t told)
{
    int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, pool, lock_class, NULL);
    if (word < 0)
        return false;
    if (SLUICE_POLICY_SET((uint32_t)word) == policy)
        return true;
    return sluice_policy_propose(SLUICE_SLOT_TUNER, pool, lock_class,
                                 SLUICE_POLICY_GENERATION((uint32_t)word), policy, told, 1) > 0 &&
           sluice_wait(told, 1, sluice_deadline_ms(5000), NULL) == 0;
}

/* Every class of our pool and of the system's. */
static bool policies_set(uint32_t policy, uint64_t told)
{
    unsigned own = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    bool good = true;
    for (unsigned i = 0; i < 7; i++)
        good = good && policy_set(own, i, policy, told) && policy_set(0, i, policy, told);
    return good;
}

int main(void)
{
    static const struct {
        const char *name;
        uint32_t policy;
    } policies[] = {{"off@0", SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 0)},
                    {"object/tas", SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)},
                    {"object/ticket", SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TICKET, 0)},
                    {"object/mcs", SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0)},
                    {"kernel/tas", SLUICE_POLICY(SLUICE_GRANULARITY_KERNEL, SLUICE_ALGORITHM_TAS, 0)}};
    struct measure measure;
    uint64_t told = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    tap_begin("measure");
    if (!tap_ok(measure_init(&measure) && told, "what is measured is there"))
        return tap_end();
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        tap_ok(policies_set(policies[i].policy, told), "policy %s", policies[i].name);
        measure_all(&measure, policies[i].name);
    }
    tap_ok(policies_set(policies[1].policy, told), "policies are as before");
    return tap_end();
}
