// SPDX-License-Identifier: MIT
/*
 * Snapshots of the counters.
 * Entry points: see sample.h. Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/sample.h"
#include "servers/lib/sluice.h"
#include "smp/atomic.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sample_init(struct sample *sample, const struct counters *counters)
{
    sample->cpus = calloc(counters->system->cpus, sizeof(sample->cpus[0]));
    sample->locks =
        calloc((size_t)counters->system->pools_max * SLUICE_CLASSES_MAX, sizeof(sample->locks[0]));
    if (sample->cpus != NULL && sample->locks != NULL)
        return true;
    sample_free(sample);
    printf("no memory for a snapshot of the counters\n");
    return false;
}

void sample_free(struct sample *sample)
{
    free(sample->cpus);
    free(sample->locks);
    sample->cpus = NULL;
    sample->locks = NULL;
}

void sample_take(struct sample *sample, const struct counters *counters)
{
    struct sluice_pool_info info;

    sample->ns = sluice_clock();
    for (unsigned cpu = 0; cpu < counters->system->cpus; cpu++) {
        const struct sluice_cpu_counters *from = counters->cpus[cpu];
        struct sluice_cpu_counters *to = &sample->cpus[cpu];
#define SAMPLE_READ(name, sentence) to->name = atomic_load_relaxed(&from->name); /* relaxed: statistics */
        SLUICE_CPU_COUNTERS(SAMPLE_READ)
#undef SAMPLE_READ
    }
    for (unsigned pool = 0; pool < counters->system->pools_max; pool++) {
        if (!counters_pool(counters, pool, &info))
            continue;
        for (unsigned i = 0; i < counters->system->classes; i++)
            counters_lock_sum(counters, pool, i, &sample->locks[pool * SLUICE_CLASSES_MAX + i]);
    }
}

void sample_cpu(const struct counters *counters, const struct sample *before, const struct sample *now,
                int cpu, struct sluice_cpu_counters *difference)
{
    unsigned first = cpu < 0 ? 0 : (unsigned)cpu;
    unsigned last = cpu < 0 ? counters->system->cpus - 1 : (unsigned)cpu;

    memset(difference, 0, sizeof(*difference));
    for (unsigned i = first; i <= last; i++) {
#define SAMPLE_SUBTRACT(name, sentence) difference->name += now->cpus[i].name - before->cpus[i].name;
        SLUICE_CPU_COUNTERS(SAMPLE_SUBTRACT)
#undef SAMPLE_SUBTRACT
    }
}

void sample_lock(const struct sample *before, const struct sample *now, unsigned pool, unsigned lock_class,
                 struct sluice_lock_counters *difference)
{
    const struct sluice_lock_counters *from = &before->locks[pool * SLUICE_CLASSES_MAX + lock_class];
    const struct sluice_lock_counters *to = &now->locks[pool * SLUICE_CLASSES_MAX + lock_class];

    *difference = counters_lock_difference(from, to);
}
