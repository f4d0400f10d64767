// SPDX-License-Identifier: MIT
/*
 * test/pools: what is given to a pool comes back: under load, many times, to the last byte; and pools that are asked to
 * be larger than memory are refused and change nothing.
 * Context: a process with regions and the right to spawn. Locks: none. Tests: tests/user/pools.t runs this.
 */
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "servers/lib/spawn.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"
#include "tests/user/pools/pools.h"
#include <stdio.h>

static struct sluice_memory_stats stats_now(void)
{
    struct sluice_memory_stats stats = {0};
    sluice_memory_stats(&stats);
    return stats;
}

/* What dead processes had comes back soon after their end. */
static bool free_again(uint64_t pages)
{
    for (unsigned i = 0; i < 1500; i++) {
        if (stats_now().pages_free >= pages)
            return true;
        sluice_sleep_ms(2);
    }
    return false;
}

static void test_too_large(void)
{
    struct sluice_memory_stats before = stats_now();
    uint64_t slot = sluice_slot_alloc(), second = sluice_slot_alloc();
    uint64_t most = before.pages_total * SLUICE_PAGE_BYTES;
    int64_t result = sluice_memory_pool_alloc(most, "first", slot);
    tap_ok(result == SLUICE_E_NO_MEMORY || result == SLUICE_E_LIMIT, "a pool as large as memory (%s)",
           error_name(result));
    result = sluice_memory_pool_alloc(most, "second", second);
    tap_ok(result == SLUICE_E_NO_MEMORY || result == SLUICE_E_LIMIT, "and a second one (%s)",
           error_name(result));
    result = sluice_memory_pool_alloc(1ull << 62, "huge", second);
    tap_ok(result < 0, "a pool of 2^62 bytes (%s)", error_name(result));
    result = sluice_memory_region_alloc(most, second);
    tap_ok(result == SLUICE_E_NO_MEMORY || result == SLUICE_E_LIMIT, "a region as large as memory (%s)",
           error_name(result));
    struct sluice_memory_stats after = stats_now();
    tap_equal(after.pages_free, before.pages_free, "nothing of it was taken");
    tap_equal(after.client_reserved, before.client_reserved, "nor counted against us");
    struct sluice_cap_info info;
    tap_result(sluice_cap_info(slot, &info), SLUICE_E_BAD_CAP, "and the slots are empty");
    sluice_slot_free(slot);
    sluice_slot_free(second);
}

/* The same through root: a process whose pool would be larger than memory. */
static void test_too_large_process(void)
{
    static struct sluice_spawn_request request;
    uint64_t before = stats_now().pages_free;
    sluice_spawn_init(&request, "stress/cap");
    request.pool_bytes = stats_now().pages_total * SLUICE_PAGE_BYTES;
    int64_t result = sluice_spawn(&request);
    tap_ok(result == SLUICE_E_NO_MEMORY || result == SLUICE_E_LIMIT || result == SLUICE_E_BAD_ARGUMENT,
           "a process with such a pool is refused (%s)", error_name(result));
    tap_ok(free_again(before), "and leaves nothing behind");
}

static void test_rounds(void)
{
    struct resource_pool pool;
    struct sluice_memory_stats before = stats_now();
    unsigned good = 0;
    for (unsigned i = 0; i < 50; i++) {
        if (resource_pool_init(&pool, 64, "round") != 0)
            break;
        uint64_t slot = resource_object(pool.slot, SLUICE_TYPE_CSPACE, 256, 0);
        good += slot != 0 && resource_pool_end(&pool) == 0;
        if (slot)
            sluice_slot_drop(slot);
    }
    tap_equal(good, 50, "50 pools, one after the other");
    tap_equal(stats_now().pages_free, before.pages_free, "have given every page back");
}

static bool workload_run(const char *threads, struct sluice_end *end)
{
    static struct sluice_spawn_request request;
    sluice_spawn_init(&request, "stress/pools");
    sluice_spawn_argument(&request, "seconds=4");
    sluice_spawn_argument(&request, threads);
    request.flags = SLUICE_SPAWN_REGIONS;
    request.pool_bytes = 8 << 20;
    int64_t process = sluice_spawn(&request);
    if (process <= 0)
        tap_note("spawn: %s", error_name(process));
    return process > 0 && sluice_process_wait((uint32_t)process, sluice_deadline_ms(120000), end) == 0;
}

static void test_under_load(void)
{
    static const char *const threads[] = {"threads=0", "threads=1", "threads=4"};
    uint64_t before = stats_now().pages_free;
    for (unsigned i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        struct sluice_end end = {0};
        char text[80] = "no end";
        bool ended = workload_run(threads[i], &end);
        if (ended)
            sluice_end_text(&end, text, sizeof text);
        tap_ok(ended && end.cause == SLUICE_END_EXIT && end.status == 0,
               "pools with %s are destroyed under load: %s", threads[i], text);
        tap_ok(free_again(before), "every page is back (%lu free, %lu before)",
               (unsigned long)stats_now().pages_free, (unsigned long)before);
    }
}

/* Processes are killed in the middle of their work: their pools, regions and spaces go with them. */
static void test_killed(void)
{
    static const char *const programs[] = {"stress/cap", "stress/map", "stress/ipc"};
    static struct sluice_spawn_request request;
    struct sluice_end end;
    uint64_t before = stats_now().pages_free;
    unsigned good = 0;
    for (unsigned i = 0; i < 9; i++) {
        sluice_spawn_init(&request, programs[i % 3]);
        sluice_spawn_argument(&request, "seconds=60");
        request.flags = SLUICE_SPAWN_REGIONS;
        request.pool_bytes = 8 << 20;
        int64_t process = sluice_spawn(&request);
        sluice_sleep_ms(100 + i * 37);
        good += process > 0 && sluice_process_kill((uint32_t)process) == 0 &&
                sluice_process_wait((uint32_t)process, sluice_deadline_ms(30000), &end) == 0 &&
                end.cause == SLUICE_END_KILLED;
    }
    tap_equal(good, 9, "9 processes are killed while they work");
    tap_ok(free_again(before), "every page is back (%lu free, %lu before)",
           (unsigned long)stats_now().pages_free, (unsigned long)before);
}

int main(void)
{
    tap_begin("pools");
    test_too_large();
    test_too_large_process();
    test_rounds();
    test_batches();
    test_under_load();
    test_killed();
    return tap_end();
}
