// SPDX-License-Identifier: MIT
/*
 * The table of rules, and how one is picked.
 * Entry points: rules_pick, rule_reason, rule_at. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 *
 * Order matters: the first rule that holds wins. A pair of bounds `enter` and `leave` is a band in which the present
 * policy stays: no rule holds there, or one that keeps it.
 */
#include "servers/control/rules.h"
#include <stdio.h>

#define G(name) (1u << SLUICE_GRANULARITY_##name)
#define A(name) (1u << SLUICE_ALGORITHM_##name)
#define COARSE (G(KERNEL) | G(POOL) | G(CLASS))
#define LOCKED (COARSE | G(OBJECT))
#define ANY (LOCKED | G(OFF))
#define FAIR (A(TICKET) | A(MCS))
#define ALL (FAIR | A(TAS))
#define AT_LEAST(input, setting)                                                                             \
    {                                                                                                        \
        CONDITION_AT_LEAST, INPUT_##input, SETTING_##setting                                                 \
    }
#define BELOW(input, setting)                                                                                \
    {                                                                                                        \
        CONDITION_BELOW, INPUT_##input, SETTING_##setting                                                    \
    }
#define TO(granularity, algorithm) SLUICE_GRANULARITY_##granularity, SLUICE_ALGORITHM_##algorithm

static const struct rule rules[] = {
    {"one-cpu",
     ANY,
     ALL,
     {AT_LEAST(dominant, one_cpu_enter)},
     TO(OFF, TAS),
     "one CPU does it all, no lock is needed"},
    {"still-one-cpu",
     G(OFF),
     ALL,
     {AT_LEAST(owner, one_cpu_leave)},
     RULE_KEEP,
     RULE_KEEP,
     "its CPU does nearly all"},
    {"contended-coarse",
     COARSE,
     ALL,
     {AT_LEAST(contended, contended_enter)},
     TO(OBJECT, TAS),
     "one lock for many objects is contended"},
    {"busy-coarse",
     COARSE | G(OFF),
     ALL,
     {AT_LEAST(busy, busy_enter)},
     TO(OBJECT, TAS),
     "several CPUs would queue at one lock"},
    {"waits-stall",
     LOCKED,
     FAIR,
     {AT_LEAST(stall, stall_enter), AT_LEAST(contended, contended_leave)},
     RULE_KEEP,
     SLUICE_ALGORITHM_TAS,
     "waits are far longer than holds, a waiter's CPU does not run"},
    {"long-queue",
     G(OBJECT),
     A(TAS) | A(TICKET),
     {AT_LEAST(queue, queue_enter), AT_LEAST(contended, contended_enter), BELOW(stall, stall_leave)},
     RULE_KEEP,
     SLUICE_ALGORITHM_MCS,
     "many wait for one lock, each on its own line"},
    {"calm",
     ANY,
     ALL,
     {BELOW(busy, busy_leave), BELOW(contended, contended_leave)},
     TO(POOL, TAS),
     "several CPUs, hardly any contention: one cheap lock"},
    {"short-queue",
     LOCKED,
     FAIR,
     {BELOW(queue, queue_leave), BELOW(contended, contended_enter)},
     RULE_KEEP,
     SLUICE_ALGORITHM_TAS,
     "nobody queues, the cheapest lock will do"},
    {"several-cpus", G(OFF), ALL, {BELOW(owner, one_cpu_leave)}, TO(OBJECT, TAS), "several CPUs use it now"},
};

static bool condition_holds(const struct condition *condition, const struct inputs *inputs,
                            const struct settings *settings)
{
    uint64_t value = inputs->value[condition->input], bound = settings->value[condition->setting];

    if (condition->kind == CONDITION_NONE)
        return true;
    if (!inputs->known[condition->input])
        return false;
    return condition->kind == CONDITION_AT_LEAST ? value >= bound : value < bound;
}

static bool rule_holds(const struct rule *rule, const struct inputs *inputs, uint32_t policy,
                       const struct settings *settings)
{
    if ((rule->granularities >> SLUICE_POLICY_GRANULARITY(policy) & 1) == 0)
        return false;
    if ((rule->algorithms >> SLUICE_POLICY_ALGORITHM(policy) & 1) == 0)
        return false;
    for (unsigned i = 0; i < RULE_CONDITIONS; i++)
        if (!condition_holds(&rule->conditions[i], inputs, settings))
            return false;
    return true;
}

static uint32_t rule_wanted(const struct rule *rule, const struct inputs *inputs, uint32_t policy)
{
    unsigned granularity = rule->granularity, algorithm = rule->algorithm, cpu = 0;

    if (granularity == RULE_KEEP && algorithm == RULE_KEEP)
        return SLUICE_POLICY_SET(policy);
    if (granularity == RULE_KEEP)
        granularity = SLUICE_POLICY_GRANULARITY(policy);
    if (granularity == SLUICE_GRANULARITY_OFF)
        cpu = inputs->dominant_cpu;
    return SLUICE_POLICY(granularity, algorithm, cpu);
}

const struct rule *rules_pick(const struct inputs *inputs, uint32_t policy, const struct settings *settings,
                              uint32_t *wanted)
{
    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!rule_holds(&rules[i], inputs, policy, settings))
            continue;
        *wanted = rule_wanted(&rules[i], inputs, policy);
        return &rules[i];
    }
    *wanted = SLUICE_POLICY_SET(policy);
    return NULL;
}

void rule_reason(const struct rule *rule, const struct inputs *inputs, const struct settings *settings,
                 char *text, unsigned bytes)
{
    static const struct {
        const char *name, *unit;
    } names[INPUT_COUNT] = {
#define INPUT_NAME(identifier, name, unit) {name, unit},
        CONTROL_INPUTS(INPUT_NAME)
#undef INPUT_NAME
    };
    const struct condition *first = &rule->conditions[0];

    snprintf(text, bytes, "%s: %s (%s %llu%s, bound %llu)", rule->name, rule->reason,
             names[first->input].name, (unsigned long long)inputs->value[first->input],
             names[first->input].unit, (unsigned long long)settings->value[first->setting]);
}

const struct rule *rule_at(unsigned index)
{
    return index < sizeof(rules) / sizeof(rules[0]) ? &rules[index] : NULL;
}
