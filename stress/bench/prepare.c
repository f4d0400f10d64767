// SPDX-License-Identifier: MIT
/*
 * What the operations work on: objects, and the threadlets that are their partners.
 * A partner runs on our processor at our priority: a call switches straight to it.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "servers/lib/thread.h"
#include "stress/bench/bench.h"
#include <stdlib.h>

#define SETTLE_MS 20u /* partners run to their first wait meanwhile */
#define ENTRIES 48u

static uint64_t own(enum sluice_type type)
{
    return resource_object(SLUICE_SLOT_POOL, type, 0, 0);
}

uint64_t bench_thread_make(uint64_t space, uint64_t argument, unsigned priority, unsigned cpu)
{
    uint64_t cspace = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_CSPACE, 16, 0);
    uint64_t thread = cspace ? resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_THREAD, cspace, space) : 0;
    bool good = thread && sluice_cap_copy(cspace, 1, argument, SLUICE_RIGHTS_ALL, 0) == 0 &&
                sluice_thread_configure(thread, priority, 0, 0, 0) == 0 &&
                sluice_thread_move(thread, SLUICE_SLOT_CPU(cpu)) == 0;
    return good ? thread : 0;
}

static bool partner_make(uint64_t space, enum threadlet_kind kind, uint64_t argument)
{
    uint64_t thread = bench_thread_make(space, argument, sluice_process->priority, 0);
    return thread && threadlet_start(thread, kind, 1) == 0;
}

static bool objects_make(struct bench *bench)
{
    uint64_t *const slots[] = {&bench->near_endpoint, &bench->far_endpoint, &bench->long_endpoint,
                               &bench->cap_endpoint,  &bench->sink,         &bench->caller};
    bool good = true;
    for (unsigned i = 0; i < sizeof slots / sizeof slots[0]; i++)
        good &= (*slots[i] = own(SLUICE_TYPE_ENDPOINT)) != 0;
    bench->lonely = own(SLUICE_TYPE_NOTIFICATION);
    bench->ping = own(SLUICE_TYPE_NOTIFICATION);
    bench->told = own(SLUICE_TYPE_NOTIFICATION);
    bench->space = own(SLUICE_TYPE_ASPACE);
    bench->cspace = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_CSPACE, 16, 0);
    bench->slot = sluice_slot_alloc();
    return good && bench->lonely && bench->ping && bench->told && bench->space && bench->cspace &&
           bench->slot;
}

/* The last page of the region is the far threadlet's window; the others are mapped and unmapped. */
static bool code_map(const struct bench *bench)
{
    return threadlet_map(&bench->code, bench->space) == 0 &&
           threadlet_map(&bench->code, SLUICE_SLOT_ASPACE) == 0 &&
           sluice_aspace_map(bench->space, bench->region.slot, BENCH_PAGES, THREADLET_BUFFER, 1,
                             BENCH_RW | SLUICE_MAP_ZERO, NULL) == 0;
}

static bool partners_make(struct bench *bench)
{
    bench->thread = bench_thread_make(bench->space, bench->lonely, sluice_process->priority - 1, 0);
    return bench->thread && partner_make(SLUICE_SLOT_ASPACE, THREADLET_ECHO, bench->near_endpoint) &&
           partner_make(bench->space, THREADLET_ECHO, bench->far_endpoint) &&
           partner_make(bench->space, THREADLET_LONG, bench->long_endpoint) &&
           partner_make(bench->space, THREADLET_TAKE, bench->cap_endpoint) &&
           partner_make(bench->space, THREADLET_SINK, bench->sink) &&
           partner_make(bench->space, THREADLET_CALLER, bench->caller) &&
           partner_make(bench->space, THREADLET_PONG, bench->ping);
}

/* Entries 0..15: null; 16..31: map a page each; 32..47: unmap it. */
static bool entries_make(struct bench *bench)
{
    bench->entries = aligned_alloc(64, ENTRIES * sizeof *bench->entries);
    if (!bench->entries)
        return false;
    for (unsigned i = 0; i < 16; i++) {
        uint64_t address = BENCH_ADDRESS + i * SLUICE_PAGE_BYTES;
        bench->entries[i] = (struct sluice_batch_entry){.number = SLUICE_SYS_null};
        bench->entries[16 + i] = (struct sluice_batch_entry){
            .number = SLUICE_SYS_aspace_map,
            .args = {SLUICE_SLOT_ASPACE, bench->region.slot, i, address, 1, BENCH_RW}};
        bench->entries[32 + i] = (struct sluice_batch_entry){.number = SLUICE_SYS_aspace_unmap,
                                                             .args = {SLUICE_SLOT_ASPACE, address, 1}};
    }
    return true;
}

/* The kernel checks a window when it is set: its pages have to be there. */
static bool buffers_make(struct bench *bench)
{
    bench->sample = calloc(BENCH_ROUNDS_MAX, sizeof *bench->sample);
    bench->buffer = aligned_alloc(SLUICE_PAGE_BYTES, SLUICE_PAGE_BYTES);
    if (!bench->sample || !bench->buffer)
        return false;
    bench->buffer[0] = 1;
    sluice_window_set(bench->buffer, SLUICE_PAGE_BYTES, 0, 0);
    return true;
}

bool bench_init(struct bench *bench)
{
    bool good = threadlet_init(&bench->code) && resource_region_init(&bench->region, BENCH_PAGES + 1) == 0 &&
                resource_region_init(&bench->spare, BENCH_SPARE_PAGES) == 0 && objects_make(bench) &&
                code_map(bench) && partners_make(bench) && entries_make(bench) && buffers_make(bench);
    sluice_sleep_ms(SETTLE_MS);
    return good;
}
