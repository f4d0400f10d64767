// SPDX-License-Identifier: MIT
// sources: mm/frame.c mm/pool.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c tests/host/fake_cpu.c tests/host/fake_memory.c
// libs: -lpthread
// sanitize: thread undefined
/*
 * Frame records: use counts go up and down block by block, what stops them and where; kinds change only for frames that
 * nobody uses; an operation that a policy sends to another CPU goes on there; threads that hold and drop at once.
 */
#include "kernel/abi/error.h"
#include "kernel/trap/syscall.h"
#include "tests/host/fake_cpu.h"
#include "mm/frame_use.h"
#include "tests/host/fake_memory.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define FRAMES 2048u
#define SYSTEM_FRAMES 16u
#define FIRST 500u /* ranges from here cross into the second block */
#define THREADS 4u
#define ROUNDS 20000u

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {0};

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(THREADS, FAKE_POOLS);
    fake_cpu_become(0);
    fake_memory_init(FRAMES);
    fake_system_pool(0, SYSTEM_FRAMES);
    frame_boot_kind(SYSTEM_FRAMES, FRAMES - SYSTEM_FRAMES, FRAME_USER);
    return 0;
}

static void test_holds_and_drops(void **state)
{
    (void)state;
    uint64_t done = 0;
    assert_int_equal(frame_hold(FIRST, 40, false, &done), 0);
    assert_int_equal(done, 40);
    done = 0;
    assert_int_equal(frame_hold(FIRST + 10, 10, false, &done), 0);
    assert_int_equal(frame_records[FIRST].uses, 1);
    assert_int_equal(frame_records[FIRST + 10].uses, 2);
    assert_int_equal(frame_records[FIRST + 39].uses, 1);
    assert_int_equal(frame_records[FIRST + 40].uses, 0);
    assert_int_equal(frame_count_used(0, FRAMES), 40);
    done = 0;
    assert_int_equal(frame_drop(FIRST, 40, &done), 0);
    assert_int_equal(frame_count_used(0, FRAMES), 10);
    assert_int_equal(frame_count_used(FIRST + 15, 3), 3);
    done = 0;
    assert_int_equal(frame_drop(FIRST + 10, 10, &done), 0);
    assert_int_equal(frame_count_used(0, FRAMES), 0);
}

static void test_stops_at_what_it_may_not_hold(void **state)
{
    (void)state;
    uint64_t done = 0;
    frame_boot_kind(FIRST + 30, 1, FRAME_KERNEL);
    assert_int_equal(frame_hold(FIRST, 40, false, &done), SLUICE_E_BUSY);
    assert_int_equal(done, 30); /* these are held */
    assert_int_equal(frame_count_used(0, FRAMES), 30);
    uint64_t down = 0;
    assert_int_equal(frame_drop(FIRST, done, &down), 0);
    done = 0;
    assert_int_equal(frame_hold(FIRST + 5, 1, true, &done), 0);
    done = 0;
    assert_int_equal(frame_hold(FIRST, 10, true, &done), SLUICE_E_BUSY); /* used by somebody else */
    assert_int_equal(done, 5);
    done = 0;
    frame_records[FIRST + 5].uses = UINT32_MAX;
    assert_int_equal(frame_hold(FIRST + 5, 1, false, &done), SLUICE_E_BUSY); /* the count would wrap */
}

static void test_converts_unused_frames_only(void **state)
{
    (void)state;
    uint64_t done = 0, held = 0;
    assert_int_equal(frame_convert(FIRST, 40, FRAME_USER, FRAME_KERNEL, &done), 0);
    assert_int_equal(done, 12); /* to the end of the block */
    assert_int_equal(frame_hold(FIRST + 20, 1, false, &held), 0);
    assert_int_equal(frame_convert(FIRST, 40, FRAME_USER, FRAME_KERNEL, &done), SLUICE_E_BUSY);
    assert_int_equal(done, 12);
    assert_int_equal(frame_records[FIRST + 12].kind, FRAME_USER); /* the block is as before */
    held = 0;
    assert_int_equal(frame_drop(FIRST + 20, 1, &held), 0);
    assert_int_equal(frame_convert(FIRST, 40, FRAME_USER, FRAME_KERNEL, &done), 0);
    assert_int_equal(done, 40);
    held = 0;
    assert_int_equal(frame_hold(FIRST + 39, 1, false, &held), SLUICE_E_BUSY);
    assert_int_equal(frame_convert(FIRST, 40, FRAME_USER, FRAME_KERNEL, &(uint64_t){0}), SLUICE_E_BUSY);
}

static void test_goes_on_where_the_policy_sends_it(void **state)
{
    (void)state;
    uint64_t done = 0;
    fake_policy_set(&pools[POOL_SYSTEM], SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, 2));
    assert_int_equal(frame_hold(FIRST, 40, false, &done), SYSCALL_FORWARD);
    assert_int_equal(cpus[0]->forward_cpu, 2);
    assert_int_equal(done, 0);
    fake_cpu_become(2);
    assert_int_equal(frame_hold(FIRST, 40, false, &done), 0);
    assert_int_equal(done, 40);
    assert_int_equal(frame_count_used(0, FRAMES), 40);
    fake_cpu_become(0);
}

static void *hold_and_drop(void *argument)
{
    fake_cpu_become((unsigned)(uintptr_t)argument);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t first = SYSTEM_FRAMES + fake_random() % (FRAMES - SYSTEM_FRAMES - 8), done = 0, down = 0;
        uint64_t count = 1 + fake_random() % 8;
        int64_t result = frame_hold(first, count, false, &done);
        assert_int_equal(result, 0);
        assert_int_equal(frame_drop(first, count, &down), 0);
    }
    return NULL;
}

static void test_counts_under_threads(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, hold_and_drop, (void *)i);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (uint64_t i = 0; i < FRAMES; i++)
        assert_int_equal(frame_records[i].uses, 0);
    assert_int_equal(frame_count_used(0, FRAMES), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_holds_and_drops, fresh),
        cmocka_unit_test_setup(test_stops_at_what_it_may_not_hold, fresh),
        cmocka_unit_test_setup(test_converts_unused_frames_only, fresh),
        cmocka_unit_test_setup(test_goes_on_where_the_policy_sends_it, fresh),
        cmocka_unit_test_setup(test_counts_under_threads, fresh),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
