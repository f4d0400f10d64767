// SPDX-License-Identifier: MIT
/*
 * The history of one pool: for each class the counters of every CPU as last read, its load and its judge.
 * Owns: struct history. Entry points: history_begin, history_free, history_restart_class, history_count.
 * Reads pages that the kernel writes meanwhile. Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#pragma once
#include "servers/control/judge.h"
#include "servers/lib/counters.h"

struct history_class {
    struct load load;
    struct judge judge;
    uint32_t word;                       /* policy at the last period */
    struct sluice_lock_counters *before; /* [cpus] */
};

/* Touched by the owner's thread only. */
struct history {
    uint32_t generation; /* of the pool: another one means another pool under its number */
    struct history_class classes[SLUICE_CLASSES_MAX];
    /* what the classes' arrays lie in: [classes][cpus] */
    struct sluice_lock_counters *counters;
    uint64_t *cpu_use;
};

/* NULL: no memory. What was counted before means nothing. */
struct history *history_begin(const struct counters *counters, unsigned pool, uint32_t generation,
                              uint64_t now_ms);
void history_free(struct history *history);
/* Starts one class of a history anew. */
void history_restart_class(struct history *history, const struct counters *counters, unsigned pool,
                           unsigned lock_class, uint64_t now_ms);
/* Adds the period to the class's load; false when the counters made no sense (and the class has to be restarted). */
bool history_count(struct history *history, const struct counters *counters, unsigned pool,
                   unsigned lock_class, uint64_t memory_periods, uint64_t elapsed_cycles);
