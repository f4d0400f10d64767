// SPDX-License-Identifier: MIT
// sources: tests/host/fake_cpu.c tests/host/fake_exit.c smp/mailbox.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c
// sanitize: thread undefined
// libs: -lurcu-qsbr
/*
 * Grace periods: each rule alone, then at random in one thread, then readers and writers on threads, held against
 * liburcu by the same oracle. Without a grace period that oracle must object.
 */
#include "smp/epoch.c" /* not linked: each test begins with a fresh `epoch` */
#include "tests/host/fake_cpu.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/urcu-qsbr.h>
#include <cmocka.h>

struct request {
    struct epoch_waiter waiter;
    uint32_t done;
};

static void request_done(struct epoch_waiter *waiter)
{
    /* pairs with request_is_done(): what the grace period ordered before what its asker does next */
    atomic_store_release(&((struct request *)waiter)->done, 1u);
}

static bool request_is_done(void *request)
{
    /* pairs with request_done(): as above */
    return atomic_load_acquire(&((struct request *)request)->done);
}

static void ask(unsigned cpu, struct request *request)
{
    fake_cpu_become(cpu);
    request->done = 0;
    epoch_wait(&request->waiter, request_done);
}

static void leave(unsigned cpu)
{
    fake_cpu_become(cpu);
    fake_exit();
}

static void join(unsigned cpu)
{
    fake_cpu_become(cpu);
    epoch_join_cpu();
}

static void start(unsigned count, unsigned members)
{
    memset(&epoch, 0, sizeof(epoch));
    epoch.number = 1;
    fake_cpus_init(count, 0);
    for (unsigned i = 0; i < members; i++)
        join(i);
}

/* --- each rule alone; one thread plays all CPUs --- */

static void one_cpu_completes_on_its_way_out(void **state)
{
    (void)state;
    struct request request;
    start(1, 1);
    ask(0, &request);
    assert_false(request_is_done(&request));
    leave(0);
    assert_true(request_is_done(&request));
    assert_int_equal(cpus[0]->counters->grace_acks, 1);
    assert_int_equal(fake_ipis(), 0);
}

static void every_busy_cpu_has_to_answer(void **state)
{
    (void)state;
    struct request request;
    start(3, 3);
    ask(1, &request);
    assert_int_equal(fake_ipis(), 2);
    leave(1);
    leave(2);
    leave(2); /* once counts */
    assert_false(request_is_done(&request));
    leave(0);
    assert_true(request_is_done(&request));
    assert_int_equal(fake_ipis(), 2);
}

static void requests_made_meanwhile_share_the_next(void **state)
{
    (void)state;
    struct request first, second, third;
    start(2, 2);
    ask(0, &first);
    ask(1, &second);
    ask(1, &third);
    leave(1);
    assert_false(request_is_done(&first));
    leave(0); /* the last answer to the first; its next look at the pending word answers the second */
    assert_true(request_is_done(&first));
    assert_false(request_is_done(&second) || request_is_done(&third));
    leave(1);
    assert_true(request_is_done(&second) && request_is_done(&third));
    assert_int_equal(epoch.number, 3);
    assert_int_equal(fake_ipis(), 2); /* one for each CPU and grace period */
}

static void idle_cpus_are_skipped(void **state)
{
    (void)state;
    struct request request;
    start(2, 2);
    fake_cpu_become(1);
    epoch_idle_enter_cpu();
    ask(0, &request);
    leave(0);
    assert_true(request_is_done(&request));
    assert_int_equal(fake_ipis(), 0);
    fake_cpu_become(1);
    epoch_idle_leave_cpu();
    assert_int_equal(cpus[1]->counters->grace_idle, 1);
    ask(0, &request); /* busy again: has to answer again */
    leave(0);
    assert_false(request_is_done(&request));
    leave(1);
    assert_true(request_is_done(&request));
    fake_cpu_become(1);
    epoch_idle_enter_cpu();
    epoch_idle_leave_cpu();
    assert_int_equal(cpus[1]->counters->grace_idle, 1);
    assert_int_equal(cpus[1]->counters->grace_acks, 1);
}

static void a_grace_period_that_meets_a_cpu_on_its_way_to_sleep(void **state)
{
    (void)state;
    struct request request;
    start(2, 2);
    leave(1); /* nothing was pending: CPU 1 will go idle */
    ask(0, &request);
    leave(0);
    assert_int_equal(fake_ipis(), 1);
    fake_cpu_become(1);
    epoch_idle_enter_cpu();
    assert_false(request_is_done(&request)); /* seen too late: CPU 1 was asked */
    assert_true(fake_interrupted());         /* does not sleep: the interrupt is latched */
    epoch_idle_leave_cpu();
    leave(1);
    assert_true(request_is_done(&request));
    assert_int_equal(cpus[1]->counters->grace_acks, 1);
    assert_int_equal(cpus[1]->counters->grace_idle, 0);
}

static void a_cpu_that_joins_is_asked_from_the_next_on(void **state)
{
    (void)state;
    struct request first, second;
    start(3, 2);
    ask(0, &first);
    join(2);
    leave(1);
    leave(0);
    assert_true(request_is_done(&first));
    ask(0, &second);
    leave(0);
    leave(1);
    assert_false(request_is_done(&second));
    leave(2);
    assert_true(request_is_done(&second));
}

static void overdue_only_while_one_runs(void **state)
{
    (void)state;
    struct request request;
    start(2, 2);
    assert_false(epoch_overdue(0));
    ask(0, &request);
    while (!epoch_overdue(1000))
        cpu_relax();
    assert_false(epoch_overdue(UINT64_MAX / 2));
    leave(0);
    leave(1);
    assert_false(epoch_overdue(0));
}

static struct request chained;

static void chain(struct epoch_waiter *waiter)
{
    (void)waiter;
    epoch_wait(&chained.waiter, request_done);
}

static void a_callback_may_ask_for_the_next(void **state)
{
    (void)state;
    struct request request;
    start(2, 2);
    chained.done = 0;
    fake_cpu_become(0);
    epoch_wait(&request.waiter, chain);
    leave(0);
    leave(1);
    assert_false(request_is_done(&chained));
    leave(0);
    assert_true(request_is_done(&chained));
}

/* --- at random, one thread, any number of CPUs --- */

#define RANDOM_CPUS 6u
#define RANDOM_STEPS 200000u

struct player {
    enum { PLAYER_USER, PLAYER_INSIDE, PLAYER_ASLEEP } place;
    uint64_t operation; /* how many it began */
    bool asking;
    struct request request;
    uint64_t at_request[RANDOM_CPUS]; /* operations then running; 0 none */
};
static struct player players[RANDOM_CPUS];

/* Done means: none of the operations that ran when it was asked for runs still. */
static void judge(struct player *player)
{
    if (!player->asking || !request_is_done(&player->request))
        return;
    for (unsigned i = 0; i < RANDOM_CPUS; i++)
        assert_false(players[i].place == PLAYER_INSIDE && players[i].operation == player->at_request[i]);
    player->asking = false;
}

static void step_inside(struct player *player)
{
    if (!player->asking && random() % 4 == 0) {
        for (unsigned i = 0; i < RANDOM_CPUS; i++)
            player->at_request[i] = players[i].place == PLAYER_INSIDE ? players[i].operation : 0;
        player->asking = true;
        player->request.done = 0;
        epoch_wait(&player->request.waiter, request_done);
    } else {
        player->place = PLAYER_USER; /* what done means must hold already when the callbacks run */
        fake_exit();
    }
}

static void step_outside(struct player *player)
{
    if (player->place == PLAYER_ASLEEP) {
        if (!fake_interrupted() && random() % 8)
            return;
        epoch_idle_leave_cpu();
    } else if (random() % 4 == 0) {
        fake_exit();
        epoch_idle_enter_cpu();
        player->place = PLAYER_ASLEEP;
        return;
    }
    player->operation++;
    player->place = PLAYER_INSIDE;
}

static void any_order_of_steps_is_right(void **state)
{
    (void)state;
    start(RANDOM_CPUS, RANDOM_CPUS);
    srandom(2);
    for (unsigned step = 0; step < RANDOM_STEPS; step++) {
        unsigned number = (unsigned)random() % RANDOM_CPUS;
        struct player *player = &players[number];
        fake_cpu_become(number);
        if (player->place == PLAYER_INSIDE)
            step_inside(player);
        else
            step_outside(player);
        for (unsigned i = 0; i < RANDOM_CPUS; i++)
            judge(&players[i]);
    }
    for (unsigned round = 0; round < 3 * RANDOM_CPUS; round++) {
        struct player *player = &players[round % RANDOM_CPUS];
        fake_cpu_become(round % RANDOM_CPUS);
        epoch_idle_leave_cpu();
        player->place = PLAYER_USER;
        fake_exit();
    }
    for (unsigned i = 0; i < RANDOM_CPUS; i++) {
        struct sluice_cpu_counters *counters = cpus[i]->counters;
        assert_true(!players[i].asking || request_is_done(&players[i].request));
        assert_true(counters->grace_idle > 0 && counters->grace_acks > 0);
        assert_true(counters->grace_idle + counters->grace_acks <= epoch.number - 1);
    }
    print_message("# %lu grace periods, %lu IPIs\n", (unsigned long)epoch.number, (unsigned long)fake_ipis());
}

/* --- readers and writers on threads: this epoch, liburcu, and none at all --- */

#define THREADS 4u
#define WRITERS 2u
#define ITEMS 8u
#define WRITES 1500u

struct item {
    uint32_t alive; /* atomic */
    uint64_t text;  /* plain: where the scheme's own code is instrumented, ThreadSanitizer judges as well */
};

struct scheme {
    const char *name;
    bool plain;
    void (*begin)(void); /* a thread starts; ends; has no reference; sleeps a while */
    void (*end)(void);
    void (*outside)(void);
    void (*sleep)(void);
    void (*wait)(void); /* a grace period */
};

static const struct scheme *scheme;
static struct item items[WRITERS][ITEMS];
static struct item *published[WRITERS];
static unsigned threads_ready, writers_left, threads_left, dead_seen;

static void thread_begin(void)
{
    epoch_join_cpu();
}

static bool all_ended(void *context)
{
    (void)context;
    return !atomic_load_relaxed(&threads_left);
}

static void thread_end(void)
{
    while (!all_ended(NULL))
        fake_idle(all_ended, NULL);
}

static bool now_and_then(void *context)
{
    (void)context;
    return fake_random() % 16 == 0;
}

static void thread_sleep(void)
{
    fake_idle(now_and_then, NULL);
}

static void thread_wait(void)
{
    struct request request = {.done = 0};
    epoch_wait(&request.waiter, request_done);
    while (!request_is_done(&request))
        if (fake_random() % 2)
            fake_idle(request_is_done, &request);
        else
            fake_exit();
}

static void liburcu_sleep(void)
{
    urcu_qsbr_thread_offline();
    sched_yield();
    urcu_qsbr_thread_online();
}

static void liburcu_begin(void)
{
    urcu_qsbr_register_thread();
}

static void liburcu_end(void)
{
    urcu_qsbr_unregister_thread();
}

static void liburcu_outside(void)
{
    urcu_qsbr_quiescent_state();
}

static void liburcu_wait(void)
{
    urcu_qsbr_synchronize_rcu();
}

static void nothing(void)
{
}

static const struct scheme ours = {"epoch",   true,         thread_begin, thread_end,
                                   fake_exit, thread_sleep, thread_wait};
static const struct scheme liburcu = {"liburcu",       false,         liburcu_begin, liburcu_end,
                                      liburcu_outside, liburcu_sleep, liburcu_wait};
static const struct scheme none = {"none", false, nothing, nothing, nothing, nothing, nothing};

static void read_once(unsigned writer)
{
    /* pairs with write_once(): the item's text before its address */
    struct item *item = atomic_load_acquire(&published[writer]);
    for (unsigned look = 0; look < 3; look++) {
        if (!atomic_load_relaxed(&item->alive) || (scheme->plain && item->text != writer + 1))
            __atomic_fetch_add(&dead_seen, 1, __ATOMIC_RELAXED);
        if (fake_random() % 4 == 0)
            sched_yield();
    }
}

static void write_once(unsigned writer, unsigned round)
{
    struct item *item = &items[writer][round % ITEMS], *old = published[writer];
    if (scheme->plain)
        item->text = writer + 1;
    atomic_store_relaxed(&item->alive, 1u);
    /* pairs with read_once(): the item's text before its address */
    atomic_store_release(&published[writer], item);
    scheme->wait();
    if (scheme->plain)
        old->text = 0;
    atomic_store_relaxed(&old->alive, 0u);
}

static void *reader_or_writer(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;
    fake_cpu_become(self);
    scheme->begin();
    __atomic_fetch_add(&threads_ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&threads_ready, __ATOMIC_SEQ_CST) < THREADS) {
        scheme->outside();
        sched_yield();
    }
    for (unsigned round = 1; self < WRITERS ? round <= WRITES : atomic_load_relaxed(&writers_left); round++) {
        for (unsigned writer = 0; writer < WRITERS; writer++)
            read_once(writer);
        scheme->outside();
        if (fake_random() % 8 == 0)
            scheme->sleep();
        if (self < WRITERS)
            write_once(self, round);
    }
    if (self < WRITERS)
        __atomic_fetch_sub(&writers_left, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&threads_left, 1, __ATOMIC_RELAXED);
    scheme->end();
    return NULL;
}

/* True when no reader ever saw an item that its writer had given up. */
static bool readers_are_safe(const struct scheme *with)
{
    pthread_t threads[THREADS];
    uint64_t began = clock_tsc();
    start(THREADS, 0);
    scheme = with;
    threads_ready = dead_seen = 0;
    threads_left = THREADS;
    writers_left = WRITERS;
    for (unsigned i = 0; i < WRITERS; i++) {
        items[i][0] = (struct item){.alive = 1, .text = i + 1};
        published[i] = &items[i][0];
    }
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader_or_writer, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    print_message("# %s: %u writes in %lu ms, %u dead items seen\n", with->name, WRITERS * WRITES,
                  (unsigned long)((clock_tsc() - began) / 1000000), dead_seen);
    return dead_seen == 0;
}

static void readers_never_see_what_was_given_up(void **state)
{
    (void)state;
    assert_true(readers_are_safe(&ours));
    print_message("# %lu grace periods, %lu IPIs\n", (unsigned long)epoch.number, (unsigned long)fake_ipis());
}

static void liburcu_passes_the_same_oracle(void **state)
{
    (void)state;
    assert_true(readers_are_safe(&liburcu));
}

static void no_grace_period_is_caught(void **state)
{
    (void)state;
    assert_false(readers_are_safe(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cpu_completes_on_its_way_out),
        cmocka_unit_test(every_busy_cpu_has_to_answer),
        cmocka_unit_test(requests_made_meanwhile_share_the_next),
        cmocka_unit_test(idle_cpus_are_skipped),
        cmocka_unit_test(a_grace_period_that_meets_a_cpu_on_its_way_to_sleep),
        cmocka_unit_test(a_cpu_that_joins_is_asked_from_the_next_on),
        cmocka_unit_test(overdue_only_while_one_runs),
        cmocka_unit_test(a_callback_may_ask_for_the_next),
        cmocka_unit_test(any_order_of_steps_is_right),
        cmocka_unit_test(readers_never_see_what_was_given_up),
        cmocka_unit_test(liburcu_passes_the_same_oracle),
        cmocka_unit_test(no_grace_period_is_caught),
    };
    fake_time_limit(100);
    return cmocka_run_group_tests_name("epoch", tests, NULL, NULL);
}
