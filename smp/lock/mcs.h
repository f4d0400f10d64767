// SPDX-License-Identifier: MIT
/*
 * MCS queue lock (Mellor-Crummey and Scott, 1991): fair; each waiter spins on its own node.
 * Owns: lock.mcs_tail, lock.mcs_served. Verbs: mcs_lock, mcs_trylock, mcs_unlock; the node stays where it is from lock
 * to unlock. Context: kernel, interrupts off. Tests: tests/host/test_locks.c.
 *
 *   may run together     lock/trylock            unlock
 *   lock/trylock         yes, in order           yes
 *   unlock               yes                     never: one holder
 */
#pragma once
#include "smp/atomic.h"
#include "smp/lock/lock.h"
#include "smp/lock/wait.h"
#include <stddef.h>

/* Holder only. */
static inline void mcs_count(struct lock *lock)
{
    atomic_store_relaxed(&lock->mcs_served, (uint16_t)(atomic_load_relaxed(&lock->mcs_served) + 1));
}

static inline bool mcs_trylock(struct lock *lock, struct mcs_node *node)
{
    atomic_store_relaxed(&node->next, (struct mcs_node *)NULL); /* relaxed: the cas publishes it */
    if (atomic_load_relaxed(&lock->mcs_tail) || !atomic_cas(&lock->mcs_tail, (struct mcs_node *)NULL, node))
        return false;
    mcs_count(lock);
    return true;
}

static inline uint32_t mcs_wait(struct lock *lock, struct mcs_node *node, struct mcs_node *previous,
                                struct lock_wait *wait)
{
    uint16_t served = atomic_load_relaxed(&lock->mcs_served);
    /* pairs with mcs_unlock(): node->locked = 1 before the predecessor can find the node and clear it */
    atomic_store_release(&previous->next, node);
    lock_wait_begin(wait);
    /* pairs with mcs_unlock(): the predecessor's work before ours */
    while (atomic_load_acquire(&node->locked))
        lock_wait_turn(wait);
    /* Those who got it between our joining the queue and now were the waiters ahead of us. */
    return (uint16_t)(atomic_load_relaxed(&lock->mcs_served) - served) + 1u;
}

static inline uint32_t mcs_lock(struct lock *lock, struct mcs_node *node, struct lock_wait *wait)
{
    /* Relaxed: the exchange publishes both. */
    atomic_store_relaxed(&node->next, (struct mcs_node *)NULL);
    atomic_store_relaxed(&node->locked, 1u);
    struct mcs_node *previous = atomic_exchange(&lock->mcs_tail, node);
    uint32_t seen = __builtin_expect(!previous, 1) ? 0 : mcs_wait(lock, node, previous, wait);
    mcs_count(lock);
    return seen;
}

/* A successor is between its exchange and its store to our node, which are neighbouring instructions with interrupts off.
 * Nobody but the two is held up: those behind would wait for the successor anyway. */
static __attribute__((noinline)) struct mcs_node *mcs_successor_wait(struct mcs_node *node)
{
    struct lock_wait wait = {.quiet = true};
    struct mcs_node *next;
    do {
        lock_wait_turn(&wait);
        next = atomic_load_acquire(&node->next); /* pairs with mcs_wait(): as in mcs_unlock() */
    } while (!next);
    return next;
}

static inline void mcs_unlock(struct lock *lock, struct mcs_node *node)
{
    /* pairs with mcs_wait(): the successor's locked = 1 before our clearing it */
    struct mcs_node *next = atomic_load_acquire(&node->next);
    if (!next) {
        if (atomic_cas(&lock->mcs_tail, node, (struct mcs_node *)NULL))
            return;
        next = mcs_successor_wait(node);
    }
    /* pairs with mcs_wait(): our work before the successor's */
    atomic_store_release(&next->locked, 0u);
}
