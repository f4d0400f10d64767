// SPDX-License-Identifier: MIT
/*
 * Objects that were destroyed and not yet freed: their memory comes back although their CPU stays busy, at once where the
 * pool is full, and with the pool when that is destroyed meanwhile.
 * Entry point: test_batches. Context: the program's first thread. Locks: none. Tests: tests/user/pools.t.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"
#include "tests/user/pools/pools.h"

#define FEW 10u        /* less than a batch: epoch.batch */
#define SMALL_PAGES 8u /* a pool that is soon full */
#define MANY 1000u     /* more endpoints than it holds */
#define PATIENCE_MS 1000u

static uint64_t slots[MANY];

/* Endpoints in slots[0..], until the pool is full or there are so many; how many there are. */
static unsigned fill(uint64_t pool, unsigned most)
{
    unsigned count = 0;
    while (count < most && slots[count] &&
           sluice_object_create(pool, SLUICE_TYPE_ENDPOINT, slots[count], 0, 0) == 0)
        count++;
    return count;
}

static bool destroy(unsigned count)
{
    bool good = true;
    for (unsigned i = 0; i < count; i++)
        good &= sluice_object_destroy(slots[i]) == 0;
    return good;
}

/* Asks all the time: this thread never lets its CPU go. */
static bool gone_while_busy(uint64_t pool)
{
    uint64_t deadline = sluice_deadline_ms(PATIENCE_MS);
    while (sluice_clock() < deadline)
        if (resource_detail(pool, RESOURCE_POOL_OBJECTS) == 0)
            return true;
    return false;
}

static void test_busy(uint64_t pool)
{
    unsigned count = fill(pool, FEW);
    tap_ok(count == FEW && destroy(count), "%u endpoints are made and destroyed", FEW);
    tap_ok(gone_while_busy(pool), "and are gone from the pool although the CPU stays busy");
}

/* On several CPUs another one may keep the memory for a moment. */
static bool create_patiently(uint64_t pool, uint64_t slot)
{
    uint64_t deadline = sluice_cpu_count() > 1 ? sluice_deadline_ms(PATIENCE_MS) : 0;
    int64_t result;
    do
        result = sluice_object_create(pool, SLUICE_TYPE_ENDPOINT, slot, 0, 0);
    while (result == SLUICE_E_NO_MEMORY && sluice_clock() < deadline);
    return result == 0;
}

static void test_full(uint64_t pool)
{
    unsigned count = fill(pool, MANY), again = 0;
    tap_ok(count > 0 && count < MANY, "a pool of %u pages holds %u endpoints", SMALL_PAGES, count);
    tap_ok(destroy(count), "which are destroyed");
    while (again < count && create_patiently(pool, slots[again]))
        again++;
    tap_equal(again, count, "and it has room for as many at once");
    destroy(again);
}

static void test_used_slot(uint64_t pool)
{
    unsigned refused = 0;
    tap_equal(fill(pool, 1), 1, "a slot is filled");
    for (unsigned i = 0; i < MANY; i++)
        refused += sluice_object_create(pool, SLUICE_TYPE_ENDPOINT, slots[0], 0, 0) == SLUICE_E_SLOT_USED;
    tap_equal(refused, MANY, "nothing is made for a slot that is used");
    tap_ok(resource_settles(pool, RESOURCE_POOL_OBJECTS, 1), "and nothing of it stays in the pool");
    destroy(1);
}

static void test_destroyed_with_pool(void)
{
    unsigned good = 0;
    for (unsigned i = 0; i < 20; i++) {
        struct resource_pool pool;
        if (resource_pool_init(&pool, SMALL_PAGES, "batch") != 0)
            break;
        unsigned count = fill(pool.slot, FEW);
        good += count == FEW && destroy(count) && resource_pool_end(&pool) == 0;
    }
    tap_equal(good, 20, "20 pools are destroyed while objects of theirs wait to be freed");
}

void test_batches(void)
{
    struct resource_pool pool;
    if (!tap_result(resource_pool_init(&pool, SMALL_PAGES, "small"), 0, "a small pool"))
        return;
    for (unsigned i = 0; i < MANY; i++)
        slots[i] = sluice_slot_alloc();
    test_busy(pool.slot);
    test_full(pool.slot);
    test_used_slot(pool.slot);
    tap_result(resource_pool_end(&pool), 0, "the small pool is destroyed");
    test_destroyed_with_pool();
    for (unsigned i = 0; i < MANY; i++)
        if (slots[i])
            sluice_slot_drop(slots[i]);
}
