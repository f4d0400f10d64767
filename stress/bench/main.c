// SPDX-License-Identifier: MIT
/*
 * stress/bench: what each operation of the kernel costs. policy= sets the lock policies of all pools first; operation=
 * picks one row of operations.h. One line for each; tools/bench runs this under `-icount shift=0`. cpus=: a process on
 * each processor does the same (mode=own), or one works with the others (mode=cross), for the plugin to count.
 * Oracle: an operation that does not do what it is measured for ends the program with status 1.
 * Context: a process of its own, with tuner, log, ports and regions. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/bench.h"
#include "stress/lib/arguments.h"
#include <stdio.h>

/* off, object and kernel alone mean what tools/bench prints; the boot policy is `object`. */
static const char *const policy_words[] = {"off",        "object",     "kernel",     "object/ticket",
                                           "object/mcs", "kernel/tas", "kernel/mcs", NULL};
#define POLICY(granularity, algorithm)                                                                       \
    SLUICE_POLICY(SLUICE_GRANULARITY_##granularity, SLUICE_ALGORITHM_##algorithm, 0)
static const uint32_t policies[] = {
    POLICY(OFF, TAS),    POLICY(OBJECT, TAS), POLICY(KERNEL, TICKET), POLICY(OBJECT, TICKET),
    POLICY(OBJECT, MCS), POLICY(KERNEL, TAS), POLICY(KERNEL, MCS),
};
#define POLICY_BOOT 1u

#define OPERATION_WORD(name, rounds, before, after) #name,
static const char *const operation_words[] = {"all", BENCH_OPERATIONS(OPERATION_WORD)
                                                         BENCH_CROSS_OPERATIONS(OPERATION_WORD) NULL};
#undef OPERATION_WORD

static const char *const mode_words[] = {"own", "cross", NULL};
enum { MODE_OWN, MODE_CROSS };

static unsigned policy = POLICY_BOOT, only, mode = MODE_OWN;
static struct bench bench = {.cpus = 1, .rounds_max = BENCH_ROUNDS_MAX};

static bool setup_parse(int argc, char **argv)
{
    const struct argument arguments[] = {
        {.key = "policy", .choice = &policy, .words = policy_words},
        {.key = "operation", .choice = &only, .words = operation_words},
        {.key = "mode", .choice = &mode, .words = mode_words},
        {.key = "cpus", .number = &bench.cpus, .minimum = 1, .maximum = SLUICE_CPUS_MAX},
        {.key = "rounds", .number = &bench.rounds_max, .minimum = 1, .maximum = BENCH_ROUNDS_MAX},
        {0},
    };
    if (!arguments_parse(argc, argv, arguments))
        return false;
    if (!worker_is() && bench.cpus > sluice_cpu_count()) {
        printf("bench: cpus=%lu: there are %u\n", (unsigned long)bench.cpus, sluice_cpu_count());
        return false;
    }
    if (mode == MODE_CROSS && bench.cpus < 2) {
        printf("bench: mode=cross needs cpus=2 or more\n");
        return false;
    }
    return true;
}

static bool operations_measure(void)
{
    unsigned first = mode == MODE_CROSS ? BENCH_OWN_COUNT : BENCH_empty + 1;
    unsigned end = mode == MODE_CROSS ? BENCH_COUNT : BENCH_OWN_COUNT;
    bool good = bench_measure(&bench, BENCH_empty, policy_words[policy]);
    for (unsigned i = first; i < end; i++)
        if (!only || only == i)
            good &= bench_measure(&bench, (enum bench_number)i, policy_words[policy]);
    return good;
}

/* One of several workers: the pools of others have their policy already. */
static int worker_main(void)
{
    if (!bench_init(&bench) || !worker_join(&bench)) {
        printf("bench: a worker has not enough memory, slots or rights\n");
        return 3;
    }
    return policies_set_own(&bench, policies[policy]) && operations_measure() ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (!setup_parse(argc, argv))
        return 2;
    if (worker_is())
        return worker_main();
    if (!bench_init(&bench) || (mode == MODE_CROSS && !cross_init(&bench))) {
        printf("bench: not enough memory, slots or rights\n");
        return 3;
    }
    int status = 1;
    if (!policies_set(&bench, policies[policy]))
        printf("bench: a pool does not take the policy %s\n", policy_words[policy]);
    else if (mode == MODE_OWN && bench.cpus > 1)
        status = workers_run(bench.cpus, argc, argv);
    else
        status = !operations_measure();
    return policies_set(&bench, policies[POLICY_BOOT]) ? status : 1;
}
