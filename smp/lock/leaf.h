// SPDX-License-Identifier: MIT
/*
 * Leaf locks: for what must not depend on policies (the epoch, the transition engine, the boot console).
 * Owns: leaf_lock, leaf_trylock, leaf_unlock on any struct lock that no gate uses. Context: kernel, interrupts off; may
 * be held for a few instructions only, with no gate, no other leaf and no callback inside. Locks: ranks behind all
 * others, so it may be taken with anything but a leaf held. Tests: tests/host/test_locks.c.
 */
#pragma once
#include "smp/lock/ticket.h"

static inline void leaf_lock(struct lock *lock)
{
    struct lock_wait wait = {.quiet = true};
    ticket_lock(lock, &wait);
}

static inline bool leaf_trylock(struct lock *lock)
{
    return ticket_trylock(lock);
}

static inline void leaf_unlock(struct lock *lock)
{
    ticket_unlock(lock);
}
