// SPDX-License-Identifier: MIT
/*
 * Crews: the worker threads of a workload, their start at one moment, their end, and what they report.
 * Owns: struct crew, struct worker. Entry points: below. Context: crew_* by the program's first thread, worker_* by the
 * worker. Locks: none; a word that the first thread writes says go and stop. Tests: tests/user/stress.t.
 *
 *      crew_init, then crew_add for each worker, crew_run (starts, waits for seconds or ops, stops, joins),
 *      crew_dismiss where there are workers that only serve, crew_report
 */
#pragma once
#include "servers/lib/counters.h"
#include "servers/lib/thread.h"
#include "stress/lib/arguments.h"
#include "stress/lib/marker.h"
#include <stdbool.h>
#include <stdint.h>

#define CREW_WORKERS_MAX 1024u

struct crew;

struct worker {
    /* Fixed after init. */
    struct crew *crew;
    void (*body)(struct worker *worker);
    void *context;
    unsigned cpu; /* index among the process's processors */
    bool counts;  /* its operations are the workload's: crew_run ends when all of these have ended */
    struct sluice_thread *thread;
    /* The worker, until it has ended; on a line of its own. */
    uint64_t ops __attribute__((aligned(64)));
    const char *failure; /* NULL: its oracle is content */
} __attribute__((aligned(64)));

struct crew {
    const char *workload, *mode;
    uint64_t cpus, ops_each, seconds;
    uint64_t
        first; /* processor of the workers that are added for processor 0; the rest follow, round the machine */
    uint64_t turn;  /* operations of a worker between two pauses: when QEMU may go on with another one */
    uint64_t wrong; /* 1: one deliberate error, which the oracle has to find */
    unsigned count, counting; /* workers; those of them that count */
    struct worker *workers;
    uint64_t started __attribute__((aligned(64))); /* atomic: the first thread writes, workers read */
    uint64_t stop;                                 /* the same */
    uint64_t arrived;                              /* atomic: workers, before their first operation */
    /* Results. */
    uint64_t elapsed_ns;
    const char *failure;
    bool counted;
    struct counters counters;
    struct sluice_cpu_counters cpu_before, cpu_after;
    struct sluice_lock_counters lock_before, lock_after;
};

/* The arguments that every workload has: for the program's table of arguments. */
#define CREW_ARGUMENTS(crew)                                                                                 \
    {.key = "cpus", .number = &(crew).cpus, .minimum = 1, .maximum = sluice_cpu_count()},                    \
        {.key = "first", .number = &(crew).first, .minimum = 0, .maximum = sluice_cpu_count() - 1},          \
        {.key = "ops", .number = &(crew).ops_each, .minimum = 0, .maximum = UINT64_MAX},                     \
        {.key = "turn", .number = &(crew).turn, .minimum = 1, .maximum = UINT64_MAX},                        \
        {.key = "wrong", .number = &(crew).wrong, .minimum = 0, .maximum = 1},                               \
    {                                                                                                        \
        .key = "seconds", .number = &(crew).seconds, .minimum = 0, .maximum = 86400                          \
    }

/* All processors, no number of operations, 5 seconds. False: no memory for it. */
bool crew_init(struct crew *crew, const char *workload);
/* NULL when there are too many. */
struct worker *crew_add(struct crew *crew, void (*body)(struct worker *), void *context, unsigned cpu,
                        bool counts);
/* Runs all of them; false when one could not be started or did not end: then the process has to end. */
bool crew_run(struct crew *crew);
/* Joins the workers that do not count, after the program told them to end. */
bool crew_dismiss(struct crew *crew);
/* The oracle of the whole found something; the first one stays. */
void crew_fail(struct crew *crew, const char *failure);
/* Prints the RESULT line; returns the program's exit status. */
int crew_report(struct crew *crew);

/* May the worker do one operation more? */
bool worker_goes_on(const struct worker *worker);
/* True once: at the 100th operation of the first worker, when the run was asked to go wrong. */
static inline bool worker_errs(const struct worker *worker, uint64_t operation)
{
    return worker->crew->wrong && worker == worker->crew->workers && operation == 100;
}

static inline bool worker_check(struct worker *worker, bool good, const char *failure)
{
    if (!good && !worker->failure)
        worker->failure = failure;
    return good;
}
