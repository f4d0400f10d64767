// SPDX-License-Identifier: MIT
/*
 * Operations on memory: spaces and regions of the side, and memory of the memory server.
 * Context: a side's worker; pager_body: a thread beside it. Locks: none. Tests: tests/conflict/.
 */
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "tests/user/conflict/conflict.h"

/* Where spaces have their pages: a page for each run. */
#define ADDRESS 0x0000500000000000ull
#define READ_WRITE (SLUICE_MAP_READ | SLUICE_MAP_WRITE)

static uint64_t page_address(unsigned run)
{
    return ADDRESS + run * SLUICE_PAGE_BYTES;
}

static bool page_map(struct side *side, uint64_t space, unsigned run)
{
    return sluice_aspace_map(space, side->region, side->region_first + run, page_address(run), 1, READ_WRITE,
                             NULL) == 0;
}

static bool all_unmap(uint64_t space)
{
    return sluice_aspace_unmap(space, ADDRESS, RUNS_MAX, NULL) == 0;
}

bool map_before(struct side *side)
{
    return all_unmap(side->space);
}

bool map_run(struct side *side, unsigned run)
{
    return page_map(side, side->space, run);
}

bool unmap_before(struct side *side)
{
    bool good = all_unmap(side->space);
    for (unsigned run = 0; run < RUNS_MAX; run++)
        good = good && page_map(side, side->space, run);
    return good;
}

bool unmap_run(struct side *side, unsigned run)
{
    uint64_t count = 0;
    return sluice_aspace_unmap(side->space, page_address(run), 1, &count) == 0 && count == 1;
}

bool map_unmap_run(struct side *side, unsigned run)
{
    return map_run(side, run) && unmap_run(side, run);
}

bool protect_run(struct side *side, unsigned run)
{
    return sluice_aspace_protect(side->space, page_address(run), 1, SLUICE_MAP_READ) == 0 &&
           sluice_aspace_protect(side->space, page_address(run), 1, READ_WRITE) == 0;
}

bool fault_before(struct side *side)
{
    return all_unmap(side->toucher_space);
}

/* The toucher writes to a page that is not there; its pager, on this processor, gives it one. */
bool fault_run(struct side *side, unsigned run)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, 1, 0), .word = {page_address(run)}};
    return sluice_call(side->toucher, &message, SLUICE_FOREVER) == 0 && message.word[0] == page_address(run);
}

void pager_body(void *argument)
{
    struct side *side = argument;
    struct sluice_message message;
    int64_t result = sluice_receive(side->pager, &message, SLUICE_FOREVER, NULL);
    while (result == 0) {
        bool ours = SLUICE_TAG_LABEL(message.tag) == SLUICE_LABEL_PAGE_FAULT && message.word[0] >= ADDRESS;
        bool good = ours && page_map(side, side->toucher_space,
                                     (unsigned)((message.word[0] - ADDRESS) / SLUICE_PAGE_BYTES));
        message = (struct sluice_message){.tag = SLUICE_TAG(good ? 0 : 1, 0, 0)};
        result = sluice_reply_receive(side->pager, &message, SLUICE_FOREVER, NULL);
    }
}

bool server_fault_before(struct side *side)
{
    if (side->memory && sluice_memory_unmap(side->memory, RUNS_MAX * SLUICE_PAGE_BYTES) != 0)
        return false;
    return sluice_memory_map(0, RUNS_MAX * SLUICE_PAGE_BYTES, READ_WRITE, &side->memory) == 0;
}

bool server_fault_run(struct side *side, unsigned run)
{
    *((volatile uint64_t *)side->memory + run * (SLUICE_PAGE_BYTES / sizeof(uint64_t))) = 1;
    return true;
}

bool region_split_run(struct side *side, unsigned run)
{
    (void)run;
    return sluice_region_split(side->region, side->region_first + RUNS_MAX, side->rest) == 0 &&
           sluice_region_merge(side->region, side->rest) == 0;
}
