// SPDX-License-Identifier: MIT
/*
 * Waiting for a lock.
 * Entry points: lock_wait_begin, lock_wait_turn. Context: kernel, interrupts off, inside a lock's spin loop, with locks
 * of lower rank held. Locks: none of its own; watchdog_reset takes leaf locks only. Tests: tests/host/test_locks.c.
 */
#include "smp/lock/wait.h"
#include "kernel/abi/log.h"
#include "kernel/boot/platform.h"
#include "tunables/tunables.h"

/* Turns between two looks at the clock: reading it may cost as much as tens of PAUSEs (HPET). */
#define TURNS_PER_LOOK 256u

void lock_wait_begin(struct lock_wait *wait)
{
    if (!wait->began_tsc)
        wait->began_tsc = clock_tsc();
}

static bool wait_too_long(const struct lock_wait *wait)
{
    uint64_t limit_us = tunable(watchdog_wait);
    return limit_us && clock_tsc() - wait->began_tsc > limit_us * (tsc_hz / 1000000);
}

void lock_wait_turn(struct lock_wait *wait)
{
    cpu_relax();
    if (++wait->turns % TURNS_PER_LOOK || wait->quiet || wait->reported || !wait_too_long(wait))
        return;
    wait->reported = true;
    watchdog_reset(SLUICE_RESET_WAIT);
}
