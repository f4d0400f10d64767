// SPDX-License-Identifier: MIT
// sources: mm/frame.c mm/pool.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c tests/host/fake_cpu.c tests/host/fake_memory.c
// libs: -lpthread
// sanitize: undefined address
/*
 * A pool's memory: pages in runs, never one twice, all of them back; objects on their own cache lines, zeroed but for a
 * generation that only grows; slots of the table.
 */
#include "kernel/abi/error.h"
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define FRAMES 512u
#define PAGES 200u /* not a multiple of 64: the last word of the bitmap has a tail */
#define MAP_PAGES 1u
#define BIG (SLUICE_TYPE_THREAD)
#define SMALL (SLUICE_TYPE_FACET)

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {[BIG] = 1400, [SMALL] = 72};

static struct pool *pool;

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(1, FAKE_POOLS);
    fake_cpu_become(0);
    fake_memory_init(FRAMES);
    pool = fake_system_pool(100, PAGES);
    return 0;
}

static bool inside(const void *pages, uint64_t count)
{
    uint64_t first = direct_map_physical(pages) / PAGE_BYTES;
    return first >= 100 + MAP_PAGES && first + count <= 100 + PAGES;
}

static void test_pages_are_given_once(void **state)
{
    (void)state;
    char owner[PAGES] = {0};
    unsigned given = 0;
    for (void *page; (page = pool_pages_alloc_locked(pool, 1)); given++) {
        assert_true(inside(page, 1));
        uint64_t index = direct_map_physical(page) / PAGE_BYTES - 100;
        assert_false(owner[index]++);
        for (unsigned i = 0; i < PAGE_BYTES; i++)
            assert_int_equal(((char *)page)[i], 0);
        memset(page, 0xee, PAGE_BYTES);
    }
    assert_int_equal(given, PAGES - MAP_PAGES);
    assert_int_equal(pool->pages_used, PAGES);
    void *again = (char *)direct_map(pool->base) + 77 * PAGE_BYTES;
    pool_pages_free_locked(pool, again, 1);
    assert_ptr_equal(pool_pages_alloc_locked(pool, 1), again);
    assert_int_equal(*(uint64_t *)again, 0); /* cleared when it is given again */
}

static void test_runs(void **state)
{
    (void)state;
    void *first = pool_pages_alloc_locked(pool, 3), *hole = pool_pages_alloc_locked(pool, 70);
    void *last = pool_pages_alloc_locked(pool, 100);
    assert_true(inside(first, 3) && inside(hole, 70) && inside(last, 100));
    assert_null(pool_pages_alloc_locked(pool, 70));
    assert_int_equal(pool->pages_used, MAP_PAGES + 173);
    pool_pages_free_locked(pool, hole, 70);
    assert_null(pool_pages_alloc_locked(pool, 71)); /* there are as many, but not side by side */
    assert_ptr_equal(pool_pages_alloc_locked(pool, 70), hole);
    pool_pages_free_locked(pool, first, 3);
    pool_pages_free_locked(pool, hole, 70);
    pool_pages_free_locked(pool, last, 100);
    assert_int_equal(pool->pages_used, MAP_PAGES);
    assert_non_null(pool_pages_alloc_locked(pool, PAGES - MAP_PAGES));
    assert_null(pool_pages_alloc_locked(pool, 1));
    assert_null(pool_pages_alloc_locked(pool, UINT64_MAX));
}

/* Against a plain model: who owns each page. */
static void test_random_runs(void **state)
{
    (void)state;
    struct {
        char *pages;
        uint64_t count;
    } run[64] = {0};
    for (unsigned i = 0; i < 20000; i++) {
        unsigned r = fake_random() % 64;
        if (run[r].pages) {
            for (uint64_t page = 0; page < run[r].count; page++)
                assert_int_equal(run[r].pages[page * PAGE_BYTES], (char)r);
            pool_pages_free_locked(pool, run[r].pages, run[r].count);
            run[r].pages = NULL;
        } else {
            run[r].count = 1 + fake_random() % (r % 8 ? 4 : 20);
            run[r].pages = pool_pages_alloc_locked(pool, run[r].count);
            for (uint64_t page = 0; run[r].pages && page < run[r].count; page++)
                run[r].pages[page * PAGE_BYTES] = (char)r;
        }
    }
    for (unsigned r = 0; r < 64; r++)
        if (run[r].pages)
            pool_pages_free_locked(pool, run[r].pages, run[r].count);
    assert_int_equal(pool->pages_used, MAP_PAGES);
}

static void test_objects(void **state)
{
    (void)state;
    struct object *object = pool_object_alloc_locked(pool, BIG);
    assert_int_equal((uintptr_t)object % 64, 0);
    assert_int_equal(object->type, BIG);
    assert_int_equal(object->pool, pool->number);
    assert_int_equal(object->generation, 0);
    object->generation = 6; /* published, killed, and so on */
    memset((char *)object + 8, 0xee, object_bytes[BIG] - 8);
    pool_object_free_locked(pool, object);
    struct object *again = pool_object_alloc_locked(pool, BIG);
    assert_ptr_equal(again, object);
    assert_int_equal(again->generation, 6);
    assert_int_equal(again->type, BIG);
    for (unsigned i = 8; i < object_bytes[BIG]; i++)
        assert_int_equal(((char *)again)[i], 0);
    assert_int_equal(pool_objects(pool), 1);
    assert_int_equal(pool->objects[BIG], 1);
    assert_null(pool_object_alloc_locked(pool, SLUICE_TYPE_CPU)); /* has no memory in a pool */
}

static void test_pool_full_of_objects(void **state)
{
    (void)state;
    struct object *last = NULL;
    uint64_t count = 0;
    for (struct object *object; (object = pool_object_alloc_locked(pool, SMALL)); count++) {
        assert_int_equal((uintptr_t)object % 64, 0);
        *(struct object **)(object + 1) = last;
        last = object;
    }
    assert_int_equal(count, (PAGES - MAP_PAGES) * 31); /* 31 times 128 bytes beside a slab's head */
    assert_null(pool_object_alloc_locked(pool, BIG));
    while (last) {
        struct object *before = *(struct object **)(last + 1);
        pool_object_free_locked(pool, last);
        last = before;
    }
    assert_int_equal(pool_objects(pool), 0);
    assert_null(pool_object_alloc_locked(pool, BIG)); /* memory keeps its type */
    assert_non_null(pool_object_alloc_locked(pool, SMALL));
}

static void test_slabs_name_their_objects(void **state)
{
    (void)state;
    struct object *object = pool_object_alloc_locked(pool, BIG);
    struct pool_slab *slab = pool->slabs[BIG];
    bool found = false;
    for (unsigned i = 0; i < pool_slab_objects(slab); i++)
        found |= pool_slab_object(slab, i) == object;
    assert_true(found);
    assert_null(slab->next);
}

static void test_table(void **state)
{
    (void)state;
    struct pool *other;
    assert_int_equal(pool_init(400 * PAGE_BYTES, 1, "tiny", NULL, &other), SLUICE_E_NO_MEMORY);
    for (unsigned i = 1; i < FAKE_POOLS; i++) {
        assert_int_equal(pool_init((400 + 2 * i) * PAGE_BYTES, 2, "a name that is too long", NULL, &other),
                         0);
        assert_int_equal(other->number, i);
        assert_int_equal(other->generation & 1, 1);
        assert_string_equal(other->info->name, "a name that is ");
        assert_int_equal(other->info->generation, other->generation);
    }
    assert_int_equal(pool_init(400 * PAGE_BYTES, 2, "more", NULL, &other), SLUICE_E_LIMIT);
    pool_cancel(&pools[3]);
    assert_ptr_equal(pool_reserve(), &pools[3]);
    assert_null(pool_reserve());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pages_are_given_once, fresh),
        cmocka_unit_test_setup(test_runs, fresh),
        cmocka_unit_test_setup(test_random_runs, fresh),
        cmocka_unit_test_setup(test_objects, fresh),
        cmocka_unit_test_setup(test_pool_full_of_objects, fresh),
        cmocka_unit_test_setup(test_slabs_name_their_objects, fresh),
        cmocka_unit_test_setup(test_table, fresh),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
