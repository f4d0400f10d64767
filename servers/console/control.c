// SPDX-License-Identifier: MIT
/*
 * The command `control`: the control server on and off, its status and decisions, its tunables.
 * Entry point: command_control. Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/client.h"
#include "servers/console/console.h"
#include "servers/lib/policy.h"
#include <stdio.h>
#include <string.h>

#define DECISIONS_SHOWN 20u

static bool control_failed(int64_t error)
{
    if (error >= 0)
        return false;
    printf("the control server does not answer: %s\n", sluice_error_text(error));
    return true;
}

static void decision_show(struct console *console, const struct control_decision *decision)
{
    char before[POLICY_TEXT_BYTES], wanted[POLICY_TEXT_BYTES];

    printf("%5lu.%03lu ", (unsigned long)(decision->time_ms / 1000),
           (unsigned long)(decision->time_ms % 1000));
    if (decision->kind != DECISION_RESET && decision->lock_class < console->counters.system->classes)
        printf("%u %.16s %s: ", decision->pool, decision->pool_name,
               console->counters.system->class_info[decision->lock_class].name);
    if (decision->kind == DECISION_CHANGE || decision->kind == DECISION_ROLLBACK)
        printf("%s -> %s, ", policy_format(before, decision->before),
               policy_format(wanted, decision->wanted));
    printf("%.160s", decision->reason);
    if (decision->result < 0)
        printf(" (refused: %s)", sluice_error_text(decision->result));
    printf("\n");
}

static void decisions_show(struct console *console, const struct control_status *status, uint64_t shown)
{
    struct control_decision decision;
    uint64_t number = status->decisions > shown ? status->decisions - shown : 0;

    while (number < status->decisions && client_decision(number, &decision) == 0) {
        decision_show(console, &decision);
        number = decision.number + 1;
    }
}

static bool control_status(struct console *console, unsigned count, char **words)
{
    struct control_status status;
    uint64_t shown = DECISIONS_SHOWN;

    if (count > 0 && !name_number(words[0], "number of decisions", 0, DECISION_RING, &shown))
        return false;
    if (control_failed(client_status(&status)))
        return false;
    printf("control is %s; every %lu us; %lu pools watched\n", status.on ? "on" : "off",
           (unsigned long)status.period_us, (unsigned long)status.pools);
    decisions_show(console, &status, shown);
    printf("RESULT control=%s periods=%lu changes=%lu rollbacks=%lu freezes=%lu refusals=%lu resets=%lu\n",
           status.on ? "on" : "off", (unsigned long)status.periods, (unsigned long)status.changes,
           (unsigned long)status.rollbacks, (unsigned long)status.freezes, (unsigned long)status.refusals,
           (unsigned long)status.resets);
    return true;
}

static bool control_switch(bool on)
{
    if (control_failed(client_switch(on)))
        return false;
    printf("control is %s\n", on ? "on" : "off");
    return true;
}

bool command_control(struct console *console, unsigned count, char **words)
{
    if (strcmp(words[0], "on") == 0 && count == 1)
        return control_switch(true);
    if (strcmp(words[0], "off") == 0 && count == 1)
        return control_switch(false);
    if (strcmp(words[0], "status") == 0 && count <= 2)
        return control_status(console, count - 1, words + 1);
    if (strcmp(words[0], "set") == 0 && count == 3)
        return command_set(console, 2, words + 1);
    printf("usage: control on|off|status [N]|set NAME VALUE\n");
    return false;
}
