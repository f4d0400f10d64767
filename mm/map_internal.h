// SPDX-License-Identifier: MIT
/*
 * What map.c and map_steps.c share: a call of aspace_map once its arguments are checked, and how far it came.
 * Owns: struct map_call, the meaning of thread->step and thread->scratch in aspace_map. Context: kernel. Locks: none.
 * Tests: tests/host/test_aspace.c.
 *
 *      HOLD -> ENTER -> DROP    ENTER is left out when nothing could be held, DROP when all was entered
 */
#pragma once
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "mm/aspace.h"
#include "mm/frame_use.h"
#include "mm/region.h"
#include "mm/x86_64/copy.h"
#include "mm/x86_64/pt.h"
#include "smp/cpu.h"

enum map_step { MAP_BEGIN, MAP_HOLD, MAP_ENTER, MAP_DROP };

/* What thread->scratch holds from step HOLD on. */
enum map_scratch {
    MAP_FRAME,   /* number of the first */
    MAP_HELD,    /* frames whose use count is up */
    MAP_ENTERED, /* pages mapped; in DROP, frames settled: mapped or down again */
    MAP_RESULT,  /* what the region's capability allows; from DROP on: result, and pages mapped << 32 */
};

struct map_call {
    struct aspace *space;
    struct pool *pool; /* the space's */
    uint64_t frame, address, pages;
    unsigned flags;
    unsigned may; /* what the region's capability allows */
    const struct object *region;
    uint32_t region_generation; /* as it was when the region was found */
};

/* The call goes on at this step, in map_continue. */
static inline void map_note(struct thread *thread, const struct map_call *call, enum map_step step,
                            uint64_t held)
{
    thread->scratch[MAP_FRAME] = call->frame;
    thread->scratch[MAP_HELD] = held;
    thread->scratch[MAP_ENTERED] = 0;
    thread->scratch[MAP_RESULT] = call->may;
    thread->step = (uint8_t)step;
}

static inline int64_t map_done(uint64_t *args, uint64_t mapped, int64_t result)
{
    args[2] = mapped;
    struct sluice_cpu_counters *counters = cpu_self()->counters;
    counter_add(&counters->maps, 1);
    counter_add(&counters->mapped_pages, mapped);
    return result;
}

/* Space and region of the call. 0 or an error of cap_lookup. */
static __attribute__((always_inline)) inline int64_t map_lookup(const struct thread *thread,
                                                                const uint64_t *args, struct cap_found *space,
                                                                struct cap_found *region)
{
    /* The rights' bits are those of the flags. */
    unsigned rights = (unsigned)args[5] & (SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE);
    int error = cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, space);
    return error ? error : cap_lookup_found(thread->cspace, args[1], SLUICE_TYPE_REGION, rights, region);
}
_Static_assert((unsigned)SLUICE_MAP_READ == (unsigned)SLUICE_RIGHT_READ &&
                   (unsigned)SLUICE_MAP_WRITE == (unsigned)SLUICE_RIGHT_WRITE &&
                   (unsigned)SLUICE_MAP_EXECUTE == (unsigned)SLUICE_RIGHT_EXECUTE,
               "map_lookup");

/* From where map_note, or the call itself at a later step, noted that it is. */
int64_t map_continue(struct thread *thread, uint64_t *args);
