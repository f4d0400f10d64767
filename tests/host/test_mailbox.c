// SPDX-License-Identifier: MIT
// sources: tests/host/fake_cpu.c tests/host/fake_exit.c smp/mailbox.c smp/epoch.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c
// sanitize: thread undefined
/*
 * Mailboxes and pending words: order, nothing lost, nothing twice, no lost wake-up, no IPI that is not needed.
 */
#include "tests/host/fake_cpu.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define SENDERS 3u
#define NODES 16u
#define MESSAGES 60000u

struct letter {
    struct mailbox_node node;
    unsigned sender;
    unsigned number;
    uint64_t text; /* plain: ThreadSanitizer judges the order of sending and handling */
    uint32_t busy; /* atomic: sent and not handled yet */
};

static void takes_oldest_first(void **state)
{
    (void)state;
    struct mailbox box = {NULL};
    struct mailbox_node node[3];
    assert_null(mailbox_take(&box));
    for (unsigned i = 0; i < 3; i++)
        mailbox_push(&box, &node[i]);
    struct mailbox_node *taken = mailbox_take(&box);
    assert_ptr_equal(taken, &node[0]);
    assert_ptr_equal(taken->next, &node[1]);
    assert_ptr_equal(taken->next->next, &node[2]);
    assert_null(taken->next->next->next);
    assert_null(mailbox_take(&box));
    mailbox_push(&box, &node[1]);
    assert_ptr_equal(mailbox_take(&box), &node[1]);
    assert_null(node[1].next);
}

static struct letter letters[SENDERS][NODES];
static unsigned next_number[SENDERS], handled;
static bool in_order;

static void letter_handle(struct mailbox_node *node)
{
    struct letter *letter = (struct letter *)node;
    in_order &= letter->number == next_number[letter->sender]++ && letter->text == letter->number * 3ull &&
                node->op == MAILBOX_SIGNAL;
    handled++;
    atomic_store_release(&letter->busy, 0u);
}

static void *sender(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;
    fake_cpu_become(self + 1);
    for (unsigned i = 0; i < MESSAGES; i++) {
        struct letter *letter = &letters[self][i % NODES];
        while (atomic_load_acquire(&letter->busy))
            sched_yield();
        letter->sender = self;
        letter->number = i;
        letter->text = i * 3ull;
        atomic_store_relaxed(&letter->busy, 1u);
        cpu_send(0, &letter->node, MAILBOX_SIGNAL);
    }
    return NULL;
}

/* The owner sleeps whenever nothing is pending and looks at nothing but the IPI: a lost wake-up hangs the test, which
 * the time limit ends. */
static void nothing_is_lost_and_no_wake_up_either(void **state)
{
    (void)state;
    pthread_t threads[SENDERS];
    unsigned sleeps = 0;
    fake_cpus_init(SENDERS + 1, 0);
    fake_cpu_become(0);
    fake_message = letter_handle;
    in_order = true;
    for (uintptr_t i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sender, (void *)i), 0);
    while (handled < SENDERS * MESSAGES) {
        while (!fake_interrupted())
            sched_yield();
        sleeps++;
        fake_exit();
    }
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    fake_exit();
    assert_true(in_order);
    assert_int_equal(handled, SENDERS * MESSAGES);
    for (unsigned i = 0; i < SENDERS; i++)
        assert_int_equal(next_number[i], MESSAGES);
    assert_true(fake_ipis() <= handled);
    print_message("# %u messages, %lu IPIs, %u wake-ups\n", handled, (unsigned long)fake_ipis(), sleeps);
}

static void an_ipi_is_sent_only_when_nothing_was_pending(void **state)
{
    (void)state;
    struct mailbox_node node[3];
    fake_cpus_init(2, 0);
    fake_cpu_become(1);
    cpu_send(0, &node[0], MAILBOX_WAKE);
    assert_int_equal(fake_ipis(), 1);
    cpu_send(0, &node[1], MAILBOX_WAKE);
    cpu_notify(0, PENDING_RESCHEDULE);
    assert_int_equal(fake_ipis(), 1);
    assert_int_equal(atomic_exchange(&cpus[0]->pending, 0u), PENDING_MAILBOX | PENDING_RESCHEDULE);
    cpu_send(0, &node[2], MAILBOX_WAKE);
    assert_int_equal(fake_ipis(), 2);
    assert_ptr_equal(mailbox_take(&cpus[0]->mailbox), &node[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_oldest_first),
        cmocka_unit_test(nothing_is_lost_and_no_wake_up_either),
        cmocka_unit_test(an_ipi_is_sent_only_when_nothing_was_pending),
    };
    fake_time_limit(100);
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
