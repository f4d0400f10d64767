// SPDX-License-Identifier: MIT
/*
 * Measures one operation: the least and the median of its rounds, less those of the empty operation.
 * Under `-icount shift=0` a tick of the time-stamp counter is an instruction, user and kernel together; elsewhere the
 * line's figures mean nothing, and the plugin's counts between the markers do.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/bench.h"
#include <stdio.h>
#include <stdlib.h>

static int sample_compare(const void *first, const void *second)
{
    uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

bool bench_measure(struct bench *bench, enum bench_number number, const char *policy)
{
    static uint32_t empty;
    const struct operation *operation = &operations[number];
    bench->rounds = operation->rounds < bench->rounds_max ? operation->rounds : bench->rounds_max;
    int64_t before = operation->before(bench);
    if (before > 0)
        return true;
    if (before < 0 || (operation->loop(bench) | operation->after(bench)) < 0) {
        printf("bench: operation %s failed\n", operation->name);
        return false;
    }
    if (bench->meeting)
        return true;
    qsort(bench->sample, bench->rounds, sizeof *bench->sample, sample_compare);
    uint32_t least = bench->sample[0], median = bench->sample[bench->rounds / 2];
    if (number == BENCH_empty)
        empty = least;
    printf("RESULT bench=%s region=%u policy=%s rounds=%u least=%u median=%u\n", operation->name,
           (unsigned)number, policy, (unsigned)bench->rounds, (unsigned)(least - empty),
           (unsigned)(median - empty));
    return true;
}
