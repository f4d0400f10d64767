// SPDX-License-Identifier: MIT
/*
 * The measuring loop, made anew around each operation so that the operation is inlined: nothing but its own instructions
 * lies between two readings of the time-stamp counter, and its marker region is a constant.
 * Entry point: OPERATION. Context: the program's first thread. Locks: none. Tests: tests/bench/.
 *
 *      OPERATION(null) { return sluice_null(); }     defines bench_null_loop
 *
 * An operation returns a negative number when it did not do what it is measured for.
 */
#pragma once
#include "stress/bench/bench.h"
#include "stress/lib/marker.h"

static inline __attribute__((always_inline)) int64_t
operation_loop(struct bench *bench, const unsigned region, int64_t (*once)(struct bench *bench))
{
    int64_t failed = 0;
    uint32_t *sample = bench->sample, rounds = bench->rounds;
    workers_meet(bench);
    for (unsigned i = 0; i < BENCH_WARM_ROUNDS; i++)
        failed |= once(bench);
    workers_meet(bench);
    marker_begin(region);
    for (uint32_t i = 0; i < rounds; i++) {
        /* QEMU with one thread goes on with the next processor here: all of them are under way together. */
        if (i % BENCH_TURN_ROUNDS == 0)
            cpu_relax();
        bench->began = cpu_cycles_low();
        int64_t result = once(bench);
        sample[i] = cpu_cycles_low() - bench->began;
        failed |= result;
        marker_operation(region);
    }
    marker_end(region);
    workers_meet(bench);
    return failed;
}

#define OPERATION(name)                                                                                      \
    static inline int64_t name##_once(struct bench *bench);                                                  \
    int64_t bench_##name##_loop(struct bench *bench)                                                         \
    {                                                                                                        \
        return operation_loop(bench, BENCH_##name, name##_once);                                             \
    }                                                                                                        \
    static inline __attribute__((always_inline))                                                             \
    int64_t name##_once(struct bench *bench __attribute__((unused)))

static inline __attribute__((always_inline)) int64_t call_words(uint64_t endpoint, unsigned words)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, words, 0)};
    return sluice_call(endpoint, &message, SLUICE_FOREVER);
}
