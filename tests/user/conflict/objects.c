// SPDX-License-Identifier: MIT
/*
 * Operations on capabilities and objects, and what a side is made of.
 * Context: side_init: the process's first thread; else a side's worker. Locks: none. Tests: tests/conflict/.
 */
#include "servers/lib/process.h"
#include "tests/user/conflict/conflict.h"

/* Slots of the side's own table; the others are used by nobody. */
#define SLOT_FROM 4u
#define SLOT_TO 8u
#define CSPACE_SLOTS 16u

bool cap_copy_run(struct side *side, unsigned run)
{
    (void)run;
    return sluice_cap_copy(side->cspace, SLOT_TO, side->lonely, SLUICE_RIGHTS_ALL, 0) == 0 &&
           sluice_cap_delete(side->cspace, SLOT_TO) == 0;
}

/* From the process's table to the side's own and, by a copy, back. */
bool cap_move_run(struct side *side, unsigned run)
{
    (void)run;
    return sluice_cap_copy(0, side->slot, side->lonely, SLUICE_RIGHTS_ALL, 0) == 0 &&
           sluice_cap_move(side->cspace, SLOT_FROM, side->slot) == 0 &&
           sluice_cap_delete(side->cspace, SLOT_FROM) == 0;
}

static bool object_run(struct side *side, enum sluice_type type, uint64_t first, uint64_t second)
{
    return sluice_object_create(side->pool, type, side->slot, first, second) == 0 &&
           sluice_object_destroy(side->slot) == 0 && sluice_cap_delete(0, side->slot) == 0;
}

bool create_run(struct side *side, unsigned run)
{
    (void)run;
    return object_run(side, SLUICE_TYPE_ENDPOINT, 0, 0);
}

bool create_space_run(struct side *side, unsigned run)
{
    (void)run;
    return object_run(side, SLUICE_TYPE_ASPACE, 0, 0);
}

bool create_thread_run(struct side *side, unsigned run)
{
    (void)run;
    return object_run(side, SLUICE_TYPE_THREAD, side->cspace, side->space);
}

static uint64_t own(const struct side *side, enum sluice_type type, uint64_t first, uint64_t second)
{
    return resource_object(side->pool, type, first, second);
}

/* A threadlet on the side's processor, with `argument` in slot 1 of a table of its own; not started. */
static uint64_t helper_make(const struct side *side, uint64_t space, uint64_t argument, uint64_t faults)
{
    uint64_t cspace = own(side, SLUICE_TYPE_CSPACE, CSPACE_SLOTS, 0);
    uint64_t thread = cspace ? own(side, SLUICE_TYPE_THREAD, cspace, space) : 0;
    if (!thread || sluice_cap_copy(cspace, 1, argument, SLUICE_RIGHTS_ALL, 0) != 0 ||
        sluice_thread_move(thread, SLUICE_SLOT_CPU(side->home)) != 0 ||
        sluice_thread_configure(thread, sluice_process->priority, 0, faults, 0) != 0)
        return 0;
    return thread;
}

static bool helper_start(const struct side *side, uint64_t space, enum threadlet_kind kind, uint64_t argument,
                         uint64_t faults)
{
    uint64_t thread = helper_make(side, space, argument, faults);
    return thread && threadlet_start(thread, kind, 1) == 0;
}

static bool objects_make(struct side *side)
{
    side->endpoint = own(side, SLUICE_TYPE_ENDPOINT, 0, 0);
    side->ping = own(side, SLUICE_TYPE_NOTIFICATION, 0, 0);
    side->lonely = own(side, SLUICE_TYPE_NOTIFICATION, 0, 0);
    side->space = own(side, SLUICE_TYPE_ASPACE, 0, 0);
    side->toucher_space = own(side, SLUICE_TYPE_ASPACE, 0, 0);
    side->toucher = own(side, SLUICE_TYPE_ENDPOINT, 0, 0);
    side->pager = own(side, SLUICE_TYPE_ENDPOINT, 0, 0);
    side->cspace = own(side, SLUICE_TYPE_CSPACE, CSPACE_SLOTS, 0);
    side->rest = sluice_slot_alloc();
    side->slot = sluice_slot_alloc();
    return side->endpoint && side->ping && side->lonely && side->space && side->toucher_space &&
           side->toucher && side->pager && side->cspace && side->rest && side->slot;
}

bool side_init(struct side *side)
{
    if (!objects_make(side) || !threadlet_init(&side->code) || threadlet_map(&side->code, side->space) != 0 ||
        threadlet_map(&side->code, side->toucher_space) != 0)
        return false;
    side->idle_thread = helper_make(side, side->space, side->lonely, 0);
    return side->idle_thread && helper_start(side, side->space, THREADLET_ECHO, side->endpoint, 0) &&
           helper_start(side, side->space, THREADLET_PONG, side->ping, 0) &&
           helper_start(side, side->toucher_space, THREADLET_TOUCH, side->toucher, side->pager);
}
