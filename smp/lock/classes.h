// SPDX-License-Identifier: MIT
/*
 * The table of lock classes: the one source for ranks, allowed policies, counters and the control server's view.
 * Context: included where a table is made of it. Locks: none. Tests: tests/host/test_classes.c.
 *
 * No operation holds locks of two classes at once, except for the kernel's one lock, which stays held to kernel exit;
 * ranks order the locks of a union policy and are what the debug checker checks.
 *
 * X(name, rank, granularities, algorithms, "what it guards")
 */
#pragma once

#define LOCK_GRANULARITIES_ALL 31u                              /* off kernel pool class object */
#define LOCK_GRANULARITIES_SPLIT (LOCK_GRANULARITIES_ALL | 32u) /* and split */
#define LOCK_ALGORITHMS_ALL 7u                                  /* tas ticket mcs */

#define LOCK_CLASSES(X)                                                                                      \
    X(alloc, 1, LOCK_GRANULARITIES_ALL, LOCK_ALGORITHMS_ALL, "a pool's free objects and pages")              \
    X(cspace, 2, LOCK_GRANULARITIES_ALL, LOCK_ALGORITHMS_ALL,                                                \
      "changes of a cspace's slots; lookups take no lock")                                                   \
    X(endpoint, 3, LOCK_GRANULARITIES_SPLIT, LOCK_ALGORITHMS_ALL,                                            \
      "an endpoint's queues of senders and receivers")                                                       \
    X(notification, 4, LOCK_GRANULARITIES_ALL, LOCK_ALGORITHMS_ALL, "a notification's bits and waiters")     \
    X(aspace, 5, LOCK_GRANULARITIES_ALL, LOCK_ALGORITHMS_ALL, "an address space's page tables")              \
    X(frame, 6, LOCK_GRANULARITIES_ALL, LOCK_ALGORITHMS_ALL,                                                 \
      "use counts of the frames of one 2 MiB block (system pool)")                                           \
    X(region, 7, LOCK_GRANULARITIES_ALL, LOCK_ALGORITHMS_ALL, "a region's bounds and use (system pool)")

#define LOCK_CLASS_ENUM(name, rank, granularities, algorithms, sentence) LOCK_CLASS_##name,
enum lock_class { LOCK_CLASSES(LOCK_CLASS_ENUM) LOCK_CLASS_COUNT };
#undef LOCK_CLASS_ENUM
