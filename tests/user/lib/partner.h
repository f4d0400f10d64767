// SPDX-License-Identifier: MIT
/*
 * Partners: threads of a test that do one thing and are joined with a time limit, so that a lost wake-up is a failed
 * test and not a test that hangs.
 * Entry points: partner_start, partner_join. Context: the test's first thread. Locks: none. Tests: tests/user/.
 */
#pragma once
#include "servers/lib/thread.h"
#include <stdbool.h>

#define PARTNER_WAIT_MS 10000u

/* On processor `cpu` of the process, or on its last where it has fewer. NULL after a failed test. */
struct sluice_thread *partner_start(void (*body)(void *), void *argument, unsigned cpu);
/* False after a failed test: it did not end in time. */
bool partner_join(struct sluice_thread *thread, const char *name);
/* Waits until the partner is blocked in the kernel (at most 5 s). */
bool partner_blocked(struct sluice_thread *thread);
