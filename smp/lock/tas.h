// SPDX-License-Identifier: MIT
/*
 * Test-and-test-and-set with bounded exponential back-off: cheapest alone, unfair, and therefore the one that stands
 * waiters which the host of a virtual machine does not run: nobody is next in line.
 * Owns: lock.tas. Verbs: tas_lock, tas_trylock, tas_unlock. Context: kernel, interrupts off. Tests: tests/host/test_locks.c.
 *
 *   may run together     lock/trylock            unlock
 *   lock/trylock         yes, one gets it        yes
 *   unlock               yes                     never: one holder
 */
#pragma once
#include "smp/atomic.h"
#include "smp/lock/lock.h"
#include "smp/lock/wait.h"
#include "tunables/tunables.h"

static inline bool tas_trylock(struct lock *lock)
{
    /* Relaxed test first: a taken lock's line stays shared among those who wait. The exchange orders what follows:
     * pairs with tas_unlock(): the last holder's work before ours. */
    return !atomic_load_relaxed(&lock->tas) && !atomic_exchange(&lock->tas, (uint8_t)1);
}

static inline uint32_t tas_wait(struct lock *lock, struct lock_wait *wait)
{
    uint64_t pauses = tunable(lock_backoff_min);
    lock_wait_begin(wait);
    do {
        uint64_t most = tunable(lock_backoff_max);
        for (uint64_t i = 0; i < pauses; i++)
            lock_wait_turn(wait);
        pauses = pauses * 2 < most ? pauses * 2 : most;
    } while (!tas_trylock(lock));
    return 1; /* others may wait, but nobody is ahead of anybody */
}

static inline uint32_t tas_lock(struct lock *lock, struct lock_wait *wait)
{
    return __builtin_expect(tas_trylock(lock), 1) ? 0 : tas_wait(lock, wait);
}

static inline void tas_unlock(struct lock *lock)
{
    /* pairs with tas_trylock(): our work before the next holder's */
    atomic_store_release(&lock->tas, (uint8_t)0);
}
