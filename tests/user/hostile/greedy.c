// SPDX-License-Identifier: MIT
/*
 * An ordinary program, a copy of this one without any flag, takes as much as it can get of what all share: it must come
 * to a limit, and leave nothing behind.
 * Context: the first thread of the program, and of its copy. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/spawn.h"
#include "stress/lib/resources.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/tap.h"
#include <string.h>

#define WAIT_MS 60000u
#define END_POOL_BYTES (32ull << 20)
#define END_OBJECTS 60000u
#define PROCESSES 40u
#define READY SLUICE_SLOT_GIFT /* in the copy: told when it is about to end its pool */

/* How many there are before LIMIT, or `most`. */
static unsigned pools_take(unsigned most)
{
    unsigned count = 0;
    while (count < most && sluice_memory_pool_alloc(2 * SLUICE_PAGE_BYTES, "greedy", sluice_slot_alloc()) > 0)
        count++;
    return count;
}

static unsigned objects_take(unsigned most)
{
    unsigned count = 0;
    while (count < most && sluice_memory_object_create(SLUICE_PAGE_BYTES, SLUICE_MAP_READ) > 0)
        count++;
    return count;
}

static unsigned extents_take(unsigned most)
{
    int64_t object = sluice_memory_object_create(SLUICE_PAGE_BYTES, SLUICE_MAP_READ);
    unsigned count = 0;
    while (count < most &&
           sluice_memory_object_map((uint64_t)object, 0, 0, SLUICE_PAGE_BYTES, SLUICE_MAP_READ, NULL) == 0)
        count++;
    return count;
}

static int64_t copy_spawn(const char *word, unsigned priority, uint64_t memory, uint64_t pool)
{
    static struct sluice_spawn_request request;
    sluice_spawn_init(&request, "test/hostile");
    sluice_spawn_argument(&request, word);
    request.priority = priority;
    request.memory_limit = memory;
    request.pool_bytes = pool;
    return sluice_spawn(&request);
}

static unsigned processes_take(unsigned most)
{
    int64_t process[PROCESSES];
    unsigned count = 0;
    while (count < most && (process[count] = copy_spawn("sleep", 0, 0, 0)) > 0)
        count++;
    for (unsigned i = 0; i < count; i++)
        sluice_process_kill((uint32_t)process[i]);
    return count;
}

/* The pool is large, so that its end takes a while. */
static int pool_end(void)
{
    uint64_t slot = sluice_slot_alloc();
    for (unsigned i = 0; i < END_OBJECTS; i++) {
        if (sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, slot, 0, 0) != 0)
            break;
        sluice_cap_delete(0, slot);
    }
    sluice_signal(READY, 1);
    sluice_pool_destroy(SLUICE_SLOT_POOL);
    return 1;
}

int greedy_copy(const char *word)
{
    if (strcmp(word, "pools") == 0)
        return pools_take(20) < 20 ? 0 : 1;
    if (strcmp(word, "objects") == 0)
        return objects_take(2000) < 2000 ? 0 : 1;
    if (strcmp(word, "extents") == 0)
        return extents_take(20000) < 20000 ? 0 : 1;
    if (strcmp(word, "processes") == 0)
        return processes_take(PROCESSES) < PROCESSES ? 0 : 1;
    if (strcmp(word, "priority") == 0)
        return copy_spawn("pools", SLUICE_SPAWN_PRIORITY + 1, 0, 0) == SLUICE_E_NOT_ALLOWED ? 0 : 1;
    if (strcmp(word, "memory") == 0)
        return copy_spawn("pools", 0, 2 * SLUICE_SPAWN_MEMORY_BYTES, 0) == SLUICE_E_NOT_ALLOWED ? 0 : 1;
    if (strcmp(word, "pool") == 0)
        return copy_spawn("pools", 0, 0, 16 * SLUICE_SPAWN_POOL_BYTES) == SLUICE_E_NOT_ALLOWED ? 0 : 1;
    if (strcmp(word, "end") == 0)
        return pool_end();
    sluice_sleep_until(SLUICE_FOREVER);
    return 1;
}

static void copy_run(const char *word, const char *name)
{
    struct sluice_end end = {0};
    int64_t process = copy_spawn(word, 0, 0, 0);
    int64_t result =
        process > 0 ? sluice_process_wait((uint32_t)process, sluice_deadline_ms(WAIT_MS), &end) : process;
    tap_ok(result == 0 && end.cause == SLUICE_END_EXIT && end.status == 0, "an ordinary program %s", name);
}

static uint64_t pages_free(void)
{
    struct sluice_memory_stats stats = {0};
    sluice_memory_stats(&stats);
    return stats.pages_free;
}

/* It ends its own pool, and with it itself; a little later it is killed. */
static bool end_at_once(uint64_t ready, uint64_t delay_us)
{
    static struct sluice_spawn_request request;
    sluice_spawn_init(&request, "test/hostile");
    sluice_spawn_argument(&request, "end");
    sluice_spawn_cpu(&request, sluice_process->cpu[sluice_cpu_count() - 1]);
    request.pool_bytes = END_POOL_BYTES;
    request.gifts = 1;
    request.gift[0] = (uint32_t)ready;
    int64_t process = sluice_spawn(&request);
    if (process < 0 || sluice_wait(ready, 1, sluice_deadline_ms(WAIT_MS), NULL) != 0)
        return false;
    sluice_sleep_until(sluice_clock() + delay_us * 1000);
    return sluice_process_kill((uint32_t)process) == 0;
}

static void test_end_at_once(void)
{
    uint64_t ready = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0), before = pages_free();
    bool good = true;
    for (uint64_t delay_us = 0; delay_us < 8000; delay_us += 1000)
        good &= end_at_once(ready, delay_us);
    uint64_t after = pages_free();
    tap_ok(good, "programs end their own pools, and are killed meanwhile");
    tap_ok(after + 64 > before, "their memory is back (%lu pages were free, %lu are)", (unsigned long)before,
           (unsigned long)after);
    resource_object_end(ready);
}

void test_greedy(void)
{
    copy_run("pools", "cannot take all pools");
    copy_run("objects", "cannot take all memory objects");
    copy_run("extents", "cannot map one page without end");
    copy_run("processes", "cannot start processes without end");
    copy_run("priority", "starts none of higher priority");
    copy_run("memory", "starts none with more memory");
    copy_run("pool", "starts none with a larger pool");
    test_end_at_once();
}
