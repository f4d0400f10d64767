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
/* Which of an object's queues: the index in struct sluice_cap_info's detail. */
enum partner_queue { QUEUE_SENDERS = 0, QUEUE_RECEIVERS = 1, QUEUE_WAITERS = 1 };

/* Waits until the object has so many threads in its queue (at most 2 s). That a thread is blocked says less: it may be
 * on its way there, in a page fault. */
bool partners_queued(uint64_t object, enum partner_queue queue, uint64_t count);
