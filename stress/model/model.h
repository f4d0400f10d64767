// SPDX-License-Identifier: MIT
/*
 * The parts of stress/model: the shared state and the bodies of workers.
 * Owns: struct model_state. Context: see each. Locks: the one under test. Tests: tests/sim/time.t.
 */
#pragma once
#include "smp/lock/lock.h"
#include "stress/lib/crew.h"
#include <stdint.h>

enum model_mode { MODEL_PRIVATE, MODEL_SHARED, MODEL_FALSE, MODEL_TAS, MODEL_TICKET, MODEL_MCS };

/* Each on a line of its own, but those of `packed`, which lie side by side. */
struct model_line {
    uint64_t count;
} __attribute__((aligned(64)));

#define MODEL_PACKED 8u /* words in a line: worker n and worker n + 8 have the same */

struct model_state {
    /* Fixed after init. */
    uint64_t hold, gap; /* turns of an empty loop inside and outside of the lock */
    /* Atomic, with all workers. */
    struct model_line shared;
    uint64_t packed[MODEL_PACKED] __attribute__((aligned(64)));
    struct model_line private[CREW_WORKERS_MAX];
    struct lock lock __attribute__((aligned(64)));
    /* Guarded by the lock. */
    struct model_line guarded;
};
extern struct model_state model_state;

/* The body of a worker in each mode; its context is its number. */
extern void (*const model_bodies[])(struct worker *worker);
