// SPDX-License-Identifier: MIT
// sources: mm/user.c mm/aspace.c mm/map.c mm/map_steps.c mm/tables.c mm/tlb.c mm/pt.c mm/frame.c mm/pool.c smp/cpuset.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c tests/host/fake_cpu.c tests/host/fake_memory.c tests/host/fake_space.c
// sanitize: undefined address
/*
 * User memory by walking page tables: copies inside a page and across pages whose frames lie apart, the address of the
 * first page that is missing or read-only, ranges that are no user addresses; a visit is noted while it lasts, and a
 * space that is loaded needs none.
 */
#include "mm/user_page.h"
#include "kernel/abi/error.h"
#include "mm/x86_64/translation.h"
#include "smp/cpu.h"
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include "tests/host/fake_space.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define FRAMES 256u
#define ADDRESS 0x40000000ull
#define PAGES 4u
#define TOP (SLUICE_USER_MAX - PAGE_BYTES)

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {[SLUICE_TYPE_ASPACE] = sizeof(struct aspace)};

static struct aspace *space, *other;
static uint8_t pattern[3 * PAGE_BYTES], copy[3 * PAGE_BYTES];
static uint64_t fault;

void translation_load(uint64_t root)
{
    (void)root;
}

void translation_drop(uint64_t address)
{
    (void)address;
}

static uint64_t frame_of(unsigned page)
{
    return 200 + page * 7; /* neighbours in the space, not in memory */
}

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(2, FAKE_POOLS);
    fake_cpu_become(0);
    fake_memory_init(FRAMES);
    struct pool *pool = fake_system_pool(0, 64);
    space = fake_aspace_make(pool);
    other = fake_aspace_make(pool);
    for (unsigned i = 0; i < PAGES; i++)
        assert_int_equal(aspace_map_boot(space, ADDRESS + i * PAGE_BYTES, frame_of(i) * PAGE_BYTES, 1,
                                         i == 3 ? SLUICE_MAP_READ : SLUICE_MAP_READ | SLUICE_MAP_WRITE),
                         0);
    assert_int_equal(aspace_map_boot(space, TOP, 250 * PAGE_BYTES, 1, SLUICE_MAP_READ | SLUICE_MAP_WRITE), 0);
    assert_int_equal(aspace_map_boot(other, ADDRESS, 100 * PAGE_BYTES, 3, SLUICE_MAP_READ | SLUICE_MAP_WRITE),
                     0);
    for (unsigned i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)fake_random();
    memset(copy, 0, sizeof copy);
    aspace_enter_cpu(space);
    fault = 0;
    return 0;
}

static void test_copies(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset, bytes;
    } rows[] = {{0, 1},    {0, 8},    {3, 5},       {8, 512},      {1, 511},      {4095, 1},
                {4095, 2}, {4090, 9}, {4088, 4104}, {1, 2 * 4096}, {0, 3 * 4096}, {17, 0}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(copy, 0x55, sizeof copy);
        assert_int_equal(user_copy_out(space, ADDRESS + rows[i].offset, pattern, rows[i].bytes, &fault), 0);
        assert_int_equal(user_copy_in(space, copy, ADDRESS + rows[i].offset, rows[i].bytes, &fault), 0);
        assert_memory_equal(copy, pattern, rows[i].bytes);
        for (uint64_t j = rows[i].bytes; j < sizeof copy; j++)
            assert_int_equal(copy[j], 0x55);
    }
    assert_int_equal(*((uint8_t *)direct_map(frame_of(1) * PAGE_BYTES) + 5), pattern[4096 + 5]);
}

static void test_missing_pages(void **state)
{
    (void)state;
    uint64_t end = ADDRESS + PAGES * PAGE_BYTES;
    assert_int_equal(user_copy_in(space, copy, end - 8, 16, &fault), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(fault, end);
    assert_int_equal(user_copy_in(space, copy, end + 24, 16, &fault), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(fault, end + 24);
    uint64_t last = ADDRESS + 3 * PAGE_BYTES;
    assert_int_equal(user_copy_in(space, copy, last, 64, &fault), 0);
    assert_int_equal(user_copy_out(space, last - 8, pattern, 64, &fault), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(fault, last); /* it may be read, not written */
    assert_int_equal(user_check(space, ADDRESS, PAGES * PAGE_BYTES, false, &fault), 0);
    assert_int_equal(user_check(space, ADDRESS, PAGES * PAGE_BYTES, true, &fault), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(fault, last);
    assert_int_equal(user_check(space, 0x123456789000ull, 1, false, &fault), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(fault, 0x123456789000ull);
}

static void test_ranges_that_are_not_the_users(void **state)
{
    (void)state;
    static const struct {
        uint64_t address, bytes;
    } rows[] = {{0, 1},
                {SLUICE_USER_MIN - 1, 2},
                {SLUICE_USER_MAX, 1},
                {TOP, PAGE_BYTES + 1},
                {TOP + 1, UINT64_MAX},
                {ADDRESS, UINT64_MAX - ADDRESS + 2},
                {0x0000800000000000ull, 8},
                {0x00008000deadbeefull, 8},
                {0xffff800000000000ull, 8},
                {0xffffffff80100000ull, 8},
                {UINT64_MAX, 1},
                {UINT64_MAX - 7, 16}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t source = 0;
        struct user_range bad = {space, rows[i].address}, good = {other, ADDRESS};
        assert_false(user_range_valid(rows[i].address, rows[i].bytes));
        assert_int_equal(user_copy_in(space, copy, rows[i].address, rows[i].bytes, &fault),
                         SLUICE_E_BAD_ADDRESS);
        assert_false(user_range_valid(fault, 1));
        assert_int_equal(user_copy_out(space, rows[i].address, copy, rows[i].bytes, &fault),
                         SLUICE_E_BAD_ADDRESS);
        assert_int_equal(user_check(space, rows[i].address, rows[i].bytes, false, &fault),
                         SLUICE_E_BAD_ADDRESS);
        assert_int_equal(user_copy_across(good, bad, rows[i].bytes, &fault, &source), SLUICE_E_BAD_ADDRESS);
        assert_int_equal(user_copy_across(bad, good, rows[i].bytes, &fault, &source), SLUICE_E_BAD_ADDRESS);
    }
    assert_int_equal(user_copy_in(space, copy, TOP, PAGE_BYTES, &fault), 0);
}

static void test_across_spaces(void **state)
{
    (void)state;
    uint64_t source = 0;
    struct user_range from = {space, ADDRESS + 100}, to = {other, ADDRESS + 4000};
    memcpy((uint8_t *)direct_map(frame_of(0) * PAGE_BYTES) + 100, pattern, PAGE_BYTES - 100);
    memcpy(direct_map(frame_of(1) * PAGE_BYTES), pattern + PAGE_BYTES - 100, PAGE_BYTES);
    assert_int_equal(user_copy_across(to, from, 6000, &fault, &source), 0);
    assert_memory_equal((uint8_t *)direct_map(100 * PAGE_BYTES) + 4000, pattern, 6000);
    from.address = ADDRESS + 3 * PAGE_BYTES + 4000;
    to.address = ADDRESS;
    assert_int_equal(user_copy_across(to, from, 200, &fault, &source), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(source, ADDRESS + 4 * PAGE_BYTES);
    assert_int_equal(fault, 0);
    from.address = ADDRESS;
    to.address = ADDRESS + 3 * PAGE_BYTES - 8;
    assert_int_equal(user_copy_across(to, from, 200, &fault, &source), SLUICE_E_BAD_ADDRESS);
    assert_int_equal(fault, ADDRESS + 3 * PAGE_BYTES);
    assert_int_equal(source, 0);
}

/* The inline forms: inside of one page, from the space that is loaded; else they do nothing. */
static void test_inside_a_page(void **state)
{
    (void)state;
    uint64_t last = ADDRESS + 3 * PAGE_BYTES;
    char *frame = direct_map(frame_of(0) * PAGE_BYTES);
    assert_ptr_equal(user_reach(space, ADDRESS + 96, PAGE_BYTES - 96, USER_WRITE), frame + 96);
    assert_null(user_reach(space, ADDRESS + 96, PAGE_BYTES - 95, USER_WRITE));
    assert_null(user_reach(space, last, 8, USER_WRITE));
    assert_non_null(user_reach(space, last, 8, USER_READ));
    assert_null(user_reach(other, ADDRESS, 8, USER_READ)); /* not loaded */
    assert_null(user_reach(space, 0xffff800000000000ull, 8, USER_READ));
    struct user_range from = {space, ADDRESS + 64}, to = {other, ADDRESS + 640};
    cpuset_clear_all(&other->used);
    memcpy(frame + 64, pattern, 512);
    assert_true(user_copy_page(to, from, 512));
    assert_true(cpuset_has(&other->used, 0)); /* visited */
    assert_null(cpus[0]->visited[0]);
    assert_memory_equal((uint8_t *)direct_map(100 * PAGE_BYTES) + 640, pattern, 512);
    assert_false(user_copy_page(to, from, 4000));
    assert_false(user_copy_page(from, to, 8)); /* that is the other one's to do */
    to = (struct user_range){space, last};
    assert_false(user_copy_page(to, from, 8));
}

/* A page that was found is found again, until this CPU has flushed what may be another page. */
static void test_reaches_again(void **state)
{
    (void)state;
    struct user_page page = {0};
    char *first = direct_map(frame_of(0) * PAGE_BYTES), *second = direct_map(frame_of(1) * PAGE_BYTES);
    assert_ptr_equal(user_reach_again(&page, space, ADDRESS, 64, USER_WRITE), first);
    assert_ptr_equal(user_reach_again(&page, space, ADDRESS + 4032, 64, USER_WRITE), first + 4032);
    assert_null(user_reach_again(&page, space, ADDRESS + 4033, 64, USER_WRITE));
    assert_ptr_equal(user_reach_again(&page, space, ADDRESS + PAGE_BYTES, 64, USER_WRITE), second);
    *pt_find(space->root, ADDRESS + PAGE_BYTES) = 0;
    assert_ptr_equal(user_reach_again(&page, space, ADDRESS + PAGE_BYTES, 64, USER_WRITE), second);
    atomic_fetch_add(&space->generation, 1ull);
    aspace_catch_up_cpu();
    assert_null(user_reach_again(&page, space, ADDRESS + PAGE_BYTES, 64, USER_WRITE));
    assert_null(user_reach_again(&page, space, ADDRESS + PAGE_BYTES, 64, USER_WRITE));
}

static void test_visits(void **state)
{
    (void)state;
    cpuset_clear_all(&other->used);
    aspace_visit_begin_cpu(other);
    assert_true(cpus[0]->visited[0] == other || cpus[0]->visited[1] == other);
    assert_true(cpuset_has(&other->used, 0));
    aspace_visit_begin_cpu(space); /* a second one inside */
    assert_true(cpus[0]->visited[0] && cpus[0]->visited[1]);
    aspace_visit_end_cpu(other);
    assert_true(cpus[0]->visited[0] == space || cpus[0]->visited[1] == space);
    aspace_visit_end_cpu(space);
    assert_null(cpus[0]->visited[0]);
    assert_null(cpus[0]->visited[1]);
    cpuset_clear_all(&other->used);
    assert_int_equal(user_copy_in(other, copy, ADDRESS, 8, &fault), 0);
    assert_true(cpuset_has(&other->used, 0)); /* visited */
    assert_null(cpus[0]->visited[0]);
    cpuset_clear_all(&space->used);
    assert_int_equal(user_copy_in(space, copy, ADDRESS, 8, &fault), 0);
    assert_false(cpuset_has(&space->used, 0)); /* loaded: no visit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_copies, fresh),
        cmocka_unit_test_setup(test_missing_pages, fresh),
        cmocka_unit_test_setup(test_ranges_that_are_not_the_users, fresh),
        cmocka_unit_test_setup(test_across_spaces, fresh),
        cmocka_unit_test_setup(test_inside_a_page, fresh),
        cmocka_unit_test_setup(test_reaches_again, fresh),
        cmocka_unit_test_setup(test_visits, fresh),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
