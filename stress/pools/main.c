// SPDX-License-Identifier: MIT
/*
 * stress/pools: workers make pools, fill them with objects and with threads that wait, run and signal in them, and
 * destroy them in the middle of it.
 * Oracle: every byte comes back: the region can be made a pool again at once, and has the frames it had; what was in
 * the pool is dead; at the end the memory server has what it had before.
 * Context: a process of its own, with regions. Locks: none. Tests: tests/user/stress.t, tests/user/pools/.
 */
#include "stress/pools/pools.h"
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "stress/lib/arguments.h"
#include <stdio.h>
#include <stdlib.h>

static struct crew crew;
static uint64_t threads = 2;
static struct threadlet_code code;

static const char *const modes[] = {"own", NULL};

static bool setup_parse(int argc, char **argv)
{
    unsigned mode = 0;
    const struct argument arguments[] = {
        CREW_ARGUMENTS(crew),
        {.key = "mode", .choice = &mode, .words = modes},
        {.key = "threads", .number = &threads, .minimum = 0, .maximum = POOLS_THREADS_MAX},
        {0},
    };
    crew.mode = modes[0];
    return arguments_parse(argc, argv, arguments);
}

static uint64_t pages_reserved(void)
{
    struct sluice_memory_stats stats = {0};
    sluice_memory_stats(&stats);
    return stats.client_reserved;
}

static bool prepare(struct pools_worker *states)
{
    if (!threadlet_init(&code))
        return false;
    for (uint64_t i = 0; i < crew.cpus; i++) {
        states[i] = (struct pools_worker){
            .code = &code, .number = i, .threads = threads, .pool = sluice_slot_alloc()};
        for (unsigned j = 0; j < POOLS_OBJECTS; j++)
            if (!(states[i].object[j] = sluice_slot_alloc()))
                return false;
        if (!states[i].pool || resource_region_init(&states[i].region, POOLS_REGION_PAGES) != 0 ||
            !crew_add(&crew, pools_body, &states[i], (unsigned)i, true))
            return false;
    }
    return true;
}

/* Our own heap may have grown meanwhile; the regions have not. */
static void judge(struct pools_worker *states)
{
    uint64_t before = pages_reserved(), given = crew.cpus * POOLS_REGION_PAGES + 1;
    for (uint64_t i = 0; i < crew.cpus; i++)
        if (resource_region_end(&states[i].region) != 0)
            crew_fail(&crew, "a region can't be given back");
    if (threadlet_end(&code) != 0)
        crew_fail(&crew, "a frame that the pools mapped is still in use");
    if (pages_reserved() != before - given + crew.wrong)
        crew_fail(&crew, "the memory server did not get every page back");
}

int main(int argc, char **argv)
{
    if (!crew_init(&crew, "pools") || !setup_parse(argc, argv))
        return 2;
    struct pools_worker *states = aligned_alloc(64, crew.cpus * sizeof *states);
    if (!states || !prepare(states)) {
        printf("pools: not enough memory, regions or slots\n");
        return 3;
    }
    if (crew_run(&crew))
        judge(states);
    return crew_report(&crew);
}
