// SPDX-License-Identifier: MIT
/*
 * The flipper: changes the policies of random (pool, class) pairs to random allowed ones, many at a time, as fast as
 * their transitions complete.
 * Owns: struct flipper. Entry points: below. Needs a tuner and a log capability. Context: one thread. Locks: none.
 * Tests: tests/user/flip/.
 */
#pragma once
#include "servers/lib/counters.h"
#include <stdbool.h>
#include <stdint.h>

/* So many of eight proposals go to pools that came after the flipper, and to the system's: those under load. */
#define FLIPPER_LOADED_OF_8 6u

/* One bit of the notification for each. */
#define FLIPPER_FLIGHTS 32u

struct flipper_flight {
    bool flying;
    unsigned pool, lock_class;
    uint32_t from; /* the policy that is left */
};

struct flipper {
    struct counters counters;
    uint64_t told; /* slot of the notification */
    struct flipper_flight flight[FLIPPER_FLIGHTS];
    bool *old; /* [pools_max]: lived when the flipper began */
    uint64_t random;
    uint64_t completed; /* as we were told */
    uint64_t reversed;  /* of them, those that were turned back on their way */
    uint64_t refused;   /* proposals that came too late, or met another transition */
    uint64_t failed;    /* proposals that ended in an error that must not happen */
    int64_t failure;    /* the last such error */
};

bool flipper_init(struct flipper *flipper, uint64_t seed);
/* Proposes on every free flight, then waits for ends, until the deadline at the latest. */
void flipper_step(struct flipper *flipper, uint64_t deadline);
/* Waits until nothing flies, then puts every policy back to object/tas; false when something does not end in time. */
bool flipper_end(struct flipper *flipper);
/* Transitions that the kernel itself counts, over all living pools. */
uint64_t flipper_kernel_count(const struct flipper *flipper);
