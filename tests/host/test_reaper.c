// SPDX-License-Identifier: MIT
// sources: mm/frame.c mm/pool.c kernel/cap/cap.c kernel/cap/object.c kernel/cap/reaper.c mm/region_stock.c smp/mailbox.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c smp/cpuset.c tests/host/fake_cpu.c tests/host/fake_exit.c tests/host/fake_memory.c
// sanitize: undefined address
/*
 * Destroyed objects in batches, on CPUs that take turns: when a batch goes off, what shares a grace period, that nothing is
 * freed too early whatever the order of steps, and that everything is in the end, wherever the gates want it done.
 */
#include "kernel/cap/reaper.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/ipc/reply.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
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
#define BATCH 8u
#define FACET SLUICE_TYPE_FACET
#define ENDPOINT SLUICE_TYPE_ENDPOINT
#define CSPACE SLUICE_TYPE_CSPACE

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {
    [CSPACE] = sizeof(struct cspace), [ENDPOINT] = sizeof(struct endpoint), [FACET] = sizeof(struct facet)};

const uint16_t object_reaper_offset[SLUICE_TYPE_COUNT] = {[CSPACE] = offsetof(struct cspace, reaper),
                                                          [ENDPOINT] = offsetof(struct endpoint, reaper),
                                                          [FACET] = offsetof(struct facet, reaper)};

static struct pool *pools_used[2];
static unsigned messages, drains;

/* What the parts that are not linked would do. */
bool endpoint_drain(struct endpoint *endpoint, uint32_t *forward)
{
    drains++;
    *forward = UINT32_MAX; /* here, again */
    endpoint->senders.first = NULL;
    return false;
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

void pool_objects_gone(struct pool *pool)
{
    (void)pool;
}

static void message(struct mailbox_node *node)
{
    messages++;
    object_free_handle(node);
}

static int fresh(void **state)
{
    (void)state;
    fake_policy = SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0);
    fake_cpus_init(CPUS, FAKE_POOLS);
    fake_message = message;
    tunable_values[TUNABLE_epoch_batch] = BATCH;
    messages = drains = 0;
    memset(&epoch, 0, sizeof epoch);
    epoch.number = 1;
    for (unsigned i = 0; i < CPUS; i++) {
        fake_cpu_become(i);
        epoch_join_cpu();
    }
    fake_cpu_become(0);
    fake_memory_init(1024);
    pools_used[0] = fake_system_pool(0, 300);
    assert_int_equal(pool_init(400 * PAGE_BYTES, 300, "other", NULL, &pools_used[1]), 0);
    return 0;
}

static struct object *make(unsigned pool, enum sluice_type type)
{
    struct object *object = pool_object_alloc_locked(pools_used[pool], type);
    assert_non_null(object);
    if (type == CSPACE) {
        ((struct cspace *)object)->count = 16;
        ((struct cspace *)object)->slots = pool_pages_alloc_locked(pools_used[pool], 1);
    }
    object_publish(object);
    return object;
}

static void destroy(struct object *object)
{
    assert_true(object_kill(object));
    object_retire(object);
}

static void destroy_new(unsigned pool, enum sluice_type type, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        destroy(make(pool, type));
}

static uint64_t objects_left(void)
{
    return pool_objects(pools_used[0]) + pool_objects(pools_used[1]);
}

/* Each CPU leaves the kernel, so that a grace period that runs ends; CPU 0 goes on. */
static void all_leave(void)
{
    for (unsigned i = 0; i < 2 * CPUS; i++) {
        fake_cpu_become((i + 1) % CPUS);
        fake_exit();
    }
    fake_cpu_become(0);
    fake_exit();
}

static void settle(void)
{
    for (unsigned round = 0; objects_left() && round < 100; round++) {
        for (unsigned i = 0; i < CPUS; i++) {
            fake_cpu_become(i);
            reaper_hurry_cpu();
        }
        all_leave();
    }
    assert_int_equal(objects_left(), 0);
    for (unsigned i = 0; i < CPUS; i++)
        assert_true(!cpus[i]->reaper.waiting && !cpus[i]->reaper.batch);
}

static void a_full_batch_shares_a_grace_period(void **state)
{
    (void)state;
    destroy_new(0, FACET, BATCH - 1);
    all_leave();
    assert_int_equal(objects_left(), BATCH - 1);
    assert_int_equal(epoch.number, 1);
    destroy_new(0, FACET, 1);
    assert_int_equal(objects_left(), BATCH);
    all_leave();
    assert_int_equal(objects_left(), 0);
    assert_int_equal(epoch.number, 2);
    assert_int_equal(messages, 1);
    assert_int_equal(cpus[0]->reaper.due_tsc, 0);
}

static void a_batch_that_is_not_full_has_its_time(void **state)
{
    (void)state;
    uint64_t before = clock_tsc(), delay = tunable(epoch_delay) * (tsc_hz / 1000000);
    destroy_new(0, FACET, 2);
    assert_in_range(cpus[0]->reaper.due_tsc, before + delay, clock_tsc() + delay);
    assert_true(cpus[0]->due & DUE_TIMER);
    assert_true(reaper_hurry_cpu()); /* as sched_timer does then */
    all_leave();
    assert_int_equal(objects_left(), 0);
    assert_false(reaper_hurry_cpu());
}

static void what_has_queues_rides_with_the_next_batch(void **state)
{
    (void)state;
    destroy_new(0, ENDPOINT, BATCH);
    all_leave();
    assert_int_equal(objects_left(), BATCH);
    assert_int_equal(epoch.number, 2);
    assert_true(cpus[0]->reaper.due_tsc != 0);
    destroy_new(0, FACET, BATCH);
    all_leave();
    assert_int_equal(objects_left(), 0);
    assert_int_equal(epoch.number, 3);
    assert_int_equal(drains, 0);
}

static void who_is_queued_is_taken_off(void **state)
{
    (void)state;
    static struct thread thread;
    struct object *object = make(0, ENDPOINT);
    ((struct endpoint *)object)->senders.first = &thread;
    destroy(object);
    settle();
    assert_int_equal(drains, 1);
}

/* What is destroyed while a grace period runs has to wait for the next. */
static void a_running_grace_period_is_not_enough(void **state)
{
    (void)state;
    destroy_new(0, FACET, BATCH);
    fake_exit(); /* CPU 0 has answered */
    destroy_new(0, FACET, 3 * BATCH);
    fake_cpu_become(1);
    fake_exit();
    fake_cpu_become(2);
    fake_exit(); /* the last answer */
    fake_cpu_become(0);
    fake_exit();
    assert_int_equal(objects_left(), 3 * BATCH);
    assert_int_equal(epoch.number, 3);
    all_leave();
    assert_int_equal(objects_left(), 0);
}

static void no_message_does_too_much(void **state)
{
    (void)state;
    tunable_values[TUNABLE_epoch_batch] = 200;
    destroy_new(0, FACET, 200);
    all_leave();
    assert_int_equal(objects_left(), 0);
    assert_int_equal(messages, 4); /* 64 in each */
    messages = 0;
    tunable_values[TUNABLE_epoch_batch] = BATCH;
    destroy_new(1, CSPACE, BATCH);
    all_leave();
    assert_int_equal(objects_left(), 0);
    assert_int_equal(messages, 2); /* 4 in each */
}

/* Object by object the pools change, and each wants to be served on another CPU. */
static void gates_send_the_list_on(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        for (unsigned p = 0; p < 2; p++)
            fake_policy_set(pools_used[p],
                            SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, p ? i / 3 : i % 3));
        for (unsigned j = 0; j < BATCH; j++)
            destroy(make(j % 2, j % 3 ? FACET : ENDPOINT));
        settle();
    }
}

/* --- any order of steps --- */

#define STEPS 200000u
#define OBJECTS 64u

static struct {
    struct object *object; /* destroyed, maybe still there; NULL: free for the next */
    uint32_t generation;   /* as it was killed */
    uint64_t entry[CPUS];  /* the operation that each CPU was in then */
} destroyed[OBJECTS];
static uint64_t entries[CPUS];

/* The memory went, so every CPU has left the operation in which it may have held a pointer. */
static void judge_freed(unsigned i)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        assert_true(entries[cpu] != destroyed[i].entry[cpu]);
    destroyed[i].object = NULL;
}

static bool is_free(const struct object *object)
{
    for (const struct object *free = pools[object->pool].free[object->type]; free;
         free = *pool_free_link((struct object *)free))
        if (free == object)
            return true;
    return false;
}

static void step_destroy(unsigned cpu)
{
    unsigned i = fake_random() % OBJECTS;
    if (destroyed[i].object)
        return;
    fake_cpu_become(cpu);
    struct object *object = make(fake_random() % 2, fake_random() % 2 ? FACET : ENDPOINT);
    destroyed[i].object = object;
    destroy(object);
    memcpy(destroyed[i].entry, entries, sizeof entries);
}

static void step_leave(unsigned cpu)
{
    fake_cpu_become(cpu);
    entries[cpu]++;
    fake_exit();
    for (unsigned i = 0; i < OBJECTS; i++)
        if (destroyed[i].object && is_free(destroyed[i].object))
            judge_freed(i);
}

static void nothing_is_freed_too_early_in_any_order(void **state)
{
    (void)state;
    memset(destroyed, 0, sizeof destroyed);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned cpu = fake_random() % CPUS;
        unsigned what = fake_random() % 16;
        if (what < 8)
            step_destroy(cpu);
        else if (what < 14)
            step_leave(cpu);
        else if (what == 14)
            fake_policy_set(
                pools_used[fake_random() % 2],
                SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, fake_random() % CPUS));
        else if (fake_cpu_become(cpu), fake_random() % 4 == 0)
            reaper_hurry_cpu();
    }
    settle();
    print_message("# %lu grace periods\n", (unsigned long)epoch.number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_full_batch_shares_a_grace_period, fresh),
        cmocka_unit_test_setup(a_batch_that_is_not_full_has_its_time, fresh),
        cmocka_unit_test_setup(what_has_queues_rides_with_the_next_batch, fresh),
        cmocka_unit_test_setup(who_is_queued_is_taken_off, fresh),
        cmocka_unit_test_setup(a_running_grace_period_is_not_enough, fresh),
        cmocka_unit_test_setup(no_message_does_too_much, fresh),
        cmocka_unit_test_setup(gates_send_the_list_on, fresh),
        cmocka_unit_test_setup(nothing_is_freed_too_early_in_any_order, fresh),
    };
    fake_time_limit(100);
    return cmocka_run_group_tests_name("reaper", tests, NULL, NULL);
}
