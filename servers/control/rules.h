// SPDX-License-Identifier: MIT
/*
 * The rules: which kind of policy an observed load asks for. Data, in one table (rules.c); the first rule that holds
 * says what is wanted.
 * Owns: struct rule. Entry points: rules_pick, rule_reason. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#pragma once
#include "servers/control/load.h"
#include "servers/control/settings.h"

#define RULE_CONDITIONS 3u
#define RULE_KEEP 15u /* keeps the present granularity or algorithm */

enum condition_kind { CONDITION_NONE, CONDITION_AT_LEAST, CONDITION_BELOW };

struct condition {
    uint8_t kind;    /* enum condition_kind; NONE ends the list */
    uint8_t input;   /* enum input; one that is not known makes the condition false */
    uint8_t setting; /* enum setting: the bound */
};

struct rule {
    const char *name;
    uint8_t granularities; /* bit g: holds when the present granularity is g */
    uint8_t algorithms;
    struct condition conditions[RULE_CONDITIONS];
    uint8_t granularity, algorithm; /* wanted; RULE_KEEP: as it is */
    const char *reason;
};

/* The first rule that holds for the inputs under the present policy, NULL: none. *wanted is the policy it asks for,
 * which may be the present one. */
const struct rule *rules_pick(const struct inputs *inputs, uint32_t policy, const struct settings *settings,
                              uint32_t *wanted);
/* The rule's reason with what was measured. */
void rule_reason(const struct rule *rule, const struct inputs *inputs, const struct settings *settings,
                 char *text, unsigned bytes);
/* For tests and the list of rules at the console: row `index`, NULL past the last. */
const struct rule *rule_at(unsigned index);
