// SPDX-License-Identifier: MIT
/*
 * Waiting for a lock: PAUSE, the clock, the watchdog.
 * Owns: struct lock_wait. Entry points: lock_wait_begin, lock_wait_turn. Context: kernel, interrupts off, inside a lock's
 * spin loop. Locks: none. Tests: tests/host/test_locks.c.
 *
 * The clock is read when a wait begins and now and then while it lasts, never on an uncontended acquisition. A wait
 * longer than the tunable watchdog.wait calls the watchdog once and goes on.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct lock_wait {
    uint64_t began_tsc; /* 0: has not waited */
    uint32_t turns;
    bool quiet; /* leaf locks: the watchdog takes one itself, so a wait for one must not call it */
    bool reported;
};

/* The first attempt failed. Keeps the time of the first wait when one lock after the other is waited for. */
void lock_wait_begin(struct lock_wait *wait);
/* One turn of a spin loop. */
void lock_wait_turn(struct lock_wait *wait);
