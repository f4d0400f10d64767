// SPDX-License-Identifier: MIT
/*
 * The lock word: every algorithm side by side, because a union policy holds two of them at once.
 * Owns: struct lock, struct mcs_node and the verbs of tas.h, ticket.h and mcs.h beside it. Context: kernel, interrupts
 * off; the same sources run on the host under pthreads. Locks: these. Tests: tests/host/test_locks.c.
 * Each verb returns what the counters want to know: 0 when it got the lock at once, else waiters seen + 1.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct mcs_node {
    struct mcs_node *next; /* atomic: with the successor */
    uint32_t locked;       /* atomic: with the predecessor */
    uint32_t cpu;
};

/* Sixteen bytes, embedded in objects beside the fields it guards. All zero is free. */
struct lock {
    uint32_t tas;               /* atomic: 0 free, else owner's CPU + 1 */
    uint16_t ticket_next;       /* atomic */
    uint16_t ticket_owner;      /* atomic */
    struct mcs_node *mcs_tail;  /* atomic */
};
_Static_assert(sizeof(struct lock) == 16, "embedded in objects");
