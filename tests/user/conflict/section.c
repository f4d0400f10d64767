// SPDX-License-Identifier: MIT
/*
 * Sections: a pair of operations, one by each side, in turns. Kernel work that earlier operations left behind is over
 * before a section begins; both have done their operation before, so that first touches are not in it.
 * Context: a side's worker. Locks: none. Tests: tests/conflict/.
 */
#include "smp/atomic.h"
#include "stress/lib/marker.h"
#include "tests/user/conflict/section.h"

#define MARKER_CONFLICT 1
#define SETTLE_MS 2u
#define SETTLE_TRIES 1000u

/* Both have come here. User mode only: nothing of it is in a section. */
static void sides_meet(struct side *side)
{
    struct meeting *meeting = side->meeting;
    /* pairs with sides_meet() in this file: what this side did before, before what the other does after */
    atomic_store_release(&meeting->side[side->number].arrived, ++side->arrived);
    /* pairs with sides_meet() in this file: the same, seen from the other side */
    while (atomic_load_acquire(&meeting->side[!side->number].arrived) < side->arrived)
        cpu_relax();
}

void section_rest(struct side *side)
{
    sides_meet(side);
    side->objects = resource_detail(side->pool, RESOURCE_POOL_OBJECTS);
    sides_meet(side);
}

/* What this processor destroyed is free: an endpoint that is destroyed now goes last, and waits for two grace periods. */
static bool side_settle(struct side *side)
{
    if (sluice_object_create(side->pool, SLUICE_TYPE_ENDPOINT, side->slot, 0, 0) != 0 ||
        sluice_object_destroy(side->slot) != 0 || sluice_cap_delete(0, side->slot) != 0)
        return false;
    for (unsigned i = 0; i < SETTLE_TRIES; i++) {
        sluice_sleep_ms(SETTLE_MS);
        if (resource_detail(side->pool, RESOURCE_POOL_OBJECTS) <= side->objects)
            return true;
    }
    return false;
}

static void side_check(struct side *side, bool good, const struct operation *operation)
{
    if (good)
        return;
    if (!side->failures++)
        side->failed = operation->name;
}

static void turn(struct side *side, const struct operation *operation, unsigned first)
{
    for (unsigned run = first; run < first + TURN_RUNS; run++)
        side_check(side, operation->run(side, run), operation);
}

/* Side 0, then side 1, and again. */
static void turns(struct side *side, const struct operation *operation)
{
    for (unsigned i = 0; i < TURNS * SIDES; i++) {
        if (i % SIDES == side->number)
            turn(side, operation, i / SIDES * TURN_RUNS);
        sides_meet(side);
    }
}

static void before(struct side *side, const struct operation *operation)
{
    if (operation->before)
        side_check(side, operation->before(side), operation);
}

void section_run(struct side *side, const struct pair *pair)
{
    static const struct operation common = {"common", NULL, common_run};
    const struct operation *operation = &operations[side->number ? pair->second : pair->first];
    if (pair->common)
        operation = &common;
    before(side, operation);
    sides_meet(side);
    turns(side, operation);
    before(side, operation);
    side_check(side, side_settle(side), operation);
    sides_meet(side);
    marker_begin(MARKER_CONFLICT);
    sides_meet(side);
    turns(side, operation);
    marker_end(MARKER_CONFLICT);
    sides_meet(side);
}
