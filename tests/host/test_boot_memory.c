// SPDX-License-Identifier: MIT
// sources: kernel/boot/memory.c
/*
 * The boot memory map: adding, removing and taking ranges against an array of pages.
 */
#include "kernel/boot/memory.h"
#include "mm/x86_64/direct_map.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGES 256u
#define PAGE 4096ull

static uint8_t fake_memory[PAGES * PAGE];
static jmp_buf failed;

_Noreturn void boot_fail(const char *format, ...)
{
    (void)format;
    longjmp(failed, 1);
}

/* Sorted, disjoint, not adjacent, and exactly the pages of the array. */
static void check_against(const struct memory_map *map, const bool *present)
{
    bool named[PAGES] = {false};
    for (unsigned i = 0; i < map->count; i++) {
        assert_true(map->range[i].start < map->range[i].end);
        assert_true(i == 0 || map->range[i - 1].end < map->range[i].start);
        for (uint64_t page = map->range[i].start / PAGE; page < map->range[i].end / PAGE; page++)
            named[page] = true;
    }
    assert_memory_equal(named, present, sizeof(named));
}

static void random_changes_match_an_array_of_pages(void **state)
{
    (void)state;
    static struct memory_map map;
    bool present[PAGES] = {false};
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t first = (uint64_t)rand() % PAGES, last = first + (uint64_t)rand() % (PAGES - first);
        bool add = rand() % 2;
        if (add)
            memory_map_add(&map, first * PAGE, (last + 1) * PAGE);
        else
            memory_map_remove(&map, first * PAGE, (last + 1) * PAGE);
        memset(&present[first], add, last - first + 1);
        check_against(&map, present);
    }
}

static void partial_pages_are_no_ram_and_are_removed_whole(void **state)
{
    (void)state;
    static struct memory_map map;
    memory_map_add(&map, 100, 3 * PAGE + 5);
    assert_int_equal(map.range[0].start, PAGE);
    assert_int_equal(map.range[0].end, 3 * PAGE);
    memory_map_remove(&map, 2 * PAGE + 7, 2 * PAGE + 8);
    assert_int_equal(memory_map_bytes(&map), PAGE);
    memory_map_add(&map, 9 * PAGE + 1, 10 * PAGE - 1);
    assert_int_equal(map.count, 1);
}

static void a_full_table_loses_memory_but_never_invents_it(void **state)
{
    (void)state;
    static struct memory_map map;
    for (uint64_t i = 0; i < 2 * MEMORY_RANGES_MAX; i++)
        memory_map_add(&map, 2 * i * PAGE, (2 * i + 1) * PAGE);
    assert_int_equal(map.count, MEMORY_RANGES_MAX);
    memory_map_remove(&map, 0, 4 * MEMORY_RANGES_MAX * PAGE);
    assert_int_equal(map.count, 0);
}

static void pieces_come_from_the_largest_range_within_reach(void **state)
{
    (void)state;
    memset(&boot_ram, 0, sizeof(boot_ram));
    memory_map_add(&boot_ram, 0, 10 * PAGE);
    memory_map_add(&boot_ram, 20 * PAGE, 40 * PAGE);
    memory_map_add(&boot_ram, 100 * PAGE, 200 * PAGE);
    memory_prepare(5 * PAGE);
    memory_reach(100 * PAGE);
    assert_int_equal(memory_take(1), 20 * PAGE);
    assert_int_equal(memory_take(3 * PAGE), 21 * PAGE);
    memory_reach(UINT64_MAX);
    assert_int_equal(memory_take(100 * PAGE), 100 * PAGE);
    memory_keep(24 * PAGE, 40 * PAGE);
    struct memory_range left;
    assert_true(memory_largest(&left));
    assert_int_equal(left.start, 5 * PAGE);
    assert_int_equal(left.end, 10 * PAGE);
    if (!setjmp(failed)) {
        memory_take(6 * PAGE);
        fail();
    }
    memory_keep(0, 10 * PAGE);
    assert_false(memory_largest(&left));
}

static void zeroed_memory_is_zero_and_nothing_else_is_touched(void **state)
{
    (void)state;
    memset(&boot_ram, 0, sizeof(boot_ram));
    memory_map_add(&boot_ram, 16 * PAGE, 32 * PAGE);
    memory_prepare(0);
    memset(fake_memory, 0xaa, sizeof(fake_memory));
    uint8_t *memory = memory_take_zeroed(PAGE + 1);
    assert_ptr_equal(memory, fake_memory + 16 * PAGE);
    for (uint64_t i = 0; i < sizeof(fake_memory); i++)
        assert_int_equal(fake_memory[i], i / PAGE == 16 || i / PAGE == 17 ? 0 : 0xaa);
}

static void a_page_for_real_mode_lies_in_low_ram(void **state)
{
    (void)state;
    memset(&boot_ram, 0, sizeof(boot_ram));
    memory_map_add(&boot_ram, 0x100000, 0x200000);
    assert_int_equal(memory_low_page(), 0);
    memory_map_add(&boot_ram, 0, 0x5000);
    assert_int_equal(memory_low_page(), 0);
    memory_map_add(&boot_ram, 0, 0x9f000);
    assert_int_equal(memory_low_page(), 0x9e000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_match_an_array_of_pages),
        cmocka_unit_test(partial_pages_are_no_ram_and_are_removed_whole),
        cmocka_unit_test(a_full_table_loses_memory_but_never_invents_it),
        cmocka_unit_test(pieces_come_from_the_largest_range_within_reach),
        cmocka_unit_test(zeroed_memory_is_zero_and_nothing_else_is_touched),
        cmocka_unit_test(a_page_for_real_mode_lies_in_low_ram),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    fake_direct_map = (uint64_t)fake_memory;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
