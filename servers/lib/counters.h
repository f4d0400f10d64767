// SPDX-License-Identifier: MIT
/*
 * Reading what the kernel counts: maps its pages (kernel/abi/log.h) and adds up over CPUs.
 * Entry points: below. Needs SLUICE_SLOT_LOG. Values of one CPU are whole; sums over CPUs are of no single moment.
 * Context: counters_open once, by one thread, then any thread. Locks: none. Tests: tests/user/counters/.
 */
#pragma once
#include "kernel/abi/log.h"
#include "servers/lib/sluice.h"
#include <stdbool.h>
#include <stdint.h>

struct counters {
    const struct sluice_system_info *system;
    const struct sluice_pool_info *pools;                      /* [system->pools_max] */
    const struct sluice_lock_counters *locks[SLUICE_CPUS_MAX]; /* by CPU: [pools_max][SLUICE_CLASSES_MAX] */
    const struct sluice_cpu_counters *cpus[SLUICE_CPUS_MAX];
    const struct sluice_event_ring *events[SLUICE_CPUS_MAX];
};

/* Maps everything: 0 or minus an error. The same pages for every call in a process. */
int64_t counters_open(struct counters *counters);

static inline const struct sluice_lock_counters *counters_lock(const struct counters *counters, unsigned cpu,
                                                               unsigned pool, unsigned lock_class)
{
    return &counters->locks[cpu][pool * SLUICE_CLASSES_MAX + lock_class];
}

/* What was counted between two readings. What is no sum (the longest wait) and what nobody takes differences of is 0. */
static inline struct sluice_lock_counters counters_lock_difference(const struct sluice_lock_counters *before,
                                                                   const struct sluice_lock_counters *now)
{
    return (struct sluice_lock_counters){
        .acquired = now->acquired - before->acquired,
        .contended = now->contended - before->contended,
        .wait_cycles = now->wait_cycles - before->wait_cycles,
        .hold_cycles = now->hold_cycles - before->hold_cycles,
        .hold_samples = now->hold_samples - before->hold_samples,
        .forwarded = now->forwarded - before->forwarded,
        .queue_sum = now->queue_sum - before->queue_sum,
    };
}

/* Sums over all CPUs. */
void counters_lock_sum(const struct counters *counters, unsigned pool, unsigned lock_class,
                       struct sluice_lock_counters *sum);
void counters_cpu_sum(const struct counters *counters, struct sluice_cpu_counters *sum);

/* A copy of a pool's line that is whole; false when the pool is not alive. */
bool counters_pool(const struct counters *counters, unsigned pool, struct sluice_pool_info *info);

/* Reads event `*next` of a CPU's ring and moves *next on; false when there is none yet. Events that were overwritten
 * are skipped. Start with 0 for the oldest that is left. */
bool counters_event(const struct counters *counters, unsigned cpu, uint64_t *next,
                    struct sluice_event *event);
/* "12.345678 cpu 1: pool|class 3: ..." Returns text. */
const char *counters_event_text(const struct counters *counters, unsigned cpu,
                                const struct sluice_event *event, char *text, unsigned bytes);
