// SPDX-License-Identifier: MIT
/*
 * Mappings: in our own address space, which is active here, in another, and what the memory server does at a fault.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "servers/lib/memory.h"
#include "stress/bench/loop.h"

static inline __attribute__((always_inline)) int64_t pages_map(const struct bench *bench, uint64_t space,
                                                               uint64_t pages)
{
    return sluice_aspace_map(space, bench->region.slot, 0, BENCH_ADDRESS, pages, BENCH_RW, NULL);
}

static inline __attribute__((always_inline)) int64_t pages_unmap(uint64_t space, uint64_t pages)
{
    return sluice_aspace_unmap(space, BENCH_ADDRESS, pages, NULL);
}

OPERATION(map_unmap)
{
    return pages_map(bench, SLUICE_SLOT_ASPACE, 1) | pages_unmap(SLUICE_SLOT_ASPACE, 1);
}

OPERATION(map_unmap_other)
{
    return pages_map(bench, bench->space, 1) | pages_unmap(bench->space, 1);
}

OPERATION(map_touch_unmap)
{
    int64_t result = pages_map(bench, SLUICE_SLOT_ASPACE, 1);
    *(volatile uint8_t *)BENCH_ADDRESS = 1;
    return result | pages_unmap(SLUICE_SLOT_ASPACE, 1);
}

OPERATION(map_unmap_16)
{
    return pages_map(bench, SLUICE_SLOT_ASPACE, 16) | pages_unmap(SLUICE_SLOT_ASPACE, 16);
}

OPERATION(map_unmap_512)
{
    return pages_map(bench, SLUICE_SLOT_ASPACE, 512) | pages_unmap(SLUICE_SLOT_ASPACE, 512);
}

/* 16 calls of one page each, in one entry, twice; entries 16.. map, 32.. unmap (prepare.c). */
OPERATION(map_unmap_batch_16)
{
    int64_t result = sluice_batch(bench->entries + 16, 16) | sluice_batch(bench->entries + 32, 16);
    return result | bench->entries[31].result | bench->entries[47].result;
}

int64_t bench_protect_ready(struct bench *bench)
{
    return pages_map(bench, SLUICE_SLOT_ASPACE, 1);
}

/* Takes the right to write away and gives it back. */
OPERATION(protect)
{
    return sluice_aspace_protect(SLUICE_SLOT_ASPACE, BENCH_ADDRESS, 1, SLUICE_MAP_READ) |
           sluice_aspace_protect(SLUICE_SLOT_ASPACE, BENCH_ADDRESS, 1, BENCH_RW);
}

int64_t bench_protect_done(struct bench *bench)
{
    (void)bench;
    return pages_unmap(SLUICE_SLOT_ASPACE, 1);
}

#define FAULT_BYTES ((uint64_t)(BENCH_WARM_ROUNDS + BENCH_ROUNDS_MAX) * SLUICE_PAGE_BYTES)

int64_t bench_fault_ready(struct bench *bench)
{
    void *where = NULL;
    int64_t result = sluice_memory_map(0, FAULT_BYTES, BENCH_RW, &where);
    bench->page = where;
    bench->value = (uint64_t)where;
    return result;
}

/* The first touch of the next anonymous page; it has to be clear. */
OPERATION(fault)
{
    volatile uint8_t *page = bench->page;
    bench->page += SLUICE_PAGE_BYTES;
    return -(int64_t)*page;
}

int64_t bench_fault_done(struct bench *bench)
{
    return sluice_memory_unmap((const void *)bench->value, FAULT_BYTES);
}
