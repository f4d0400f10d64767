// SPDX-License-Identifier: MIT
// sources: mm/region.c mm/pool_life.c mm/pool_destroy.c mm/frame.c mm/pool.c kernel/cap/cap.c kernel/cap/object.c kernel/cap/reaper.c mm/region_stock.c smp/mailbox.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c smp/cpuset.c tests/host/fake_cpu.c tests/host/fake_exit.c tests/host/fake_memory.c
// sanitize: undefined address
/*
 * Regions cut, joined and turned into pools, and pools destroyed with what is in them, with the real capabilities, grace
 * periods and mailboxes on CPUs that take turns: results, what an error leaves, and that every byte comes back, whatever
 * CPU each policy wants and whoever stops waiting.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/cap/reaper.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/ipc/reply.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame_use.h"
#include "mm/region.h"
#include "mm/region_stock.h"
#include "smp/epoch.c" /* not linked: each test begins with a fresh `epoch` */
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CPUS 3u
#define FRAMES 4096u
#define FIRST 1000u
#define REGION_FRAMES 700u /* in three blocks */
#define SLOTS 64u

enum { REGION = 1, POOL, REST, FULL, OTHER };

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {
    [SLUICE_TYPE_REGION] = sizeof(struct region),
    [SLUICE_TYPE_CSPACE] = sizeof(struct cspace),
    [SLUICE_TYPE_THREAD] = sizeof(struct thread),
    [SLUICE_TYPE_ENDPOINT] = sizeof(struct endpoint),
    [SLUICE_TYPE_NOTIFICATION] = sizeof(struct notification),
    [SLUICE_TYPE_FACET] = sizeof(struct facet),
};

const uint16_t object_reaper_offset[SLUICE_TYPE_COUNT] = {
    [SLUICE_TYPE_REGION] = offsetof(struct region, reaper),
    [SLUICE_TYPE_CSPACE] = offsetof(struct cspace, reaper),
    [SLUICE_TYPE_THREAD] = offsetof(struct thread, reaper),
    [SLUICE_TYPE_ENDPOINT] = offsetof(struct endpoint, reaper),
    [SLUICE_TYPE_NOTIFICATION] = offsetof(struct notification, reaper),
    [SLUICE_TYPE_FACET] = offsetof(struct facet, reaper),
};

static struct cspace space;
static struct cap slots[SLOTS];
static struct thread *caller;
static struct region *region;

/* What the parts that are not linked would do. */
bool endpoint_drain(struct endpoint *endpoint, uint32_t *forward)
{
    (void)endpoint, (void)forward;
    return true;
}

bool notification_drain(struct notification *notification, uint32_t *forward)
{
    (void)notification, (void)forward;
    return true;
}

void reply_drop(const struct cap *right)
{
    (void)right;
}

bool aspace_finish(struct aspace *finished, uint32_t *forward)
{
    (void)finished, (void)forward;
    return true;
}

void thread_wake_again(struct thread *thread)
{
    thread->wait_kind = WAIT_NONE;
}

void thread_destroy(struct thread *thread)
{
    if (!object_kill(&thread->object))
        return;
    if (thread->wait_kind == WAIT_GRACE)
        assert_true(pool_destroyer_gone(thread));
    object_retire(&thread->object);
}

static void message(struct mailbox_node *node)
{
    if (node->op == MAILBOX_POOL_DESTROY)
        pool_life_handle(node);
    else
        object_free_handle(node);
}

/* All CPUs take turns until nothing is left to do. */
static void settle(void)
{
    unsigned before = fake_self->number;
    bool busy = true;
    for (unsigned round = 0; busy; round++) {
        assert_true(round < 100000);
        busy = false;
        for (unsigned i = 0; i < CPUS; i++) {
            fake_cpu_become(i);
            busy |= reaper_hurry_cpu() || atomic_load_relaxed(&fake_self->pending);
            fake_exit();
        }
    }
    fake_cpu_become(before);
}

static int fresh(void **state)
{
    (void)state;
    fake_policy = SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0);
    fake_cpus_init(CPUS, FAKE_POOLS);
    fake_message = message;
    memset(&epoch, 0, sizeof epoch);
    for (unsigned i = 0; i < CPUS; i++) {
        fake_cpu_become(i);
        epoch_join_cpu();
    }
    fake_cpu_become(0);
    fake_memory_init(FRAMES);
    fake_system_pool(0, 64);
    memset(slots, 0, sizeof slots);
    space = (struct cspace){.slots = slots, .count = SLOTS};
    caller = aligned_alloc(64, sizeof *caller);
    memset(caller, 0, sizeof *caller);
    caller->cspace = &space;
    region = region_create_boot(FIRST, REGION_FRAMES);
    struct cap cap = cap_make(&region->object, SLUICE_TYPE_REGION);
    assert_int_equal(cap_insert(&space, REGION, &cap), 0);
    assert_int_equal(cap_insert(&space, FULL, &cap), 0);
    return 0;
}

static int done(void **state)
{
    (void)state;
    free(caller);
    return 0;
}

static int64_t call(int64_t (*handler)(struct thread *, uint64_t *), uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t args[6] = {a, b, c};
    int64_t result;
    caller->step = 0;
    for (unsigned i = 0; (result = handler(caller, args)) <= SYSCALL_BLOCKED; i++) {
        assert_true(i < 100);
        if (result == SYSCALL_FORWARD)
            fake_cpu_become(fake_self->forward_cpu);
        else
            settle();
        assert_int_equal(caller->wait_kind, WAIT_NONE); /* woken, if it was blocked */
    }
    fake_cpu_become(0);
    settle();
    return result;
}

static struct region *region_in(unsigned slot)
{
    struct cap cap;
    return cap_lookup(&space, slot, SLUICE_TYPE_REGION, 0, &cap) ? NULL : (struct region *)cap.object;
}

static struct pool *pool_in(unsigned slot)
{
    struct cap cap;
    return cap_lookup(&space, slot, SLUICE_TYPE_POOL, 0, &cap) ? NULL : (struct pool *)cap.object;
}

static unsigned frames_of_kind(enum frame_kind kind)
{
    unsigned count = 0;
    for (unsigned i = FIRST; i < FIRST + REGION_FRAMES; i++)
        count += frame_records[i].kind == kind;
    return count;
}

/* Objects of the system pool that CPUs have in stock. */
static unsigned regions_in_stock(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CPUS; i++) {
        assert_in_range(cpus[i]->region_stock.count, 0, REGION_STOCK_MOST);
        count += cpus[i]->region_stock.count;
    }
    return count;
}

/* Nothing is left of any pool but the system's, and that has as many regions as it should. */
static void all_is_back(unsigned regions)
{
    settle();
    assert_int_equal(frames_of_kind(FRAME_USER), REGION_FRAMES);
    assert_int_equal(pool_objects(&pools[POOL_SYSTEM]) - regions_in_stock(), regions);
    for (unsigned i = 1; i < FAKE_POOLS; i++) {
        assert_int_equal(pools[i].life, POOL_FREE);
        assert_int_equal(pools[i].generation & 1, 0);
    }
    for (uint64_t *word = direct_map(FIRST * PAGE_BYTES);
         word < (uint64_t *)direct_map((FIRST + REGION_FRAMES) * PAGE_BYTES); word++)
        assert_int_equal(*word, 0); /* nothing of the kernel's is left in them */
}

static void test_split_and_merge(void **state)
{
    (void)state;
    assert_int_equal(call(sys_region_split, REGION, 0, REST), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(call(sys_region_split, REGION, REGION_FRAMES, REST), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(call(sys_region_split, REGION, 10, FULL), SLUICE_E_SLOT_USED);
    assert_int_equal(call(sys_region_split, REGION, 10, SLOTS), SLUICE_E_BAD_CAP);
    assert_int_equal(region->frames, REGION_FRAMES);
    assert_int_equal(call(sys_region_split, REGION, 10, REST), 0);
    struct region *rest = region_in(REST);
    assert_int_equal(region->frames, 10);
    assert_int_equal(rest->first, FIRST + 10);
    assert_int_equal(rest->frames, REGION_FRAMES - 10);
    assert_int_equal(call(sys_region_merge, REST, REGION, 0), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(call(sys_region_merge, REGION, REGION, 0), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(rest->pool, 0);
    assert_int_equal(call(sys_region_merge, REGION, REST, 0), 0);
    assert_int_equal(region->frames, REGION_FRAMES);
    assert_null(region_in(REST));
    all_is_back(1);
}

/* A CPU's stock is filled once for many regions, and does not grow beyond its bound. */
static void test_stock(void **state)
{
    (void)state;
    uint64_t objects = pool_objects(&pools[POOL_SYSTEM]);
    for (unsigned i = 0; i < 3 * REGION_STOCK_MOST; i++) {
        assert_int_equal(call(sys_region_split, REGION, 10, REST), 0);
        assert_int_equal(call(sys_region_merge, REGION, REST, 0), 0);
    }
    assert_int_equal(pool_objects(&pools[POOL_SYSTEM]), objects);
    all_is_back(1);
    struct region *taken[2 * REGION_STOCK_MOST];
    unsigned kept = 0;
    for (unsigned i = 0; i < 2 * REGION_STOCK_MOST; i++)
        assert_int_equal(region_stock_take(&taken[i]), 0);
    unsigned left = cpus[0]->region_stock.count;
    for (unsigned i = 0; i < 2 * REGION_STOCK_MOST; i++)
        kept += region_stock_keep_cpu(taken[i]);
    assert_int_equal(left + kept, REGION_STOCK_MOST);
}

static void test_pool_and_back(void **state)
{
    (void)state;
    assert_int_equal(call(sys_region_make_pool, REGION, FULL, 0), SLUICE_E_SLOT_USED);
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0x656d616eull), 0);
    struct pool *pool = pool_in(POOL);
    assert_string_equal(pool->info->name, "name");
    assert_int_equal(pool->pages, REGION_FRAMES);
    assert_int_equal(frames_of_kind(FRAME_KERNEL), REGION_FRAMES);
    assert_int_equal(call(sys_region_make_pool, REGION, OTHER, 0), SLUICE_E_BUSY);
    assert_int_equal(call(sys_region_split, REGION, 10, REST), SLUICE_E_BUSY);
    assert_int_equal(call(sys_pool_destroy, POOL, 0, 0), 0);
    assert_null(pool_in(POOL));
    assert_int_equal(call(sys_pool_destroy, POOL, 0, 0), SLUICE_E_BAD_CAP);
    all_is_back(1);
}

static void test_no_pool_of_frames_in_use(void **state)
{
    (void)state;
    uint64_t held = 0, dropped = 0;
    memset(direct_map((FIRST + 3) * PAGE_BYTES), 0xee, 16);
    assert_int_equal(frame_hold(FIRST + 650, 1, false, &held), 0); /* in the last block */
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0), SLUICE_E_BUSY);
    assert_int_equal(region->pool, 0);
    assert_int_equal(frames_of_kind(FRAME_USER), REGION_FRAMES);
    assert_int_equal(*(uint8_t *)direct_map((FIRST + 3) * PAGE_BYTES), 0xee); /* nothing was changed */
    assert_int_equal(frame_drop(FIRST + 650, 1, &dropped), 0);
    memset(direct_map((FIRST + 3) * PAGE_BYTES), 0, 16);
    assert_int_equal(call(sys_region_split, REGION, 1, REST), 0);
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0),
                     SLUICE_E_NO_MEMORY); /* room for the bitmap only */
    all_is_back(2);
}

static struct object *object_make(struct pool *pool, enum sluice_type type)
{
    struct object *object = pool_object_alloc_locked(pool, type);
    assert_non_null(object);
    object_publish(object);
    return object;
}

static void pool_populate(struct pool *pool)
{
    for (unsigned i = 0; i < 40; i++) {
        object_make(pool, SLUICE_TYPE_THREAD);
        object_make(pool, SLUICE_TYPE_ENDPOINT);
        object_make(pool, SLUICE_TYPE_NOTIFICATION);
        struct facet *facet = (struct facet *)object_make(pool, SLUICE_TYPE_FACET);
        facet->target = cap_make(&region->object, SLUICE_TYPE_REGION);
        struct cspace *inner = (struct cspace *)object_make(pool, SLUICE_TYPE_CSPACE);
        inner->count = 256;
        inner->slots = pool_pages_alloc_locked(pool, cspace_pages(256));
        assert_non_null(inner->slots);
    }
}

/* Threads drop what they are bound to when they are freed. */
static void threads_bind(struct pool *pool)
{
    static struct aspace aspace;
    static struct cspace cspace;
    for (struct pool_slab *slab = pool->slabs[SLUICE_TYPE_THREAD]; slab; slab = slab->next) {
        for (unsigned i = 0; i < pool_slab_objects(slab); i++) {
            struct thread *thread = (struct thread *)pool_slab_object(slab, i);
            thread->aspace = &aspace;
            thread->cspace = &cspace;
        }
    }
}

static void destroy_populated(void)
{
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0), 0);
    struct pool *pool = pool_in(POOL);
    pool_populate(pool);
    threads_bind(pool);
    struct cap inside =
        cap_make(pool_slab_object(pool->slabs[SLUICE_TYPE_ENDPOINT], 0), SLUICE_TYPE_ENDPOINT);
    assert_true(cap_alive(&inside));
    assert_int_equal(call(sys_pool_destroy, POOL, 0, 0), 0);
    assert_false(cap_alive(&inside));
    all_is_back(1);
}

static void test_destroys_what_is_in_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        destroy_populated();
}

/* Each class of the system pool and of the new one on a CPU of its own. */
static void test_under_any_policy(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 81; i++) {
        unsigned cpu[4] = {i % 3, i / 3 % 3, i / 9 % 3, i / 27};
        fake_policy = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu[0]);
        fake_policy_set(&pools[POOL_SYSTEM],
                        SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu[1]));
        pools[POOL_SYSTEM].policy[LOCK_CLASS_frame] =
            SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu[2]);
        pools[POOL_SYSTEM].policy[LOCK_CLASS_region] =
            SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu[3]);
        assert_int_equal(call(sys_region_split, REGION, 10 + i, REST), 0);
        assert_int_equal(call(sys_region_merge, REST, REGION, 0), SLUICE_E_BAD_ARGUMENT);
        assert_int_equal(call(sys_region_merge, REGION, REST, 0), 0);
        destroy_populated();
    }
}

/* The slot is filled by somebody else while the pool is built. */
static void test_slot_taken_meanwhile(void **state)
{
    (void)state;
    uint64_t args[6] = {REGION, POOL, 0};
    assert_int_equal(sys_region_make_pool(caller, args), SYSCALL_BLOCKED);
    struct cap cap = cap_make(&region->object, SLUICE_TYPE_REGION);
    assert_int_equal(cap_insert(&space, POOL, &cap), 0);
    settle();
    assert_int_equal(caller->wait_kind, WAIT_NONE);
    assert_int_equal(sys_region_make_pool(caller, args), SLUICE_E_SLOT_USED);
    all_is_back(1);
}

static void test_builder_stops_waiting(void **state)
{
    (void)state;
    uint64_t args[6] = {REGION, POOL, 0};
    assert_int_equal(sys_region_make_pool(caller, args), SYSCALL_BLOCKED);
    assert_true(pool_destroyer_gone(caller));
    assert_false(pool_destroyer_gone(caller)); /* once */
    settle();
    assert_null(pool_in(POOL));
    assert_int_equal(region->pool, 0);
    all_is_back(1);
}

static void test_destroyer_stops_waiting(void **state)
{
    (void)state;
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0), 0);
    uint64_t args[6] = {POOL};
    caller->step = 0;
    assert_int_equal(sys_pool_destroy(caller, args), SYSCALL_BLOCKED);
    assert_int_equal(caller->wait_kind, WAIT_GRACE);
    assert_true(pool_destroyer_gone(caller));
    settle();
    assert_int_equal(region->pool, 0);
    all_is_back(1);
}

/* The caller lives in the pool that it destroys: it waits in a way that its own end can end. */
static void test_destroyer_lives_in_the_pool(void **state)
{
    (void)state;
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0), 0);
    struct pool *pool = pool_in(POOL);
    struct thread *inside = (struct thread *)object_make(pool, SLUICE_TYPE_THREAD);
    threads_bind(pool);
    inside->cspace = &space;
    uint64_t args[6] = {POOL};
    assert_int_equal(sys_pool_destroy(inside, args), SYSCALL_BLOCKED);
    assert_int_equal(inside->wait_kind, WAIT_SLEEP);
    settle();
    all_is_back(1);
}

static void test_table_full(void **state)
{
    (void)state;
    for (unsigned i = 1; i < FAKE_POOLS; i++)
        assert_non_null(pool_reserve());
    assert_int_equal(call(sys_region_make_pool, REGION, POOL, 0), SLUICE_E_LIMIT);
    assert_int_equal(region->pool, 0);
}

int main(void)
{
    fake_time_limit(120);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_split_and_merge, fresh, done),
        cmocka_unit_test_setup_teardown(test_stock, fresh, done),
        cmocka_unit_test_setup_teardown(test_pool_and_back, fresh, done),
        cmocka_unit_test_setup_teardown(test_no_pool_of_frames_in_use, fresh, done),
        cmocka_unit_test_setup_teardown(test_destroys_what_is_in_it, fresh, done),
        cmocka_unit_test_setup_teardown(test_under_any_policy, fresh, done),
        cmocka_unit_test_setup_teardown(test_slot_taken_meanwhile, fresh, done),
        cmocka_unit_test_setup_teardown(test_builder_stops_waiting, fresh, done),
        cmocka_unit_test_setup_teardown(test_destroyer_stops_waiting, fresh, done),
        cmocka_unit_test_setup_teardown(test_destroyer_lives_in_the_pool, fresh, done),
        cmocka_unit_test_setup_teardown(test_table_full, fresh, done),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
