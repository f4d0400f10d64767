// SPDX-License-Identifier: MIT
// sources: mm/aspace.c mm/map.c mm/map_steps.c mm/tables.c mm/unmap.c mm/unmap_steps.c mm/protect.c mm/tlb.c mm/pt.c mm/frame.c mm/pool.c smp/cpuset.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c tests/host/fake_cpu.c tests/host/fake_memory.c tests/host/fake_space.c
// sanitize: undefined address
/*
 * The handlers of aspace_map, aspace_unmap and aspace_protect, whole, and the end of a space: results, use counts, what
 * stays after an error, policies that send every step to another CPU, memory that runs out; every page comes back.
 * CPUs that have to be asked are in test_tlb.c.
 */
#include "mm/x86_64/pt.h"
#include "mm/x86_64/translation.h"
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include "tests/host/fake_space.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FRAMES 3072u
#define SYSTEM_PAGES 40u
#define FIRST 1000u
#define REGION_FRAMES 1200u
#define ADDRESS 0x7fffffe000ull /* two pages below a border between tables of all levels */
#define R SLUICE_MAP_READ
#define RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)
#define RX (SLUICE_MAP_READ | SLUICE_MAP_EXECUTE)

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {[SLUICE_TYPE_ASPACE] = sizeof(struct aspace)};

enum { SPACE = 1, REGION, WEAK_REGION };
static struct aspace *space;
static struct region *region;
static struct thread *thread;
static uint64_t pages_before;

void translation_load(uint64_t root)
{
    (void)root;
}

void translation_drop(uint64_t address)
{
    (void)address;
}

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(4, FAKE_POOLS);
    fake_cpu_become(0);
    fake_memory_init(FRAMES);
    struct pool *pool = fake_system_pool(0, SYSTEM_PAGES);
    thread = fake_thread_make();
    pool_object_free_locked(
        pool, pool_object_alloc_locked(pool, SLUICE_TYPE_ASPACE)); /* its slab is no page of a space */
    pages_before = pool->pages_used;
    space = fake_aspace_make(pool);
    region = fake_region_make(FIRST, REGION_FRAMES);
    fake_slot_set(SPACE, &space->object, SLUICE_TYPE_ASPACE, SLUICE_RIGHTS_ALL);
    fake_slot_set(REGION, &region->object, SLUICE_TYPE_REGION, SLUICE_RIGHTS_ALL);
    fake_slot_set(WEAK_REGION, &region->object, SLUICE_TYPE_REGION, SLUICE_RIGHT_READ);
    return 0;
}

static int done(void **state)
{
    (void)state;
    free(thread);
    return 0;
}

static uint64_t counted; /* the second result */

static int64_t map(unsigned slot, uint64_t first, uint64_t address, uint64_t pages, uint64_t flags)
{
    uint64_t args[6] = {SPACE, slot, first, address, pages, flags};
    int64_t result = fake_call(sys_aspace_map, thread, args, NULL);
    counted = args[2];
    return result;
}

static int64_t unmap(uint64_t address, uint64_t pages)
{
    uint64_t args[6] = {SPACE, address, pages};
    int64_t result = fake_call(sys_aspace_unmap, thread, args, NULL);
    counted = args[2];
    return result;
}

static int64_t protect(uint64_t address, uint64_t pages, uint64_t flags)
{
    uint64_t args[6] = {SPACE, address, pages, flags};
    return fake_call(sys_aspace_protect, thread, args, NULL);
}

static uint64_t entry_at(uint64_t address)
{
    uint64_t *table = pt_table(space->root, address, 1);
    return table ? table[pt_index(address, 1)] : 0;
}

static uint64_t used(void)
{
    return frame_count_used(0, FRAMES);
}

static void space_end(void)
{
    uint32_t forward = UINT32_MAX;
    for (unsigned i = 0; !aspace_finish(space, &forward); i++) {
        assert_true(i < 5000);
        if (forward != UINT32_MAX)
            fake_cpu_become(forward);
    }
    fake_cpu_become(0);
    assert_int_equal(used(), 0);
    assert_int_equal(pools[0].pages_used, pages_before);
}

static void test_maps_and_unmaps(void **state)
{
    (void)state;
    assert_int_equal(map(REGION, 100, ADDRESS, 4, RW), 0);
    assert_int_equal(counted, 4);
    assert_int_equal(space->pages_mapped, 4);
    assert_int_equal(used(), 4);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t entry = entry_at(ADDRESS + i * PAGE_BYTES);
        assert_int_equal(pt_frame(entry), FIRST + 100 + i);
        assert_true(entry & PT_WRITE && entry & PT_NO_EXECUTE);
    }
    assert_int_equal(unmap(ADDRESS - 4 * PAGE_BYTES, 12), 0);
    assert_int_equal(counted, 4);
    assert_int_equal(space->pages_mapped, 0);
    assert_int_equal(used(), 0);
    assert_int_equal(entry_at(ADDRESS), 0);
    assert_int_equal(unmap(ADDRESS, 4), 0);
    assert_int_equal(counted, 0);
    space_end();
}

static void test_512_scattered_pages(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 512; i++)
        assert_int_equal(map(REGION, i * 611 % 1021, ADDRESS + i * PAGE_BYTES, 1, R), 0);
    assert_int_equal(used(), 512);
    assert_int_equal(unmap(ADDRESS, 512), 0);
    assert_int_equal(counted, 512);
    assert_int_equal(used(), 0);
    assert_int_equal(map(REGION, 3, ADDRESS + PAGE_BYTES, 512, RX), 0);
    assert_int_equal(counted, 512);
    assert_int_equal(map(REGION, 3, ADDRESS + 513 * PAGE_BYTES, 512, R), 0); /* each frame twice */
    assert_int_equal(used(), 512);
    space_end(); /* with everything mapped */
}

static void test_stops_at_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(map(REGION, 0, ADDRESS + 2 * PAGE_BYTES, 1, R), 0);
    assert_int_equal(map(REGION, 10, ADDRESS, 4, R), SLUICE_E_EXISTS);
    assert_int_equal(counted, 2);
    assert_int_equal(used(), 3);
    assert_int_equal(frame_records[FIRST + 12].uses, 0);
    uint64_t *table = pt_table(space->root, ADDRESS + 3 * PAGE_BYTES, 1);
    table[pt_index(ADDRESS + 3 * PAGE_BYTES, 1)] =
        pt_pending(pt_page(5, R, R) | PT_KERNEL, pt_pending_bits(space->generation + 1));
    assert_int_equal(map(REGION, 20, ADDRESS + 3 * PAGE_BYTES, 2, R), SLUICE_E_AGAIN);
    assert_int_equal(counted, 0);
    assert_int_equal(used(), 3);
    space_end();
}

static void test_frames_that_may_not_be_mapped(void **state)
{
    (void)state;
    frame_boot_kind(FIRST + 6, 1, FRAME_KERNEL);
    assert_int_equal(map(REGION, 4, ADDRESS, 4, R), SLUICE_E_BUSY);
    assert_int_equal(counted, 0);
    assert_int_equal(used(), 0);
    frame_boot_kind(FIRST + 6, 1, FRAME_USER);
    memset(direct_map((FIRST + 4) * PAGE_BYTES), 0xee, PAGE_BYTES);
    assert_int_equal(map(REGION, 4, ADDRESS, 1, RW | SLUICE_MAP_ZERO), 0);
    assert_int_equal(*(uint64_t *)direct_map((FIRST + 4) * PAGE_BYTES), 0);
    assert_int_equal(map(REGION, 4, ADDRESS + PAGE_BYTES, 1, RW | SLUICE_MAP_ZERO), SLUICE_E_BUSY);
    assert_int_equal(map(REGION, 4, ADDRESS + PAGE_BYTES, 1, RW), 0);
    region->pool = 3;
    assert_int_equal(map(REGION, 8, ADDRESS + 2 * PAGE_BYTES, 1, R), SLUICE_E_BUSY);
    space_end();
}

static void test_rights(void **state)
{
    (void)state;
    assert_int_equal(map(WEAK_REGION, 0, ADDRESS, 1, RW), SLUICE_E_NO_RIGHT);
    assert_int_equal(map(REGION, 0, ADDRESS, 1, RW | RX), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(map(WEAK_REGION, 0, ADDRESS, 1, R), 0);
    assert_int_equal(protect(ADDRESS, 1, RW), SLUICE_E_NO_RIGHT);
    assert_int_equal(protect(ADDRESS, 2, R), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(map(REGION, 1, ADDRESS + PAGE_BYTES, 3, RW), 0);
    uint64_t generation = space->generation;
    assert_int_equal(protect(ADDRESS, 4, RX),
                     SLUICE_E_NO_RIGHT); /* the first page's region did not allow it */
    assert_int_equal(space->generation, generation);
    assert_int_equal(protect(ADDRESS + PAGE_BYTES, 3, RX), 0);
    assert_int_equal(space->generation, generation + 1);
    assert_int_equal(protect(ADDRESS + PAGE_BYTES, 3, RX), 0);
    assert_int_equal(space->generation, generation + 1); /* nothing was taken away */
    assert_false(entry_at(ADDRESS + PAGE_BYTES) & (PT_WRITE | PT_NO_EXECUTE));
    space_end();
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    while (pool_pages_alloc_locked(&pools[0], 1))
        ;
    pool_pages_free_locked(&pools[0], (char *)direct_map(0) + 30 * PAGE_BYTES, 3);
    pages_before = pools[0].pages_used - 1;                              /* but for the root */
    assert_int_equal(map(REGION, 0, ADDRESS, 4, R), SLUICE_E_NO_MEMORY); /* needs six tables */
    assert_int_equal(used(), counted);
    uint64_t before = counted;
    assert_int_equal(map(REGION, 0, ADDRESS, 2, R), before ? SLUICE_E_EXISTS : 0);
    space_end();
}

/* Every class of the pool on another CPU than ours, and not the same one: each gate sends the call on. */
static void test_policies_send_every_step_elsewhere(void **state)
{
    (void)state;
    pools[0].policy[LOCK_CLASS_frame] = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 1);
    pools[0].policy[LOCK_CLASS_aspace] = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 2);
    pools[0].policy[LOCK_CLASS_alloc] = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 3);
    assert_int_equal(map(REGION, 0, ADDRESS, 4, RW | SLUICE_MAP_ZERO), 0);
    assert_int_equal(counted, 4);
    assert_int_equal(fake_forwards, 3);
    assert_int_equal(map(REGION, 10, ADDRESS - PAGE_BYTES, 4, R), SLUICE_E_EXISTS);
    assert_int_equal(counted, 1);
    assert_int_equal(used(), 5);
    assert_int_equal(protect(ADDRESS, 2, R), 0);
    assert_int_equal(unmap(ADDRESS - PAGE_BYTES, 3), 0);
    assert_int_equal(counted, 3);
    assert_int_equal(used(), 2);
    space_end();
}

/* The same for one page, whose straight line goes on in steps. */
static void test_policies_send_one_page_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(map(REGION, 1, ADDRESS + PAGE_BYTES, 1, R), 0); /* the table is there */
    pools[0].policy[LOCK_CLASS_frame] = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 1);
    pools[0].policy[LOCK_CLASS_aspace] = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 2);
    assert_int_equal(map(REGION, 0, ADDRESS, 1, RW | SLUICE_MAP_ZERO), 0);
    assert_int_equal(counted, 1);
    assert_int_equal(fake_forwards, 2);
    assert_int_equal(map(REGION, 0, ADDRESS, 1, RW | SLUICE_MAP_ZERO), SLUICE_E_BUSY);
    assert_int_equal(map(REGION, 2, ADDRESS, 1, R), SLUICE_E_EXISTS);
    assert_int_equal(counted, 0);
    assert_int_equal(used(), 2);
    assert_int_equal(unmap(ADDRESS, 1), 0);
    assert_int_equal(counted, 1);
    assert_int_equal(fake_forwards, 2);
    assert_int_equal(unmap(ADDRESS, 1), 0);
    assert_int_equal(counted, 0);
    assert_int_equal(used(), 1);
    assert_int_equal(entry_at(ADDRESS), 0);
    space_end();
}

/* One page and pages of several tables in turn: the table that was used last is not taken for another. */
static void test_pages_of_many_tables(void **state)
{
    (void)state;
    static const uint64_t places[] = {ADDRESS, ADDRESS + 2 * PAGE_BYTES, 0x10000000ull,
                                      0x10000000ull + (2ull << 20)};
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(map(REGION, round * 4 + i, places[i] + round * 8 * PAGE_BYTES, 1, R), 0);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(pt_frame(entry_at(places[i] + round * 8 * PAGE_BYTES)), FIRST + round * 4 + i);
    }
    assert_int_equal(used(), 12);
    for (unsigned i = 4; i-- > 0;) {
        assert_int_equal(unmap(places[i], 1), 0);
        assert_int_equal(counted, 1);
    }
    assert_int_equal(used(), 8);
    assert_int_equal(unmap(0x20000000ull, 1), 0); /* where there is no table */
    assert_int_equal(counted, 0);
    space_end();
}

/* The region's capability dies while the call is on its way to another CPU. */
static void test_capability_dies_between_steps(void **state)
{
    (void)state;
    pools[0].policy[LOCK_CLASS_aspace] = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 2);
    uint64_t args[6] = {SPACE, REGION, 0, ADDRESS, 4, R};
    thread->step = 0;
    assert_int_equal(sys_aspace_map(thread, args), SYSCALL_FORWARD);
    assert_int_equal(used(), 4);
    fake_slots[REGION] = (struct cap){0};
    fake_cpu_become(2);
    assert_int_equal(sys_aspace_map(thread, args), SLUICE_E_BAD_CAP);
    assert_int_equal(args[2], 0);
    fake_cpu_become(0);
    space_end();
}

static void test_kernel_pages_are_not_counted(void **state)
{
    (void)state;
    uint64_t mapped = 0;
    thread->step = 0;
    assert_int_equal(aspace_map_kernel(thread, space, ADDRESS, 5 * PAGE_BYTES, 3, &mapped), 0);
    assert_int_equal(mapped, 3);
    assert_int_equal(used(), 0);
    assert_int_equal(protect(ADDRESS, 1, RW), SLUICE_E_NO_RIGHT);
    assert_int_equal(unmap(ADDRESS, 2), 0);
    assert_int_equal(counted, 2);
    assert_int_equal(frame_records[5].uses, 0);
    space_end(); /* with one left */
    assert_int_equal(frame_records[7].uses, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_maps_and_unmaps, fresh, done),
        cmocka_unit_test_setup_teardown(test_512_scattered_pages, fresh, done),
        cmocka_unit_test_setup_teardown(test_stops_at_what_is_there, fresh, done),
        cmocka_unit_test_setup_teardown(test_frames_that_may_not_be_mapped, fresh, done),
        cmocka_unit_test_setup_teardown(test_rights, fresh, done),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, fresh, done),
        cmocka_unit_test_setup_teardown(test_policies_send_every_step_elsewhere, fresh, done),
        cmocka_unit_test_setup_teardown(test_policies_send_one_page_elsewhere, fresh, done),
        cmocka_unit_test_setup_teardown(test_pages_of_many_tables, fresh, done),
        cmocka_unit_test_setup_teardown(test_capability_dies_between_steps, fresh, done),
        cmocka_unit_test_setup_teardown(test_kernel_pages_are_not_counted, fresh, done),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
