// SPDX-License-Identifier: MIT
/*
 * test/markers: work of a known size between markers, for tests/sim/count.t to compare with what the plugin counted:
 * loops of a known number of instructions; null calls, by the ticks that they took under `-icount shift=0`; unmaps of an
 * address space that another processor uses, by the kernel's own counter of IPIs.
 * Context: a process that was given log and regions. Locks: none. Tests: tests/sim/count.t.
 */
#include "tests/user/markers/markers.h"
#include "servers/lib/counters.h"
#include "servers/lib/process.h"
#include "stress/lib/marker.h"
#include "stress/lib/resources.h"
#include "stress/lib/threadlet.h"
#include <stdio.h>

#define SHORT 10u
#define LONG 1000u
#define REGION_UNMAP 6
#define UNMAPS 50u
#define ADDRESS 0x0000500000000000ull
#define SETTLE_MS 2u

static void loop_measure(const char *name, unsigned region, uint64_t rounds, void (*loop)(uint64_t))
{
    uint64_t began = cpu_cycles();
    loop(rounds);
    uint64_t ticks = cpu_cycles() - began;
    printf("RESULT markers=%s region=%u rounds=%lu ticks=%lu\n", name, region, (unsigned long)rounds,
           (unsigned long)ticks);
}

/* A thread of ours on the second processor, which makes no system call. */
static uint64_t spinner_start(struct threadlet_code *code)
{
    uint64_t cspace = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_CSPACE, SLUICE_CSPACE_SLOTS_MIN, 0);
    uint64_t thread = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_THREAD, cspace, SLUICE_SLOT_ASPACE);
    bool good = cspace && thread && threadlet_init(code) && threadlet_map(code, SLUICE_SLOT_ASPACE) == 0 &&
                sluice_thread_configure(thread, sluice_process->priority, 0, 0, 0) == 0 &&
                sluice_thread_move(thread, SLUICE_SLOT_CPU(1)) == 0 &&
                threadlet_start(thread, THREADLET_SPIN, 0) == 0;
    sluice_sleep_ms(SETTLE_MS);
    return good ? thread : 0;
}

static bool unmaps_measure(void)
{
    struct threadlet_code code;
    struct resource_region region;
    struct counters counters;
    struct sluice_cpu_counters before, after;
    uint64_t thread = spinner_start(&code);
    int64_t failed = 0;
    if (!thread || resource_region_init(&region, 1) != 0 || counters_open(&counters) != 0)
        return false;
    counters_cpu_sum(&counters, &before);
    marker_begin(REGION_UNMAP);
    for (unsigned i = 0; i < UNMAPS; i++)
        failed |= sluice_aspace_map(SLUICE_SLOT_ASPACE, region.slot, 0, ADDRESS, 1, SLUICE_MAP_READ, NULL) |
                  sluice_aspace_unmap(SLUICE_SLOT_ASPACE, ADDRESS, 1, NULL);
    marker_end(REGION_UNMAP);
    counters_cpu_sum(&counters, &after);
    failed |= sluice_thread_stop(thread);
    printf("RESULT markers=unmap region=%u rounds=%u ipis=%lu\n", REGION_UNMAP, UNMAPS,
           (unsigned long)(after.ipis_sent - before.ipis_sent));
    return failed >= 0;
}

int main(void)
{
    static uint8_t bytes[LONG];
    loop_measure("count", 1, SHORT, marked_count_short);
    loop_measure("count", 2, LONG, marked_count_long);
    loop_measure("null", 3, SHORT, marked_null_short);
    loop_measure("null", 4, LONG, marked_null_long);
    marked_fill(bytes, sizeof bytes);
    printf("RESULT markers=fill region=5 rounds=%u\n", LONG);
    return sluice_cpu_count() < 2 || unmaps_measure() ? 0 : 1;
}
