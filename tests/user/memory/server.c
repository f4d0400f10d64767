// SPDX-License-Identifier: MIT
/*
 * The memory server's interface: anonymous memory, its errors, its limits, its statistics.
 * Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/memory/memory.h"
#include <string.h>

#define RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)
#define PAGES 64u
#define BYTES (PAGES * SLUICE_PAGE_BYTES)

static uint64_t reserved(void)
{
    struct sluice_memory_stats stats = {0};
    sluice_memory_stats(&stats);
    return stats.client_reserved;
}

static bool all_are(const volatile uint8_t *bytes, uint8_t value)
{
    for (uint64_t i = 0; i < BYTES; i += 64)
        if (bytes[i] != value)
            return false;
    return true;
}

static void test_anonymous(void)
{
    uint64_t before = reserved();
    void *where;
    if (!tap_result(sluice_memory_map(0, BYTES, RW, &where), 0, "anonymous memory"))
        return;
    tap_equal(reserved(), before + PAGES, "is counted against us");
    tap_ok(all_are(where, 0), "is zero");
    memset(where, 0xa5, BYTES);
    tap_ok(all_are(where, 0xa5), "holds what was written");
    tap_result(sluice_memory_map((uint64_t)where, BYTES, RW, NULL), SLUICE_E_EXISTS, "its range is used");
    tap_result(sluice_memory_unmap(where, BYTES), 0, "is unmapped");
    tap_equal(reserved(), before, "and counted no more");
    tap_result(sluice_memory_map((uint64_t)where, BYTES, RW, NULL), 0, "the same range again");
    tap_ok(all_are(where, 0), "is zero again");
    sluice_memory_unmap(where, BYTES);
}

static void write_body(struct probe *probe)
{
    *(volatile uint8_t *)probe->argument = 1;
}

static void test_protect(struct probe *probe)
{
    void *where;
    sluice_memory_map(0, SLUICE_PAGE_BYTES, RW | SLUICE_MEMORY_POPULATE, &where);
    tap_ok(probe_run(probe, write_body, (uint64_t)where).kind == PROBE_DONE, "a page can be written");
    tap_result(sluice_memory_protect(where, SLUICE_PAGE_BYTES, SLUICE_MAP_READ), 0, "and be protected");
    struct probe_outcome outcome = probe_run(probe, write_body, (uint64_t)where + 5);
    tap_ok(outcome.kind == PROBE_FAULT && outcome.address == (uint64_t)where + 5, "then a write faults");
    int64_t result = sluice_memory_protect(where, SLUICE_PAGE_BYTES, RW | SLUICE_MAP_EXECUTE);
    tap_result(result, SLUICE_E_BAD_ARGUMENT, "never writable and executable");
    sluice_memory_unmap(where, SLUICE_PAGE_BYTES);
}

static void test_errors(void)
{
    static const struct {
        const char *name;
        uint64_t address, bytes;
        unsigned flags;
    } bad[] = {
        {"no bytes", 0, 0, RW},
        {"half a page", 0, 100, RW},
        {"2^64 - 4096 bytes", 0, -4096ull, RW},
        {"an address inside a page", 0x500000000008ull, 4096, RW},
        {"a kernel address", 0xffff800000000000ull, 4096, RW},
        {"a range that wraps", 0xfffffffffffff000ull, 8192, RW},
        {"the end of user space", SLUICE_USER_MAX - 4096, 8192, RW},
        {"writable and executable", 0, 4096, RW | SLUICE_MAP_EXECUTE},
        {"flags that do not exist", 0, 4096, 1u << 20 | RW},
    };
    uint64_t before = reserved();
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t result = sluice_memory_map(bad[i].address, bad[i].bytes, bad[i].flags, NULL);
        tap_ok(result == SLUICE_E_BAD_ARGUMENT || result == SLUICE_E_LIMIT, "memory_map of %s (%s)",
               bad[i].name, error_name(result));
    }
    int64_t result = sluice_memory_map(0, 1ull << 40, RW, NULL);
    tap_ok(result == SLUICE_E_LIMIT || result == SLUICE_E_NO_MEMORY, "more than the limit (%s)",
           error_name(result));
    tap_equal(reserved(), before, "what was refused is not counted");
    tap_result(sluice_memory_object_close(987654), SLUICE_E_NOT_FOUND, "closing no object");
    tap_result(sluice_memory_pool_free(987654, 0), SLUICE_E_NOT_FOUND, "freeing no pool");
    tap_result(sluice_memory_region_free(987654), SLUICE_E_NOT_FOUND, "freeing no region");
}

/* Up to the limit and back, twice: what is given back can be had again. */
static void test_limit(void)
{
    enum { CHUNK = 1 << 20, CHUNKS = 4096 };
    static void *chunks[CHUNKS];
    unsigned counts[2];
    int64_t result = 0;
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned count = 0;
        while (count < CHUNKS && (result = sluice_memory_map(0, CHUNK, RW, &chunks[count])) == 0)
            count++;
        counts[turn] = count;
        for (unsigned i = 0; i < count; i++)
            sluice_memory_unmap(chunks[i], CHUNK);
    }
    tap_ok(result == SLUICE_E_LIMIT || result == SLUICE_E_NO_MEMORY, "memory ends with an error (%s)",
           error_name(result));
    tap_ok(counts[0] > 0 && counts[0] == counts[1], "after %u MiB, both times", counts[0]);
}

void test_server(void)
{
    struct probe probe;
    test_anonymous();
    if (tap_ok(probe_init(&probe, 0), "a probe")) {
        test_protect(&probe);
        probe_end(&probe);
    }
    test_errors();
    test_limit();
}
