// SPDX-License-Identifier: MIT
/*
 * Ticket lock (Mellor-Crummey and Scott, 1991): fair, compact; all waiters watch one line.
 * Owns: lock.ticket. Verbs: ticket_lock, ticket_trylock, ticket_unlock. Context: kernel, interrupts off.
 * Tests: tests/host/test_locks.c.
 *
 *   may run together     lock/trylock            unlock
 *   lock/trylock         yes, in order           yes
 *   unlock               yes                     never: one holder
 *
 * Sixteen bits are enough: fewer than 65,536 CPUs wait at once.
 */
#pragma once
#include "smp/atomic.h"
#include "smp/lock/lock.h"
#include "smp/lock/wait.h"

#define TICKET_ONE 0x10000u /* one ticket in the upper half of lock.ticket */

static inline bool ticket_trylock(struct lock *lock)
{
    /* Both halves in one cas: with `next` alone, 65,536 tickets drawn while we sleep would look like none. */
    uint32_t seen = atomic_load_relaxed(&lock->ticket);
    return (uint16_t)seen == seen >> 16 && atomic_cas(&lock->ticket, seen, seen + TICKET_ONE);
}

static inline uint32_t ticket_wait(struct lock *lock, uint16_t mine, struct lock_wait *wait)
{
    /* pairs with ticket_unlock(): the last holder's work before ours; also when our turn has come already */
    uint16_t owner = atomic_load_acquire(&lock->ticket_owner);
    uint32_t ahead = (uint16_t)(mine - owner);
    lock_wait_begin(wait);
    while (owner != mine) {
        /* Longer pauses further back in the queue: fewer loads of the line that the holder has to write. */
        for (uint16_t i = (uint16_t)(mine - owner); i; i--)
            lock_wait_turn(wait);
        owner = atomic_load_acquire(&lock->ticket_owner); /* pairs with ticket_unlock(): as above */
    }
    return ahead ? ahead : 1;
}

static inline uint32_t ticket_lock(struct lock *lock, struct lock_wait *wait)
{
    uint32_t seen = atomic_fetch_add(&lock->ticket, TICKET_ONE);
    uint16_t mine = (uint16_t)(seen >> 16);
    return __builtin_expect((uint16_t)seen == mine, 1) ? 0 : ticket_wait(lock, mine, wait);
}

static inline void ticket_unlock(struct lock *lock)
{
    /* Only the holder writes this half. pairs with ticket_wait(): our work before the next holder's */
    atomic_store_release(&lock->ticket_owner, (uint16_t)(atomic_load_relaxed(&lock->ticket_owner) + 1));
}
