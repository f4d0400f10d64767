// SPDX-License-Identifier: MIT
/*
 * The table of operations as data, and what those do before and after that need nothing.
 * Context: any. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/bench.h"

#define ROW(name, rounds, before, after)                                                                     \
    [BENCH_##name] = {#name, rounds, bench_##before, bench_##name##_loop, bench_##after},
const struct operation operations[BENCH_COUNT] = {BENCH_OPERATIONS(ROW) BENCH_CROSS_OPERATIONS(ROW)};
#undef ROW

int64_t bench_ready(struct bench *bench)
{
    (void)bench;
    return 0;
}

int64_t bench_done(struct bench *bench)
{
    (void)bench;
    return 0;
}
