// SPDX-License-Identifier: MIT
/*
 * Operations that need another processor: its threadlets answer us, or use the address space that we unmap from.
 * Context: the program's first thread, on its first processor. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/loop.h"
#include <stdlib.h>

#define SETTLE_MS 2u /* partners run to their first wait meanwhile */

static bool partner_make(const struct bench *bench, enum threadlet_kind kind, uint64_t argument)
{
    uint64_t thread = bench_thread_make(bench->space, argument, sluice_process->priority, 1);
    return thread && threadlet_start(thread, kind, 1) == 0;
}

bool cross_init(struct bench *bench)
{
    bool good = true;
    bench->active = calloc(bench->cpus, sizeof *bench->active);
    bench->cross_endpoint = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, 0, 0);
    bench->cross_ping = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    for (unsigned i = 1; bench->active && i < bench->cpus; i++)
        good &= (bench->active[i] =
                     bench_thread_make(SLUICE_SLOT_ASPACE, bench->lonely, sluice_process->priority, i)) != 0;
    good = good && bench->active && bench->cross_endpoint && bench->cross_ping &&
           partner_make(bench, THREADLET_ECHO, bench->cross_endpoint) &&
           partner_make(bench, THREADLET_PONG, bench->cross_ping);
    sluice_sleep_ms(SETTLE_MS);
    return good;
}

OPERATION(call_cross)
{
    return call_words(bench->cross_endpoint, 0);
}

OPERATION(call_cross_4)
{
    return call_words(bench->cross_endpoint, 4);
}

OPERATION(ping_cross)
{
    return sluice_signal(bench->cross_ping, 1) | sluice_wait(bench->cross_ping, 2, SLUICE_FOREVER, NULL);
}

/* There and back. */
OPERATION(thread_move_cross)
{
    return sluice_thread_move(bench->thread, SLUICE_SLOT_CPU(1)) |
           sluice_thread_move(bench->thread, SLUICE_SLOT_CPU(0));
}

static inline __attribute__((always_inline)) int64_t map_unmap(const struct bench *bench)
{
    return sluice_aspace_map(SLUICE_SLOT_ASPACE, bench->region.slot, 0, BENCH_ADDRESS, 1, BENCH_RW, NULL) |
           sluice_aspace_unmap(SLUICE_SLOT_ASPACE, BENCH_ADDRESS, 1, NULL);
}

/* Nobody else is active in our space. */
OPERATION(map_unmap_alone)
{
    return map_unmap(bench);
}

int64_t bench_active_ready(struct bench *bench)
{
    int64_t result = 0;
    for (unsigned i = 1; i < bench->cpus; i++)
        result |= threadlet_start(bench->active[i], THREADLET_SPIN, 1);
    sluice_sleep_ms(SETTLE_MS);
    return result;
}

/* A thread on every other processor is. */
OPERATION(map_unmap_active)
{
    return map_unmap(bench);
}

int64_t bench_active_done(struct bench *bench)
{
    int64_t result = 0;
    for (unsigned i = 1; i < bench->cpus; i++)
        result |= sluice_thread_stop(bench->active[i]);
    return result;
}
