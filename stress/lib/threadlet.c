// SPDX-License-Identifier: MIT
/*
 * Threadlets: see threadlet.h. Their code is copied out of our own text into a frame of a region.
 * Context: any thread. Locks: none. Tests: stress/bench/, stress/pools.
 */
#include "stress/lib/threadlet.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include <string.h>

/* Where the page is written before it becomes code; nothing else is mapped there. */
#define WORK_ADDRESS 0x00005f0000000000ull

extern const char threadlet_code_start[], threadlet_code_end[]; /* stress/lib/x86_64/threadlet.S */
extern const char threadlet_echo[], threadlet_spin[], threadlet_signal[], threadlet_pong[], threadlet_long[],
    threadlet_take[], threadlet_sink[], threadlet_caller[], threadlet_touch[];

bool threadlet_init(struct threadlet_code *code)
{
    if (resource_region_init(&code->region, 1) != 0)
        return false;
    if (sluice_aspace_map(SLUICE_SLOT_ASPACE, code->region.slot, 0, WORK_ADDRESS, 1,
                          SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_ZERO, NULL) != 0)
        return false;
    memcpy((void *)WORK_ADDRESS, threadlet_code_start, (size_t)(threadlet_code_end - threadlet_code_start));
    return sluice_aspace_unmap(SLUICE_SLOT_ASPACE, WORK_ADDRESS, 1, NULL) == 0;
}

int64_t threadlet_end(struct threadlet_code *code)
{
    resource_settles(code->region.slot, RESOURCE_REGION_MAPPED, 0);
    return resource_region_end(&code->region);
}

int64_t threadlet_map(const struct threadlet_code *code, uint64_t space)
{
    return sluice_aspace_map(space, code->region.slot, 0, THREADLET_ADDRESS, 1,
                             SLUICE_MAP_READ | SLUICE_MAP_EXECUTE, NULL);
}

int64_t threadlet_start(uint64_t thread, enum threadlet_kind kind, uint64_t argument)
{
    static const char *const entries[] = {threadlet_echo, threadlet_spin,   threadlet_signal,
                                          threadlet_pong, threadlet_long,   threadlet_take,
                                          threadlet_sink, threadlet_caller, threadlet_touch};
    uint64_t entry = THREADLET_ADDRESS + (uint64_t)(entries[kind] - threadlet_code_start);
    return sluice_thread_start(thread, entry, 0, argument);
}
