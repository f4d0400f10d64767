// SPDX-License-Identifier: MIT
/*
 * A process with sides: its memory, a worker and a pager for each side, and how it ends.
 * Context: the process's first thread, which waits while the workers work; worker_body: theirs. Locks: none.
 * Tests: tests/conflict/.
 */
#include "tests/user/conflict/process.h"
#include "mm/frame.h"
#include "servers/lib/process.h"
#include "servers/lib/thread.h"
#include "tests/user/conflict/section.h"
#include <stdio.h>

#define MEETING_ADDRESS 0x0000600000000000ull
#define REGION_PAGES 1024u /* so that it has a whole block of frames, wherever it lies */

static struct side sides[SIDES];
static struct process {
    const struct pair *pairs;
    unsigned count;
    uint64_t common;
    struct resource_region region;
} process;

/* One side alone has a block of frames for itself. Both together have one block: each a region that ends in it. */
static bool regions_make(enum process_role role)
{
    if (resource_region_init(&process.region, REGION_PAGES) != 0)
        return false;
    struct sluice_cap_info info;
    sluice_cap_info(process.region.slot, &info);
    uint64_t first = -info.detail[0] & (FRAME_BLOCK_FRAMES - 1);
    for (unsigned i = 0; i < SIDES; i++) {
        sides[i].region = process.region.slot;
        sides[i].region_first = first;
    }
    if (role != ROLE_BOTH)
        return true;
    sides[1].region = sluice_slot_alloc();
    sides[1].region_first = 0;
    return sides[1].region &&
           sluice_region_split(sides[0].region, first + FRAME_BLOCK_FRAMES / 2, sides[1].region) == 0;
}

static void worker_body(void *argument)
{
    struct side *side = argument;
    section_rest(side);
    for (unsigned i = 0; i < process.count; i++)
        section_run(side, &process.pairs[i]);
}

static struct sluice_thread *side_start(enum process_role role, struct side *side)
{
    /* Processors come in the order of their numbers: homes first, then the ones to move to. */
    unsigned homes = role == ROLE_BOTH ? SIDES : 1;
    side->home = role == ROLE_BOTH ? side->number : 0;
    side->other = side->home + homes;
    /* The two processes with one side each meet in the first place, the sides of one process in the second. */
    side->meeting = (struct meeting *)MEETING_ADDRESS + (role == ROLE_BOTH);
    side->pool = SLUICE_SLOT_POOL;
    side->pool_number = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    side->common = process.common;
    if (!side_init(side) || !sluice_thread_create(pager_body, side, side->home, 0, 0))
        return NULL;
    return sluice_thread_create(worker_body, side, side->home, 0, 0);
}

static bool sides_run(enum process_role role)
{
    struct sluice_thread *worker[SIDES] = {NULL, NULL};
    bool good = true;
    for (unsigned i = 0; i < SIDES; i++) {
        sides[i].number = i;
        if (role_has(role, i) && !(worker[i] = side_start(role, &sides[i])))
            return false;
    }
    for (unsigned i = 0; i < SIDES; i++) {
        if (worker[i])
            sluice_thread_join(worker[i], SLUICE_FOREVER);
        if (sides[i].failures)
            printf("side %u: %lu operations failed, the first one was %s\n", i,
                   (unsigned long)sides[i].failures, sides[i].failed);
        good = good && !sides[i].failures;
    }
    return good;
}

int process_run(enum process_role role, const struct pair *pairs, unsigned count)
{
    process.pairs = pairs;
    process.count = count;
    process.common = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    bool good = process.common &&
                sluice_aspace_map(SLUICE_SLOT_ASPACE, SLUICE_SLOT_GIFT + GIFT_MEETING, 0, MEETING_ADDRESS,
                                  MEETING_PAGES, SLUICE_MAP_READ | SLUICE_MAP_WRITE, NULL) == 0 &&
                regions_make(role) && sides_run(role);
    sluice_signal(SLUICE_SLOT_GIFT + GIFT_TOLD, 1u << role | (good ? 0 : TOLD_FAILED));
    sluice_wait(SLUICE_SLOT_GIFT + GIFT_FINISH, 1u << role, SLUICE_FOREVER, NULL);
    return !good;
}
