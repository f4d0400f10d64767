// SPDX-License-Identifier: MIT
/*
 * aspace_map, aspace_unmap, aspace_protect on a space that no thread runs in: right results, errors, limits.
 * What other processors see of them is tested by tests/user/memory/.
 * Context: the test's one thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include "tests/user/syscalls/syscalls.h"

#define REGION (bench[SLUICE_TYPE_REGION])
#define SPACE (bench[SLUICE_TYPE_ASPACE])
#define R SLUICE_MAP_READ
#define RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)
#define RX (SLUICE_MAP_READ | SLUICE_MAP_EXECUTE)

struct map_row {
    const char *name;
    uint64_t first, address, pages, flags;
    int64_t expected;
};

static const struct map_row map_errors[] = {
    {"no page", 0, BENCH_ADDRESS, 0, R, SLUICE_E_BAD_ARGUMENT},
    {"513 pages", 0, BENCH_ADDRESS, SLUICE_MAP_PAGES_MAX + 1, R, SLUICE_E_BAD_ARGUMENT},
    {"2^63 pages", 0, BENCH_ADDRESS, 1ull << 63, R, SLUICE_E_BAD_ARGUMENT},
    {"a page past the region", BENCH_REGION_PAGES, BENCH_ADDRESS, 1, R, SLUICE_E_BAD_ARGUMENT},
    {"pages past the region", BENCH_REGION_PAGES - 1, BENCH_ADDRESS, 2, R, SLUICE_E_BAD_ARGUMENT},
    {"a first frame that wraps", UINT64_MAX, BENCH_ADDRESS, 2, R, SLUICE_E_BAD_ARGUMENT},
    {"an address inside a page", 0, BENCH_ADDRESS + 8, 1, R, SLUICE_E_BAD_ARGUMENT},
    {"no flags", 0, BENCH_ADDRESS, 1, 0, SLUICE_E_BAD_ARGUMENT},
    {"writable and executable", 0, BENCH_ADDRESS, 1, RW | SLUICE_MAP_EXECUTE, SLUICE_E_BAD_ARGUMENT},
    {"a flag that does not exist", 0, BENCH_ADDRESS, 1, R | 1ull << 20, SLUICE_E_BAD_ARGUMENT},
    {"page 0", 0, 0, 1, R, SLUICE_E_BAD_ADDRESS},
    {"the last page below the hole", 0, SLUICE_USER_MAX, 1, R, SLUICE_E_BAD_ADDRESS},
    {"across the end of user space", 0, SLUICE_USER_MAX - SLUICE_PAGE_BYTES, 2, R, SLUICE_E_BAD_ADDRESS},
    {"a non-canonical address", 0, 0x0000900000000000ull, 1, R, SLUICE_E_BAD_ADDRESS},
    {"the direct map", 0, 0xffff800000000000ull, 1, R, SLUICE_E_BAD_ADDRESS},
    {"the kernel's text", 0, 0xffffffff80100000ull, 1, R, SLUICE_E_BAD_ADDRESS},
    {"the last page of all", 0, 0xfffffffffffff000ull, 1, R, SLUICE_E_BAD_ADDRESS},
};

/* Ranges and addresses are told apart by some callers only: either of the two errors is a refusal. */
static bool refused(int64_t result)
{
    return result == SLUICE_E_BAD_ARGUMENT || result == SLUICE_E_BAD_ADDRESS;
}

static void test_range_errors(void)
{
    for (unsigned i = 0; i < sizeof map_errors / sizeof map_errors[0]; i++) {
        const struct map_row *row = &map_errors[i];
        int64_t result =
            SLUICE_DO(aspace_map, SPACE, REGION, row->first, row->address, row->pages, row->flags);
        tap_ok(refused(result), "aspace_map refuses %s (%s)", row->name, error_name(result));
        if (row->first ||
            (row->pages == 1 && row->expected == SLUICE_E_BAD_ARGUMENT && row->address == BENCH_ADDRESS))
            continue; /* the others have neither frames nor, for unmap, flags */
        result = SLUICE_DO(aspace_unmap, SPACE, row->address, row->pages);
        tap_ok(refused(result), "aspace_unmap refuses %s (%s)", row->name, error_name(result));
        result = SLUICE_DO(aspace_protect, SPACE, row->address, row->pages, R);
        tap_ok(refused(result), "aspace_protect refuses %s (%s)", row->name, error_name(result));
    }
    tap_equal(resource_detail(SPACE, RESOURCE_ASPACE_PAGES), 0, "nothing was mapped by what was refused");
    tap_equal(resource_detail(REGION, RESOURCE_REGION_MAPPED), 0, "no frame is counted as mapped");
}

static void test_map(void)
{
    uint64_t count = 99;
    tap_result(sluice_aspace_map(SPACE, REGION, 2, BENCH_ADDRESS, 4, RW, &count), 0, "aspace_map");
    tap_equal(count, 4, "it counts the pages");
    tap_equal(resource_detail(SPACE, RESOURCE_ASPACE_PAGES), 4, "the space counts them");
    tap_equal(resource_detail(REGION, RESOURCE_REGION_MAPPED), 4, "the region counts the frames");
    uint64_t below = BENCH_ADDRESS - 2 * SLUICE_PAGE_BYTES;
    tap_result(sluice_aspace_map(SPACE, REGION, 8, below, 4, R, &count), SLUICE_E_EXISTS,
               "aspace_map over a mapping");
    tap_equal(count, 2, "pages before it stay mapped, and are counted");
    tap_equal(resource_detail(SPACE, RESOURCE_ASPACE_PAGES), 6, "the space has six now");
    tap_result(sluice_aspace_map(SPACE, REGION, 2, BENCH_ADDRESS + 0x100000, 1, R, &count), 0,
               "a frame mapped twice");
    tap_result(sluice_aspace_map(SPACE, REGION, 2, BENCH_ADDRESS + 0x200000, 1, RW | SLUICE_MAP_ZERO, &count),
               SLUICE_E_BUSY, "a frame that is mapped is not cleared");
    sluice_aspace_unmap(SPACE, BENCH_ADDRESS + 0x100000, 1, NULL);
}

static void test_protect(void)
{
    tap_result(sluice_aspace_protect(SPACE, BENCH_ADDRESS, 2, R), 0, "aspace_protect takes writing away");
    tap_result(sluice_aspace_protect(SPACE, BENCH_ADDRESS, 2, RW), 0, "and gives it back");
    tap_result(sluice_aspace_protect(SPACE, BENCH_ADDRESS, 2, RX), 0, "to executable");
    tap_result(sluice_aspace_protect(SPACE, BENCH_ADDRESS, 2, RW | SLUICE_MAP_EXECUTE), SLUICE_E_BAD_ARGUMENT,
               "never writable and executable");
    uint64_t weak = resource_weaker(REGION, SLUICE_RIGHT_READ);
    uint64_t place = BENCH_ADDRESS + 0x300000;
    tap_result(sluice_aspace_map(SPACE, weak, 10, place, 1, R, NULL), 0, "map by a read-only capability");
    tap_result(sluice_aspace_map(SPACE, weak, 11, place + SLUICE_PAGE_BYTES, 1, RX, NULL), SLUICE_E_NO_RIGHT,
               "it can't be mapped executable");
    int64_t result = sluice_aspace_protect(SPACE, place, 1, RW);
    tap_ok(result == SLUICE_E_NO_RIGHT || result == SLUICE_E_NOT_ALLOWED,
           "and not be made writable later (%s)", error_name(result));
    sluice_aspace_unmap(SPACE, place, 1, NULL);
    sluice_slot_drop(weak);
}

static void test_unmap(void)
{
    uint64_t count = 99, below = BENCH_ADDRESS - 2 * SLUICE_PAGE_BYTES;
    tap_result(sluice_aspace_unmap(SPACE, below, 8, &count), 0, "aspace_unmap of a range with holes");
    tap_equal(count, 6, "it counts the pages that were mapped");
    tap_equal(resource_detail(SPACE, RESOURCE_ASPACE_PAGES), 0, "the space is empty");
    tap_equal(resource_detail(REGION, RESOURCE_REGION_MAPPED), 0, "no frame is mapped");
    tap_result(sluice_aspace_unmap(SPACE, below, 8, &count), 0, "aspace_unmap of nothing");
    tap_equal(count, 0, "counts nothing");
    tap_result(sluice_aspace_map(SPACE, REGION, 0, SLUICE_USER_MIN, 1, R, NULL), 0, "the lowest user page");
    tap_result(sluice_aspace_map(SPACE, REGION, 1, SLUICE_USER_MAX - SLUICE_PAGE_BYTES, 1, R, NULL), 0,
               "the highest");
    tap_result(sluice_aspace_unmap(SPACE, SLUICE_USER_MIN, 1, NULL), 0, "unmap the lowest");
    tap_result(sluice_aspace_unmap(SPACE, SLUICE_USER_MAX - SLUICE_PAGE_BYTES, 1, NULL), 0,
               "unmap the highest");
}

void test_aspaces(void)
{
    test_range_errors();
    test_map();
    test_protect();
    test_unmap();
}
