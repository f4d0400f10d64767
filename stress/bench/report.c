// SPDX-License-Identifier: MIT
/*
 * Measures one operation: the least, the median and the mean of its rounds, less the empty operation. Rounds in which an
 * interrupt came are done anew. What leaves work for later (a destroyed object's memory) also runs for milliseconds, and
 * its mean is of all that happened meanwhile.
 * Under `-icount shift=0` a tick of the time-stamp counter is an instruction, user and kernel together; elsewhere the
 * line's figures mean nothing, and the plugin's counts between the markers do.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "servers/lib/counters.h"
#include "stress/bench/bench.h"
#include <stdio.h>
#include <stdlib.h>

#define TRIES 5u
#define LONG_TICKS 4000000u /* 4 ms: several times as long as the kernel puts anything off */

static int sample_compare(const void *first, const void *second)
{
    uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

/* On our processor, since boot. */
static uint64_t interrupts(void)
{
    static struct counters counters;
    if (!counters.system && counters_open(&counters) != 0)
        return 0;
    const struct sluice_cpu_counters *cpu = counters.cpus[sluice_process->cpu[0]];
    return cpu->irqs + cpu->ticks;
}

/* 0, 1 if it was left out, or negative. */
static int64_t operation_run(struct bench *bench, const struct operation *operation)
{
    uint64_t before;
    unsigned tries = 0;
    do {
        int64_t ready = operation->before(bench);
        if (ready)
            return ready;
        before = interrupts();
        if ((operation->loop(bench) | operation->after(bench)) < 0)
            return -1;
    } while (!bench->meeting && interrupts() != before && ++tries < TRIES);
    return 0;
}

static bool leaves_work(enum bench_number number)
{
    return number >= BENCH_create_endpoint && number <= BENCH_pool_make_destroy;
}

/* Of all that happens, with the loop around the operation; 0: it failed. */
static uint64_t long_mean(struct bench *bench, const struct operation *operation)
{
    uint64_t began = cpu_cycles(), count = 0;
    do {
        if (operation->loop(bench) < 0)
            return 0;
        count += bench->rounds + BENCH_WARM_ROUNDS;
    } while (cpu_cycles() - began < LONG_TICKS);
    return (cpu_cycles() - began) / count;
}

static uint64_t sample_mean(const struct bench *bench)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < bench->rounds; i++)
        sum += bench->sample[i];
    return sum / bench->rounds;
}

bool bench_measure(struct bench *bench, enum bench_number number, const char *policy)
{
    static uint32_t empty;
    static uint64_t empty_long;
    const struct operation *operation = &operations[number];
    bench->rounds = operation->rounds < bench->rounds_max ? operation->rounds : bench->rounds_max;
    int64_t result = operation_run(bench, operation);
    if (result < 0)
        printf("bench: operation %s failed\n", operation->name);
    if (result || bench->meeting)
        return result >= 0;
    uint64_t mean = sample_mean(bench);
    qsort(bench->sample, bench->rounds, sizeof *bench->sample, sample_compare);
    uint32_t least = bench->sample[0], median = bench->sample[bench->rounds / 2];
    if (number == BENCH_empty) {
        empty = least;
        empty_long = long_mean(bench, operation);
    }
    mean -= empty;
    if (leaves_work(number))
        mean = long_mean(bench, operation) - empty_long;
    printf("RESULT bench=%s region=%u policy=%s rounds=%u least=%u median=%u mean=%lu\n", operation->name,
           (unsigned)number, policy, (unsigned)bench->rounds, (unsigned)(least - empty),
           (unsigned)(median - empty), (unsigned long)mean);
    return true;
}
