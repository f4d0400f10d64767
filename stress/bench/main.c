// SPDX-License-Identifier: MIT
/*
 * stress/bench: what each operation of the kernel costs. policy= sets the lock policies of all pools first; operation=
 * picks one row of operations.h. One line for each; tools/bench runs this under `-icount shift=0`.
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
static const char *const operation_words[] = {"all", BENCH_OPERATIONS(OPERATION_WORD) NULL};
#undef OPERATION_WORD

static bool operations_measure(struct bench *bench, unsigned only, const char *policy)
{
    bool good = bench_measure(bench, BENCH_empty, policy);
    for (unsigned i = BENCH_empty + 1; i < BENCH_COUNT; i++)
        if (!only || only == i)
            good &= bench_measure(bench, (enum bench_number)i, policy);
    return good;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    unsigned policy = POLICY_BOOT, operation = 0;
    const struct argument arguments[] = {
        {.key = "policy", .choice = &policy, .words = policy_words},
        {.key = "operation", .choice = &operation, .words = operation_words},
        {0},
    };
    if (!arguments_parse(argc, argv, arguments))
        return 2;
    if (!bench_init(&bench)) {
        printf("bench: not enough memory, slots or rights\n");
        return 3;
    }
    bool good = policies_set(&bench, policies[policy]);
    if (!good)
        printf("bench: a pool does not take the policy %s\n", policy_words[policy]);
    good = good && operations_measure(&bench, operation, policy_words[policy]);
    return policies_set(&bench, policies[POLICY_BOOT]) && good ? 0 : 1;
}
