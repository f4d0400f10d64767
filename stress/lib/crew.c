// SPDX-License-Identifier: MIT
/*
 * Crews: see crew.h. Workers that do not end in time after they were told to are what a lost wake-up looks like: the
 * run fails and says which.
 * Context: the program's first thread, but for worker_goes_on. Locks: none. Tests: tests/user/stress.t.
 */
#include "stress/lib/crew.h"
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include "stress/lib/resources.h"
#include <stdio.h>
#include <stdlib.h>

/* Longest time from the stop to the end of a worker: several virtual processors share a core of the host. */
#define CREW_PATIENCE_MS 60000u

/* After so many operations, unless asked otherwise, a worker pauses for one instruction. QEMU with one thread (TCG) goes
 * on with the next virtual processor at a PAUSE or HLT, else only after 100 ms: busy processors would wait seconds for
 * their turn. */
#define CREW_TURN_OPS 256u

bool crew_init(struct crew *crew, const char *workload)
{
    *crew = (struct crew){
        .workload = workload, .mode = "", .cpus = sluice_cpu_count(), .seconds = 5, .turn = CREW_TURN_OPS};
    crew->workers = aligned_alloc(64, CREW_WORKERS_MAX * sizeof *crew->workers);
    return crew->workers != NULL;
}

struct worker *crew_add(struct crew *crew, void (*body)(struct worker *), void *context, unsigned cpu,
                        bool counts)
{
    if (crew->count == CREW_WORKERS_MAX)
        return NULL;
    struct worker *worker = &crew->workers[crew->count++];
    crew->counting += counts;
    *worker = (struct worker){.crew = crew, .body = body, .context = context, .counts = counts};
    worker->cpu = (unsigned)((cpu + crew->first) % sluice_cpu_count());
    return worker;
}

bool worker_goes_on(const struct worker *worker)
{
    const struct crew *crew = worker->crew;
    if (worker->ops % crew->turn == 0)
        cpu_relax();
    /* Relaxed: nothing but the end depends on it. */
    return !atomic_load_relaxed(&crew->stop) && !worker->failure &&
           (!crew->ops_each || worker->ops < crew->ops_each);
}

/* By turns, because their maker may share a processor. Relaxed: what workers need was there before they were made. */
static void worker_wait(const uint64_t *word, uint64_t value)
{
    while (atomic_load_relaxed(word) != value) {
        cpu_relax();
        sluice_yield();
    }
}

/* Those that count begin together: when all were made, and their maker sleeps or at least let all of them run. */
static void worker_start(void *argument)
{
    struct worker *worker = argument;
    struct crew *crew = worker->crew;
    if (worker->counts) {
        worker_wait(&crew->started, 1);
        atomic_fetch_add(&crew->arrived, 1);
        worker_wait(&crew->arrived, crew->counting);
    }
    worker->body(worker);
}

static void crew_count(struct crew *crew, struct sluice_cpu_counters *cpu, struct sluice_lock_counters *lock)
{
    struct sluice_lock_counters sum;
    crew->counted = resource_has(SLUICE_SLOT_LOG) && counters_open(&crew->counters) == 0;
    if (!crew->counted)
        return;
    counters_cpu_sum(&crew->counters, cpu);
    *lock = (struct sluice_lock_counters){0};
    for (unsigned pool = 0; pool < crew->counters.system->pools_max; pool++)
        for (unsigned i = 0; i < crew->counters.system->classes; i++) {
            counters_lock_sum(&crew->counters, pool, i, &sum);
            lock->acquired += sum.acquired;
            lock->contended += sum.contended;
        }
}

static bool crew_start(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++) {
        struct worker *worker = &crew->workers[i];
        worker->thread = sluice_thread_create(worker_start, worker, worker->cpu, 0, 0);
        if (!worker->thread)
            return false;
    }
    atomic_store_relaxed(&crew->started, 1); /* relaxed: see worker_wait */
    return true;
}

static bool crew_join(struct crew *crew, bool counting, uint64_t deadline)
{
    bool all = true;
    for (unsigned i = 0; i < crew->count; i++) {
        struct worker *worker = &crew->workers[i];
        if (worker->counts != counting || !worker->thread)
            continue;
        if (sluice_thread_join(worker->thread, deadline)) {
            worker->thread = NULL;
            continue;
        }
        /* The time is over: to wait for it again would cost a timer interrupt for each worker that is left, and where
         * the host runs virtual processors in turn, a round of all of them. */
        deadline = SLUICE_NOW;
        all = false;
    }
    return all;
}

/* Until the time is over, or everybody has done what was asked for; then until everybody has ended. */
static bool crew_finish(struct crew *crew)
{
    uint64_t began = sluice_clock();
    uint64_t deadline = crew->seconds ? began + crew->seconds * 1000000000ull : SLUICE_FOREVER;
    bool ended = crew_join(crew, true, deadline);
    atomic_store_relaxed(&crew->stop, 1); /* relaxed: see worker_goes_on */
    crew->elapsed_ns = sluice_clock() - began;
    return ended || crew_join(crew, true, sluice_deadline_ms(CREW_PATIENCE_MS));
}

/* What a worker saw comes before what its end left behind. */
static void crew_failures(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++)
        if (crew->workers[i].failure)
            crew_fail(crew, crew->workers[i].failure);
}

bool crew_run(struct crew *crew)
{
    if (!crew->seconds && !crew->ops_each)
        crew->seconds = 5;
    crew_count(crew, &crew->cpu_before, &crew->lock_before);
    if (!crew_start(crew)) {
        crew_fail(crew, "a worker does not start");
        return false;
    }
    bool ended = crew_finish(crew);
    marker_operation(MARKER_PICTURE);
    crew_failures(crew);
    crew_count(crew, &crew->cpu_after, &crew->lock_after);
    if (!ended)
        crew_fail(crew, "a worker does not end: a wake-up was lost");
    return ended;
}

bool crew_dismiss(struct crew *crew)
{
    bool ended = crew_join(crew, false, sluice_deadline_ms(CREW_PATIENCE_MS));
    crew_failures(crew);
    if (!ended)
        crew_fail(crew, "a server does not end");
    return ended;
}

void crew_fail(struct crew *crew, const char *failure)
{
    if (!crew->failure)
        crew->failure = failure;
}

static uint64_t crew_ops(struct crew *crew, uint64_t *least, uint64_t *most)
{
    uint64_t sum = 0;
    *least = UINT64_MAX;
    *most = 0;
    for (unsigned i = 0; i < crew->count; i++) {
        const struct worker *worker = &crew->workers[i];
        if (!worker->counts)
            continue;
        sum += worker->ops;
        *least = worker->ops < *least ? worker->ops : *least;
        *most = worker->ops > *most ? worker->ops : *most;
    }
    return sum;
}

/* Thousandths as a decimal fraction: no floating point in a program that measures the rest. */
static void print_ratio(const char *name, uint64_t part, uint64_t whole)
{
    uint64_t thousandths = whole ? part * 1000 / whole : 0;
    printf(" %s=%lu.%03lu", name, (unsigned long)(thousandths / 1000), (unsigned long)(thousandths % 1000));
}

static void crew_report_counters(const struct crew *crew, uint64_t ops)
{
    uint64_t ipis = crew->cpu_after.ipis_sent - crew->cpu_before.ipis_sent;
    uint64_t acquired = crew->lock_after.acquired - crew->lock_before.acquired;
    uint64_t contended = crew->lock_after.contended - crew->lock_before.contended;
    printf(" ipis=%lu", (unsigned long)ipis);
    print_ratio("ipis_per_op", ipis, ops);
    print_ratio("contended", contended, acquired);
    printf(" forwarded=%lu", (unsigned long)(crew->cpu_after.forwarded - crew->cpu_before.forwarded));
}

int crew_report(struct crew *crew)
{
    uint64_t least, most, ops = crew_ops(crew, &least, &most);
    uint64_t ms = crew->elapsed_ns / 1000000;
    if (!ops)
        crew_fail(crew, "no operation was done");
    printf("RESULT workload=%s mode=%s cpus=%lu ops=%lu", crew->workload, crew->mode,
           (unsigned long)crew->cpus, (unsigned long)ops);
    print_ratio("seconds", ms, 1000);
    printf(" ok=%d ops_per_s=%lu ops_per_cpu=%lu ops_least=%lu ops_most=%lu", !crew->failure,
           (unsigned long)(ms ? ops * 1000 / ms : 0), (unsigned long)(ops / crew->cpus), (unsigned long)least,
           (unsigned long)most);
    if (crew->counted)
        crew_report_counters(crew, ops);
    printf("\n");
    if (crew->failure)
        printf("%s: %s\n", crew->workload, crew->failure);
    fflush(stdout);
    return crew->failure != NULL;
}
