// SPDX-License-Identifier: MIT
/*
 * Reading the counters of a pool, period by period.
 * Entry points: history_begin, history_free, history_restart_class, history_count.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 *
 * The pages change while they are read. Each counter is read once, by a relaxed load: a sum over CPUs is of no single
 * moment, which a judgement over several periods does not notice.
 */
#include "servers/control/history.h"
#include "servers/lib/counters.h"
#include "smp/atomic.h"
#include <stdlib.h>

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    free(history->counters);
    free(history->cpu_use);
    free(history);
}

static struct history *history_alloc(unsigned cpus)
{
    struct history *history = calloc(1, sizeof(*history));

    if (history == NULL)
        return NULL;
    history->counters = calloc((size_t)cpus * SLUICE_CLASSES_MAX, sizeof(history->counters[0]));
    history->cpu_use = calloc((size_t)cpus * SLUICE_CLASSES_MAX, sizeof(history->cpu_use[0]));
    if (history->counters != NULL && history->cpu_use != NULL)
        return history;
    history_free(history);
    return NULL;
}

static void counters_read(struct sluice_lock_counters *copy, const struct sluice_lock_counters *page)
{
    copy->acquired = atomic_load_relaxed(&page->acquired);
    copy->contended = atomic_load_relaxed(&page->contended);
    copy->wait_cycles = atomic_load_relaxed(&page->wait_cycles);
    copy->hold_cycles = atomic_load_relaxed(&page->hold_cycles);
    copy->hold_samples = atomic_load_relaxed(&page->hold_samples);
    copy->forwarded = atomic_load_relaxed(&page->forwarded);
    copy->queue_sum = atomic_load_relaxed(&page->queue_sum);
}

/* What was counted between two readings; false when a counter ran backwards: then they are of different lives. */
static bool counters_difference(struct sluice_lock_counters *difference,
                                const struct sluice_lock_counters *before,
                                const struct sluice_lock_counters *now)
{
    *difference = counters_lock_difference(before, now);
    return now->acquired >= before->acquired && now->contended >= before->contended &&
           now->wait_cycles >= before->wait_cycles && now->hold_cycles >= before->hold_cycles;
}

void history_restart_class(struct history *history, const struct counters *counters, unsigned pool,
                           unsigned lock_class, uint64_t now_ms)
{
    unsigned cpus = counters->system->cpus;
    struct history_class *class = &history->classes[lock_class];

    class->word = atomic_load_relaxed(&counters->pools[pool].policy[lock_class]);
    class->before = history->counters + (size_t)lock_class * cpus;
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        counters_read(&class->before[cpu], counters_lock(counters, cpu, pool, lock_class));
    load_init(&class->load, cpus, history->cpu_use + (size_t)lock_class * cpus);
    judge_init(&class->judge, class->word, now_ms);
}

struct history *history_begin(const struct counters *counters, unsigned pool, uint32_t generation,
                              uint64_t now_ms)
{
    struct history *history = history_alloc(counters->system->cpus);

    if (history == NULL)
        return NULL;
    history->generation = generation;
    for (unsigned i = 0; i < counters->system->classes; i++)
        history_restart_class(history, counters, pool, i, now_ms);
    return history;
}

bool history_count(struct history *history, const struct counters *counters, unsigned pool,
                   unsigned lock_class, uint64_t memory_periods, uint64_t elapsed_cycles)
{
    struct history_class *class = &history->classes[lock_class];
    struct sluice_lock_counters now, difference;
    bool good = true;

    load_begin(&class->load, memory_periods);
    for (unsigned cpu = 0; cpu < counters->system->cpus; cpu++) {
        const struct sluice_lock_counters *page = counters_lock(counters, cpu, pool, lock_class);

        if (atomic_load_relaxed(&page->acquired) == class->before[cpu].acquired &&
            atomic_load_relaxed(&page->forwarded) == class->before[cpu].forwarded)
            continue;
        counters_read(&now, page);
        good &= counters_difference(&difference, &class->before[cpu], &now);
        load_count(&class->load, cpu, &difference);
        class->before[cpu] = now;
    }
    load_end(&class->load, class->word, elapsed_cycles);
    return good;
}
