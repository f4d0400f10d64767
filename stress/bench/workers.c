// SPDX-License-Identifier: MIT
/*
 * Independent workers: a process for each processor, with objects, pool, cspace and address space of its own. They share
 * one page, on which they meet before and after each measured loop.
 * Context: the program's first thread. Locks: none; one atomic word. Tests: tests/bench/.
 */
#include "servers/lib/spawn.h"
#include "smp/atomic.h"
#include "stress/bench/bench.h"
#include <stdio.h>

#define WORKER_POOL_BYTES (4ull << 20)
#define WORKER_MEMORY_BYTES (16ull << 20)
#define PATIENCE_MS 600000u
#define MEETING_ADDRESS 0x0000510000000000ull
#define BROKEN (1ull << 63)

struct meeting {
    uint64_t arrived; /* atomic: how often a worker came, all of them together; BROKEN when one ended */
};

static int64_t worker_spawn(unsigned cpu, uint64_t region, int argc, char **argv)
{
    static struct sluice_spawn_request request;
    bool good = true;
    sluice_spawn_init(&request, "stress/bench");
    for (int i = 1; i < argc; i++)
        good &= sluice_spawn_argument(&request, argv[i]);
    sluice_spawn_cpu(&request, sluice_process->cpu[cpu]);
    request.flags = SLUICE_SPAWN_TUNER | SLUICE_SPAWN_LOG | SLUICE_SPAWN_PORTS | SLUICE_SPAWN_REGIONS;
    request.pool_bytes = WORKER_POOL_BYTES;
    request.memory_limit = WORKER_MEMORY_BYTES;
    request.gifts = 1;
    request.gift[0] = (uint32_t)region;
    int64_t process = good ? sluice_spawn(&request) : SLUICE_E_BAD_ARGUMENT;
    if (process < 0)
        printf("bench: worker %u does not start: %s\n", cpu, sluice_error_text(process));
    return process;
}

static struct meeting *meeting_map(uint64_t region, unsigned flags)
{
    int64_t result =
        sluice_aspace_map(SLUICE_SLOT_ASPACE, region, 0, MEETING_ADDRESS, 1, BENCH_RW | flags, NULL);
    return result == 0 ? (struct meeting *)MEETING_ADDRESS : NULL;
}

/* Why a worker did not end well goes to the console; what it found itself it said there. */
static bool worker_ended(unsigned cpu, int64_t process)
{
    struct sluice_end end = {.cause = SLUICE_END_KILLED};
    char text[80];
    int64_t result = sluice_process_wait((uint32_t)process, sluice_deadline_ms(PATIENCE_MS), &end);
    bool good = result == 0 && end.cause == SLUICE_END_EXIT && end.status == 0;
    if (!good)
        printf("bench: worker %u: %s\n", cpu, sluice_end_text(&end, text, sizeof text));
    return good;
}

int workers_run(uint64_t cpus, int argc, char **argv)
{
    int64_t process[SLUICE_CPUS_MAX] = {0};
    struct resource_region region;
    struct meeting *meeting =
        resource_region_init(&region, 1) == 0 ? meeting_map(region.slot, SLUICE_MAP_ZERO) : NULL;
    if (!meeting)
        return 3;
    bool good = true;
    for (unsigned i = 0; i < cpus; i++)
        good &= (process[i] = worker_spawn(i, region.slot, argc, argv)) > 0;
    for (unsigned i = 0; i < cpus; i++) {
        if (!good) /* relaxed: the word carries nothing else */
            atomic_store_relaxed(&meeting->arrived, BROKEN);
        if (process[i] > 0)
            good &= worker_ended(i, process[i]);
    }
    return good ? 0 : 1;
}

bool worker_is(void)
{
    return resource_has(SLUICE_SLOT_GIFT);
}

bool worker_join(struct bench *bench)
{
    bench->meeting = meeting_map(SLUICE_SLOT_GIFT, 0);
    return bench->meeting != NULL;
}

void workers_meet(const struct bench *bench)
{
    struct meeting *meeting = bench->meeting;
    if (!meeting)
        return;
    uint64_t arrived = atomic_fetch_add(&meeting->arrived, 1);
    uint64_t target = (arrived / bench->cpus + 1) * bench->cpus;
    /* Relaxed: nothing that workers do depends on what others wrote. */
    while (arrived < target && !(arrived & BROKEN)) {
        cpu_relax();
        arrived = atomic_load_relaxed(&meeting->arrived);
    }
}
