// SPDX-License-Identifier: MIT
// sources: kernel/sched/runq.c kernel/sched/deadline.c tests/host/fake_cpu.c
// sanitize: undefined address
/*
 * Run queues and deadlines: priorities, turns among equals, removal from anywhere, times in order. Each is held against
 * a plain array that is searched.
 */
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "tests/host/fake_cpu.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define THREADS 64u
#define STEPS 200000u

static struct cpu *cpu;
static struct thread *threads;

static int fresh(void **state)
{
    (void)state;
    cpu = aligned_alloc(64, sizeof(*cpu));
    memset(cpu, 0, sizeof(*cpu));
    threads = aligned_alloc(64, THREADS * sizeof(*threads));
    memset(threads, 0, THREADS * sizeof(*threads));
    return 0;
}

static int forget(void **state)
{
    (void)state;
    free(threads);
    free(cpu);
    return 0;
}

static void an_empty_queue_has_no_first(void **state)
{
    (void)state;
    assert_null(runq_first(cpu));
    assert_int_equal(runq_priority(cpu), -1);
}

static void the_highest_priority_goes_first(void **state)
{
    (void)state;
    static const uint8_t priorities[] = {5, 63, 0, 32};
    for (unsigned i = 0; i < 4; i++) {
        threads[i].priority = priorities[i];
        runq_add_tail(cpu, &threads[i]);
    }
    static const unsigned order[] = {1, 3, 0, 2};
    for (unsigned i = 0; i < 4; i++) {
        assert_ptr_equal(runq_first(cpu), &threads[order[i]]);
        runq_remove(cpu, &threads[order[i]]);
    }
    assert_null(runq_first(cpu));
}

static void equals_take_turns(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        runq_add_tail(cpu, &threads[i]);
    for (unsigned i = 0; i < 9; i++) {
        struct thread *first = runq_first(cpu);
        assert_ptr_equal(first, &threads[i % 3]);
        runq_remove(cpu, first);
        runq_add_tail(cpu, first);
    }
    runq_remove(cpu, &threads[1]);
    runq_add_head(cpu, &threads[1]);
    assert_ptr_equal(runq_first(cpu), &threads[1]);
}

/* The model: the queue of each priority as an array of thread numbers. */
static unsigned model[64][THREADS], model_length[64];

static void model_remove(unsigned priority, unsigned number)
{
    unsigned *queue = model[priority], at = 0;
    while (queue[at] != number)
        at++;
    memmove(&queue[at], &queue[at + 1], (model_length[priority] - at - 1) * sizeof(*queue));
    model_length[priority]--;
}

static void model_check(void)
{
    for (int priority = 63; priority >= 0; priority--) {
        if (!model_length[priority])
            continue;
        assert_int_equal(runq_priority(cpu), priority);
        assert_ptr_equal(runq_first(cpu), &threads[model[priority][0]]);
        return;
    }
    assert_null(runq_first(cpu));
}

static void any_order_of_changes_agrees_with_the_model(void **state)
{
    (void)state;
    memset(model_length, 0, sizeof(model_length));
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned number = fake_random() % THREADS;
        struct thread *thread = &threads[number];
        if (thread->queued) {
            runq_remove(cpu, thread);
            model_remove(thread->priority, number);
        } else {
            thread->priority = (uint8_t)(fake_random() % 64);
            unsigned *queue = model[thread->priority], *length = &model_length[thread->priority];
            if (fake_random() % 2) {
                runq_add_tail(cpu, thread);
                queue[*length] = number;
            } else {
                runq_add_head(cpu, thread);
                memmove(&queue[1], queue, *length * sizeof(*queue));
                queue[0] = number;
            }
            ++*length;
        }
        model_check();
    }
}

static uint64_t nearest(void)
{
    uint64_t tsc = UINT64_MAX;
    for (unsigned i = 0; i < THREADS; i++)
        if (threads[i].deadline_tsc && threads[i].deadline_tsc < tsc)
            tsc = threads[i].deadline_tsc;
    return tsc;
}

static void the_nearest_deadline_is_on_top(void **state)
{
    (void)state;
    for (unsigned step = 0; step < STEPS; step++) {
        struct thread *thread = &threads[fake_random() % THREADS];
        if (thread->deadline_tsc)
            deadline_remove(cpu, thread);
        else
            deadline_add(cpu, thread, 1 + fake_random() % 1000);
        uint64_t tsc = nearest();
        if (tsc == UINT64_MAX)
            assert_null(cpu->deadlines);
        else
            assert_int_equal(cpu->deadlines->deadline_tsc, tsc);
    }
}

static void deadlines_leave_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < THREADS; i++)
        deadline_add(cpu, &threads[i], 1 + fake_random());
    uint64_t last = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        struct thread *thread = cpu->deadlines;
        assert_true(thread->deadline_tsc >= last);
        last = thread->deadline_tsc;
        deadline_remove(cpu, thread);
        assert_int_equal(thread->deadline_tsc, 0);
    }
    assert_null(cpu->deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_queue_has_no_first, fresh, forget),
        cmocka_unit_test_setup_teardown(the_highest_priority_goes_first, fresh, forget),
        cmocka_unit_test_setup_teardown(equals_take_turns, fresh, forget),
        cmocka_unit_test_setup_teardown(any_order_of_changes_agrees_with_the_model, fresh, forget),
        cmocka_unit_test_setup_teardown(the_nearest_deadline_is_on_top, fresh, forget),
        cmocka_unit_test_setup_teardown(deadlines_leave_in_order, fresh, forget),
    };
    return cmocka_run_group_tests_name("runq", tests, NULL, NULL);
}
