// SPDX-License-Identifier: MIT
/*
 * The lock word: every algorithm side by side, because a union policy holds two of them at once.
 * Owns: struct lock, struct mcs_node; the verbs are in tas.h, ticket.h and mcs.h. Context: kernel, interrupts off; the
 * same sources run on the host under pthreads. Locks: these. Tests: tests/host/test_locks.c.
 *
 * NAME_lock returns what the counters want to know: 0 when it got the lock at once, else waiters seen ahead + 1.
 * NAME_trylock returns whether it got the lock; it never waits. NAME_unlock is called by the holder.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct mcs_node {
    struct mcs_node *next; /* atomic: with the successor */
    uint32_t locked;       /* atomic: with the predecessor */
};

/* Sixteen bytes, embedded in objects beside the fields it guards. All zero is free. */
struct lock {
    uint8_t tas;         /* atomic: 0 free, 1 taken */
    uint8_t owner;       /* atomic, a hint for the counters: CPU that took it last, by whatever algorithm */
    uint16_t mcs_served; /* atomic, a hint for the counters: acquisitions by mcs; written by the mcs holder */
    union {
        uint32_t ticket; /* atomic: both halves, for what must see or change them as one */
        struct {
            uint16_t ticket_owner; /* atomic: written by the ticket holder */
            uint16_t ticket_next;
        };
    };
    struct mcs_node *mcs_tail; /* atomic */
};
_Static_assert(sizeof(struct lock) == 16, "embedded in objects");
