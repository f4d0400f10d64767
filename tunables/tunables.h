// SPDX-License-Identifier: MIT
/*
 * Tunables, the transition engine and the watchdog: what other folders use of this one.
 * Context: tunable() anywhere. tunables_parse at boot, on the boot CPU. Locks: transition_lock (a leaf). Tests:
 * tests/host/test_tunables.c, tests/host/test_transition.c, tests/user/flip/.
 */
#pragma once
#include "smp/atomic.h"
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

/* `name=value` words of the kernel command line. Unknown or bad ones are reported through `warn`, one line each, and
 * skipped. */
void tunables_parse(const char *command_line, void (*warn)(const char *word, const char *why));

/* The policy word of the policy.boot / policy.pool encoding. */
uint32_t policy_word_of_tunable(uint64_t value);

/* Pool lifecycle: policies of a new pool; false while a transition of the pool is under way (destruction waits). */
void transition_pool_init(struct pool *pool);
bool transition_pool_idle(struct pool *pool);

/* Any CPU: a wait for a lock passed watchdog.wait, or the heartbeat failed (enum sluice_reset_reason). */
void watchdog_reset(unsigned reason);
/* Timer path of CPU 0: checks the heartbeat; returns the TSC time of the next check, 0 for none. */
uint64_t watchdog_check_cpu(void);
