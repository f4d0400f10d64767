// SPDX-License-Identifier: MIT
/*
 * Tunables, the transition engine and the watchdog: what other folders use of this one.
 * Context: tunable() anywhere. tunables_parse at boot, on the boot CPU. The others in the kernel, interrupts off.
 * Locks: transition_lock (a leaf), never held while calling out. Tests: tests/host/test_tunables.c,
 * tests/host/test_transition.c, tests/user/flip/.
 */
#pragma once
#include "smp/atomic.h"
#include "smp/mailbox.h"
#include "tunables/table.h"
#include <stdbool.h>
#include <stdint.h>

struct pool;

enum tunable_index {
#define TUNABLE_ENUM(identifier, name, minimum, initial, maximum, unit, when, sentence) TUNABLE_##identifier,
    TUNABLES(TUNABLE_ENUM) TUNABLE_COUNT
#undef TUNABLE_ENUM
};

extern uint64_t tunable_values[TUNABLE_COUNT];
/* Relaxed: every value is right at any moment; a change is seen soon. */
#define tunable(identifier) atomic_load_relaxed(&tunable_values[TUNABLE_##identifier])

/* `name=value` words of the kernel command line. Bad ones are skipped and reported, one call of `warn` each: `why` is
 * NULL when no tunable has the name (`word` is then the name alone), else it says what is allowed. */
void tunables_parse(const char *command_line, void (*warn)(const char *word, const char *why));

/* The policy word of the policy.boot / policy.pool encoding. */
uint32_t policy_word_of_tunable(uint64_t value);

/* Pool lifecycle. transition_pool_init: policies of a new pool (policy.boot for the system pool, else policy.pool),
 * before its generation becomes odd. transition_pool_idle: false while a transition of the pool is under way; asked
 * after its generation became even, when no new one can begin. Each step of a transition needs a grace period, so a
 * destruction that finds it busy asks again after one (epoch_wait). */
void transition_pool_init(struct pool *pool);
bool transition_pool_idle(struct pool *pool);

/* MAILBOX_TRANSITION. */
void transition_node_handle(struct mailbox_node *node);

/* Any CPU, any lock held: a wait for a lock passed watchdog.wait, or the heartbeat failed (enum sluice_reset_reason).
 * Only sends this CPU a message; the work is done when it comes by. */
void watchdog_reset(unsigned reason);
/* CPU 0, at the time that was given to sched_watchdog_set or returned here: does what is due (heartbeat, time-outs and
 * delays of transitions); returns the TSC time it wants to be called again, 0 for none. */
uint64_t watchdog_check_cpu(void);
