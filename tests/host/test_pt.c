// SPDX-License-Identifier: MIT
// sources: mm/pt.c tests/host/fake_cpu.c tests/host/fake_memory.c mm/frame.c mm/pool.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c
// sanitize: undefined
/*
 * Page-table entries: rights come out as they went in; a PENDING entry keeps its frame and tells, for every generation in
 * the window, whether it was flushed; tables that are missing are counted; walking finds every table once.
 */
#include "mm/x86_64/pt.h"
#include "kernel/abi/object.h"
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define R SLUICE_MAP_READ
#define W SLUICE_MAP_WRITE
#define X SLUICE_MAP_EXECUTE

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {0};

static uint64_t next_frame;

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(1, FAKE_POOLS);
    fake_cpu_become(0);
    fake_memory_init(64);
    next_frame = 2; /* 1 is the root */
    return 0;
}

/* Builds the way down to the page's table. */
static void table_add(uint64_t address)
{
    uint64_t *table = direct_map(PAGE_BYTES);
    for (unsigned level = PT_LEVELS; level > 1; level--) {
        uint64_t *entry = &table[pt_index(address, level)];
        if (!*entry)
            *entry = next_frame++ << PAGE_SHIFT | PT_TABLE;
        table = pt_table_of(*entry);
    }
}

static void test_rights(void **state)
{
    (void)state;
    uint64_t frame = (1ull << 40) - 1;
    uint64_t entry = pt_page(frame, R | W, R | W | X);
    assert_int_equal(pt_frame(entry), frame);
    assert_true(entry & PT_PRESENT && entry & PT_USER && entry & PT_WRITE && entry & PT_NO_EXECUTE);
    assert_true(pt_allows(entry, R | X) && pt_allows(entry, R | W));
    uint64_t code = pt_with_rights(entry, R | X);
    assert_int_equal(pt_frame(code), frame);
    assert_false(code & (PT_WRITE | PT_DIRTY | PT_NO_EXECUTE));
    assert_true(pt_loses_rights(entry, code));
    assert_true(pt_loses_rights(code, pt_with_rights(code, R)));
    assert_false(pt_loses_rights(pt_with_rights(entry, R), entry));
    assert_false(pt_loses_rights(entry, entry));
    assert_int_equal(pt_with_rights(pt_with_rights(entry, R | X), R | W), entry);
    uint64_t weak = pt_page(frame, R, R);
    assert_false(pt_allows(weak, R | W) || pt_allows(weak, R | X));
    assert_true(pt_allows(weak, R));
}

static void pending_check(uint64_t stamped, uint64_t now, uint64_t flushed)
{
    uint64_t entry =
        pt_pending(pt_page(0xabcdef1234ull, R | X, R | W | X) | PT_KERNEL, pt_pending_bits(stamped));
    assert_true(pt_is_pending(entry));
    assert_false(entry & PT_PRESENT);
    assert_int_equal(pt_frame(entry), 0xabcdef1234ull);
    assert_true(entry & PT_KERNEL);
    bool is = pt_is_flushed(entry, now, flushed);
    if (stamped > flushed)
        assert_false(is);
    else if (now - stamped <= PT_STAMP_MASK)
        assert_true(is);
}

static void test_stamps(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t now = ((uint64_t)fake_random() << 20) + fake_random() + (4ull << PT_STAMP_BITS);
        uint64_t flushed = now - fake_random() % PT_STAMP_WINDOW;
        pending_check(now - fake_random() % (now - flushed + 1), now, flushed);
        pending_check(flushed - fake_random() % PT_STAMP_WINDOW, now, flushed);
        pending_check(now - fake_random() % (3u << PT_STAMP_BITS), now, flushed);
    }
    pending_check(7, 7, 7);
    pending_check(8, 8, 7);
}

static void test_missing_tables(void **state)
{
    (void)state;
    uint64_t root = PAGE_BYTES;
    uint64_t border = 1ull << 39; /* between two tables of every level */
    assert_int_equal(pt_tables_missing(root, 0, 1), 3);
    assert_int_equal(pt_tables_missing(root, border - PAGE_BYTES, 2), PT_TABLES_MAX);
    assert_int_equal(pt_tables_missing(root, border - 512 * PAGE_BYTES, 512), 3);
    table_add(0);
    assert_int_equal(pt_tables_missing(root, 0, 512), 0);
    assert_int_equal(pt_tables_missing(root, PAGE_BYTES, 512), 1);
    assert_int_equal(pt_tables_missing(root, border - PAGE_BYTES, 2), 5);
    table_add(border);
    assert_int_equal(pt_tables_missing(root, border - PAGE_BYTES, 2), 2);
    table_add(border - PAGE_BYTES);
    assert_int_equal(pt_tables_missing(root, border - PAGE_BYTES, 2), 0);
}

static void test_walk(void **state)
{
    (void)state;
    static const uint64_t at[] = {0, 0x200000, 0x40000000, 1ull << 39, (1ull << 47) - PAGE_BYTES};
    for (unsigned i = 0; i < 5; i++)
        table_add(at[i]);
    static const unsigned expected[] = {0, 0, 5, 4,
                                        3}; /* tables of level 1, 2, 3, found in those of 2, 3, 4 */
    for (unsigned level = 2; level <= PT_LEVELS; level++) {
        unsigned found = 0;
        uint64_t address = 0;
        while (pt_next(PAGE_BYTES, &address, level)) {
            assert_non_null(pt_table(PAGE_BYTES, address, level - 1));
            found++;
            address += pt_span(level);
        }
        assert_int_equal(found, expected[level]);
    }
    assert_null(pt_table(PAGE_BYTES, 0x400000, 1));
    assert_non_null(pt_table(PAGE_BYTES, 0x200000 + 5 * PAGE_BYTES, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rights, fresh),
        cmocka_unit_test_setup(test_stamps, fresh),
        cmocka_unit_test_setup(test_missing_tables, fresh),
        cmocka_unit_test_setup(test_walk, fresh),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
