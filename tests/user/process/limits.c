// SPDX-License-Identifier: MIT
/*
 * What a process may have, what it is refused, and that everything comes back.
 * Entry point: test_limits. Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "tests/user/lib/tap.h"
#include "tests/user/process/process.h"
#include <string.h>

static void small(struct sluice_spawn_request *request)
{
    request->memory_limit = 2 << 20;
}

static void last_cpu(struct sluice_spawn_request *request)
{
    sluice_spawn_cpu(request, sluice_cpu_count() - 1);
}

static void no_cpu(struct sluice_spawn_request *request)
{
    sluice_spawn_cpu(request, 255);
}

static void unknown_name(struct sluice_spawn_request *request)
{
    strcpy(request->name, "test/nothing of this name");
}

static void endless_name(struct sluice_spawn_request *request)
{
    memset(request->name, 'x', sizeof request->name);
}

static void unknown_flag(struct sluice_spawn_request *request)
{
    request->flags = 1u << 20;
}

static void highest(struct sluice_spawn_request *request)
{
    request->priority = SLUICE_PRIORITY_MAX;
}

static void pool_of_everything(struct sluice_spawn_request *request)
{
    request->pool_bytes = 1ull << 44;
}

static void pool_of_nothing(struct sluice_spawn_request *request)
{
    request->pool_bytes = SLUICE_PAGE_BYTES;
}

static void odd_slots(struct sluice_spawn_request *request)
{
    request->slots = 1000;
}

static void missing_gift(struct sluice_spawn_request *request)
{
    request->gifts = 1;
    request->gift[0] = 0;
}

static uint64_t pages_free(void)
{
    struct sluice_memory_stats stats = {0};

    sluice_memory_stats(&stats);
    return stats.pages_free;
}

static void refusals(void)
{
    const struct {
        const char *what;
        void (*change)(struct sluice_spawn_request *request);
        int64_t error;
    } rows[] = {
        {"a program that is not there", unknown_name, SLUICE_E_NOT_FOUND},
        {"a name without end", endless_name, SLUICE_E_BAD_ARGUMENT},
        {"an unknown flag", unknown_flag, SLUICE_E_BAD_ARGUMENT},
        {"a server's priority", highest, SLUICE_E_NOT_ALLOWED},
        {"a pool larger than the machine", pool_of_everything, SLUICE_E_NO_MEMORY},
        {"a pool too small for it", pool_of_nothing, SLUICE_E_NO_MEMORY},
        {"a number of slots that is no power of two", odd_slots, SLUICE_E_BAD_ARGUMENT},
        {"processors that are not there", no_cpu, SLUICE_E_BAD_ARGUMENT},
        {"a gift out of an empty slot", missing_gift, SLUICE_E_BAD_CAP},
    };
    uint64_t before = pages_free();

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tap_result(child_spawn("return", rows[i].change), rows[i].error, "refused: %s", rows[i].what);
    tap_equal(pages_free(), before, "and nothing is gone afterwards");
}

static bool round_trip(void)
{
    struct sluice_end end;

    return child_end("return", NULL, &end) && end.status == 7 && child_end("write", NULL, &end) &&
           child_end("exhaust", small, &end) && end.status == 0;
}

/* The first ones make the servers' own tables grow. */
static void everything_comes_back(void)
{
    bool good = true;
    uint64_t before;

    for (unsigned i = 0; i < 8; i++)
        good &= round_trip();
    before = pages_free();
    for (unsigned i = 0; i < 40; i++)
        good &= round_trip();
    tap_ok(good, "processes come and go");
    tap_equal(pages_free(), before, "and leave every page behind");
}

void test_limits(void)
{
    struct sluice_end end = {0};

    refusals();
    tap_ok(child_end("limit", small, &end) && end.cause == SLUICE_END_EXIT, "a process with a memory limit");
    tap_result(end.status, 0, "gets that, and is told when it asks for more");
    tap_ok(child_end("exhaust", small, &end) && end.cause == SLUICE_END_EXIT, "malloc without end");
    tap_result(end.status, 0, "ends in an error, not in the process's end");
    tap_ok(child_end("cpu", last_cpu, &end) && end.cause == SLUICE_END_EXIT, "a process for one processor");
    tap_result(end.status, sluice_process->cpu[sluice_cpu_count() - 1], "runs there");
    everything_comes_back();
}
