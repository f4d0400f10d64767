// SPDX-License-Identifier: MIT
/*
 * Snapshots of the counters, and what happened between two of them.
 * Owns: struct sample. Entry points: sample_init, sample_take, sample_free, sample_cpu, sample_lock.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#pragma once
#include "servers/lib/counters.h"
#include <stdbool.h>
#include <stdint.h>

struct sample {
    uint64_t ns;
    struct sluice_cpu_counters *cpus;   /* [cpus] */
    struct sluice_lock_counters *locks; /* [pools_max][SLUICE_CLASSES_MAX], summed over CPUs */
};

/* False: no memory; one line was printed. */
bool sample_init(struct sample *sample, const struct counters *counters);
void sample_free(struct sample *sample);
/* Locks of pools that are not alive are left as they are. */
void sample_take(struct sample *sample, const struct counters *counters);
/* All CPUs together from before to now; cpu < 0: all. */
void sample_cpu(const struct counters *counters, const struct sample *before, const struct sample *now,
                int cpu, struct sluice_cpu_counters *difference);
void sample_lock(const struct sample *before, const struct sample *now, unsigned pool, unsigned lock_class,
                 struct sluice_lock_counters *difference);
