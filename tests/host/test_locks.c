// SPDX-License-Identifier: MIT
// sources: smp/lock/wait.c tests/host/fake_cpu.c
// sanitize: thread undefined
/*
 * Every lock algorithm from one table of descriptors: exclusion, order, what it counts, throughput. Two broken locks
 * go through the same validation and must be caught by it.
 */
#include "kernel/boot/platform.h"
#include "smp/lock/leaf.h"
#include "smp/lock/mcs.h"
#include "smp/lock/tas.h"
#include "smp/lock/ticket.h"
#include "tests/host/fake_cpu.h"
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define THREADS 4u
#define ROUNDS 20000u

struct subject {
    struct lock lock;
    struct mcs_node *stack[THREADS + 1]; /* of the lock that serves the newest */
    unsigned depth;
};

struct lock_kind {
    const char *name;
    bool sound; /* excludes */
    bool fair;  /* serves in order */
    uint32_t (*lock)(struct subject *subject, struct mcs_node *node, struct lock_wait *wait);
    bool (*trylock)(struct subject *subject, struct mcs_node *node);
    void (*unlock)(struct subject *subject, struct mcs_node *node);
    /* `waiters` threads wait, the last of them with this node; NULL: can't be known */
    bool (*queued)(const struct subject *subject, unsigned waiters, const struct mcs_node *node);
};

static uint32_t tas_verb_lock(struct subject *s, struct mcs_node *node, struct lock_wait *wait)
{
    (void)node;
    return tas_lock(&s->lock, wait);
}

static bool tas_verb_trylock(struct subject *s, struct mcs_node *node)
{
    (void)node;
    return tas_trylock(&s->lock);
}

static void tas_verb_unlock(struct subject *s, struct mcs_node *node)
{
    (void)node;
    tas_unlock(&s->lock);
}

static uint32_t ticket_verb_lock(struct subject *s, struct mcs_node *node, struct lock_wait *wait)
{
    (void)node;
    return ticket_lock(&s->lock, wait);
}

static bool ticket_verb_trylock(struct subject *s, struct mcs_node *node)
{
    (void)node;
    return ticket_trylock(&s->lock);
}

static void ticket_verb_unlock(struct subject *s, struct mcs_node *node)
{
    (void)node;
    ticket_unlock(&s->lock);
}

static bool ticket_verb_queued(const struct subject *s, unsigned waiters, const struct mcs_node *node)
{
    (void)node;
    uint32_t word = atomic_load_relaxed(&s->lock.ticket);
    return (uint16_t)((word >> 16) - word) == waiters + 1;
}

static uint32_t mcs_verb_lock(struct subject *s, struct mcs_node *node, struct lock_wait *wait)
{
    return mcs_lock(&s->lock, node, wait);
}

static bool mcs_verb_trylock(struct subject *s, struct mcs_node *node)
{
    return mcs_trylock(&s->lock, node);
}

static void mcs_verb_unlock(struct subject *s, struct mcs_node *node)
{
    mcs_unlock(&s->lock, node);
}

static bool mcs_verb_queued(const struct subject *s, unsigned waiters, const struct mcs_node *node)
{
    (void)waiters;
    return atomic_load_relaxed(&s->lock.mcs_tail) == node;
}

/* Broken: looks, then takes, in two steps. */
static bool racy_verb_trylock(struct subject *s, struct mcs_node *node)
{
    (void)node;
    if (atomic_load_relaxed(&s->lock.tas))
        return false;
    sched_yield(); /* makes the window wide enough for two cores */
    atomic_store_relaxed(&s->lock.tas, (uint8_t)1);
    return true;
}

static uint32_t racy_verb_lock(struct subject *s, struct mcs_node *node, struct lock_wait *wait)
{
    uint32_t waited = 0;
    while (!racy_verb_trylock(s, node)) {
        lock_wait_begin(wait);
        lock_wait_turn(wait);
        waited = 1;
    }
    return waited;
}

/* Broken: excludes, but the newest waiter gets it first. The tas word guards the stack, whose bottom is the holder. */
static uint32_t newest_verb_lock(struct subject *s, struct mcs_node *node, struct lock_wait *wait)
{
    atomic_store_relaxed(&node->locked, 1u);
    tas_lock(&s->lock, wait);
    bool first = s->depth == 0;
    s->stack[s->depth] = node;
    atomic_store_relaxed(&s->depth, s->depth + 1);
    tas_unlock(&s->lock);
    if (first)
        return 0;
    while (atomic_load_acquire(&node->locked))
        lock_wait_turn(wait);
    return 1;
}

static void newest_verb_unlock(struct subject *s, struct mcs_node *node)
{
    (void)node;
    struct lock_wait wait = {0};
    tas_lock(&s->lock, &wait);
    struct mcs_node *newest = s->depth > 1 ? s->stack[s->depth - 1] : NULL;
    atomic_store_relaxed(&s->depth, s->depth - 1);
    tas_unlock(&s->lock);
    if (newest)
        atomic_store_release(&newest->locked, 0u);
}

static bool newest_verb_queued(const struct subject *s, unsigned waiters, const struct mcs_node *node)
{
    (void)node;
    return atomic_load_relaxed(&s->depth) == waiters + 1;
}

static const struct lock_kind kinds[] = {
    {"tas", true, false, tas_verb_lock, tas_verb_trylock, tas_verb_unlock, NULL},
    {"ticket", true, true, ticket_verb_lock, ticket_verb_trylock, ticket_verb_unlock, ticket_verb_queued},
    {"mcs", true, true, mcs_verb_lock, mcs_verb_trylock, mcs_verb_unlock, mcs_verb_queued},
};
static const struct lock_kind racy = {"racy",          false, false, racy_verb_lock, racy_verb_trylock,
                                      tas_verb_unlock, NULL};
static const struct lock_kind newest = {
    "newest first", true, false, newest_verb_lock, NULL, newest_verb_unlock, newest_verb_queued};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* --- exclusion --- */

struct contest {
    const struct lock_kind *kind;
    struct subject subject;
    bool try_only;
    uint64_t plain;   /* plain: ThreadSanitizer is a second judge of sound locks */
    uint64_t careful; /* read, then written: loses updates when two are inside */
    unsigned inside, overlaps;
};

static void work_inside(struct contest *contest)
{
    /* Relaxed: the oracle itself must order nothing, or it would hide what the lock fails to order. */
    if (__atomic_fetch_add(&contest->inside, 1, __ATOMIC_RELAXED) != 0)
        __atomic_fetch_add(&contest->overlaps, 1, __ATOMIC_RELAXED);
    uint64_t seen = atomic_load_relaxed(&contest->careful);
    if (contest->kind->sound)
        contest->plain++;
    if (fake_random() % 64 == 0)
        sched_yield();
    atomic_store_relaxed(&contest->careful, seen + 1);
    __atomic_fetch_sub(&contest->inside, 1, __ATOMIC_RELAXED);
}

static void *contender(void *argument)
{
    struct contest *contest = argument;
    struct mcs_node node;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct lock_wait wait = {0};
        if (contest->try_only)
            while (!contest->kind->trylock(&contest->subject, &node))
                lock_wait_turn(&wait);
        else
            contest->kind->lock(&contest->subject, &node, &wait);
        work_inside(contest);
        contest->kind->unlock(&contest->subject, &node);
    }
    return NULL;
}

/* True when no two were inside at once and no update was lost. */
static bool excludes(const struct lock_kind *kind, bool try_only)
{
    pthread_t threads[THREADS];
    struct contest contest = {.kind = kind, .try_only = try_only};
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, contender, &contest), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    print_message("# %s%s: %u threads, %.0f acquisitions a second\n", kind->name,
                  try_only ? " (trylock)" : "", THREADS, THREADS * ROUNDS / seconds);
    if (kind->sound)
        assert_int_equal(contest.plain, contest.careful);
    return contest.overlaps == 0 && contest.careful == (uint64_t)THREADS * ROUNDS;
}

static void sound_locks_exclude(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KINDS; i++) {
        assert_true(excludes(&kinds[i], false));
        assert_true(excludes(&kinds[i], true));
    }
    assert_true(excludes(&newest, false));
}

static void a_racy_lock_is_caught(void **state)
{
    (void)state;
    assert_false(excludes(&racy, false));
}

/* --- order --- */

struct queue {
    const struct lock_kind *kind;
    struct subject subject;
    struct mcs_node node[THREADS];
    uint32_t returned[THREADS];
    unsigned order[THREADS];
    unsigned served;
};

struct place {
    struct queue *queue;
    unsigned number;
};

static void *waiter(void *argument)
{
    struct place *place = argument;
    struct queue *queue = place->queue;
    struct lock_wait wait = {0};
    queue->returned[place->number] = queue->kind->lock(&queue->subject, &queue->node[place->number], &wait);
    queue->order[queue->served++] = place->number;
    queue->kind->unlock(&queue->subject, &queue->node[place->number]);
    return NULL;
}

/* Holds the lock, lets waiters queue one after the other, lets go: true when they were served in that order. */
static bool serves_in_order(const struct lock_kind *kind)
{
    pthread_t threads[THREADS];
    struct queue queue = {.kind = kind};
    struct place place[THREADS];
    struct mcs_node mine;
    struct lock_wait wait = {0};
    assert_int_equal(kind->lock(&queue.subject, &mine, &wait), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        place[i] = (struct place){&queue, i};
        assert_int_equal(pthread_create(&threads[i], NULL, waiter, &place[i]), 0);
        while (!kind->queued(&queue.subject, i + 1, &queue.node[i]))
            sched_yield();
    }
    kind->unlock(&queue.subject, &mine);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        if (queue.order[i] != i)
            return false;
        /* Waiter i saw i others wait; a ticket drawn or node linked late may only see more of them served. */
        if (kind->fair)
            assert_in_range(queue.returned[i], 1, i + 1);
    }
    return true;
}

static void fair_locks_serve_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KINDS; i++)
        for (unsigned round = 0; kinds[i].fair && round < 20; round++)
            assert_true(serves_in_order(&kinds[i]));
}

static void an_unfair_lock_is_caught(void **state)
{
    (void)state;
    assert_false(serves_in_order(&newest));
}

/* --- the rest --- */

static void free_locks_are_taken_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KINDS; i++) {
        struct subject subject = {0};
        struct mcs_node node, other;
        struct lock_wait wait = {0};
        for (unsigned round = 0; round < 70000; round++) { /* tickets wrap after 65,536 */
            assert_int_equal(kinds[i].lock(&subject, &node, &wait), 0);
            kinds[i].unlock(&subject, &node);
        }
        assert_true(kinds[i].trylock(&subject, &node));
        assert_false(kinds[i].trylock(&subject, &other));
        kinds[i].unlock(&subject, &node);
        assert_true(kinds[i].trylock(&subject, &node));
        kinds[i].unlock(&subject, &node);
        assert_true(wait.began_tsc == 0 && wait.turns == 0);
    }
}

static void algorithms_of_one_word_do_not_meet(void **state)
{
    (void)state;
    struct lock lock;
    struct mcs_node node;
    struct lock_wait wait = {0};
    memset(&lock, 0, sizeof(lock));
    assert_int_equal(tas_lock(&lock, &wait), 0);
    assert_int_equal(ticket_lock(&lock, &wait), 0);
    assert_int_equal(mcs_lock(&lock, &node, &wait), 0);
    assert_false(tas_trylock(&lock) || ticket_trylock(&lock));
    tas_unlock(&lock);
    ticket_unlock(&lock);
    assert_true(tas_trylock(&lock) && ticket_trylock(&lock));
    mcs_unlock(&lock, &node);
    assert_null(lock.mcs_tail);
}

static struct lock held_long;

static void *long_wait(void *argument)
{
    struct lock_wait *wait = argument;
    ticket_lock(&held_long, wait);
    ticket_unlock(&held_long);
    return NULL;
}

static uint64_t resets_of_a_long_wait(struct lock_wait wait)
{
    pthread_t thread;
    struct lock_wait mine = {0};
    uint64_t before = fake_resets();
    ticket_lock(&held_long, &mine);
    assert_int_equal(pthread_create(&thread, NULL, long_wait, &wait), 0);
    uint64_t until = clock_tsc() + 30000000;
    while (clock_tsc() < until || (!wait.quiet && fake_resets() == before))
        sched_yield();
    ticket_unlock(&held_long);
    pthread_join(thread, NULL);
    return fake_resets() - before;
}

static void a_long_wait_calls_the_watchdog_once(void **state)
{
    (void)state;
    atomic_store_relaxed(&tunable_values[TUNABLE_watchdog_wait], 1000u);
    assert_int_equal(resets_of_a_long_wait((struct lock_wait){0}), 1);
    assert_int_equal(resets_of_a_long_wait((struct lock_wait){.quiet = true}), 0);
    atomic_store_relaxed(&tunable_values[TUNABLE_watchdog_wait], 2000000u);
}

static void leaf_locks_are_locks(void **state)
{
    (void)state;
    struct lock lock;
    memset(&lock, 0, sizeof(lock));
    leaf_lock(&lock);
    assert_false(ticket_trylock(&lock));
    leaf_unlock(&lock);
    assert_true(ticket_trylock(&lock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_locks_are_taken_at_once),
        cmocka_unit_test(algorithms_of_one_word_do_not_meet),
        cmocka_unit_test(sound_locks_exclude),
        cmocka_unit_test(a_racy_lock_is_caught),
        cmocka_unit_test(fair_locks_serve_in_order),
        cmocka_unit_test(an_unfair_lock_is_caught),
        cmocka_unit_test(a_long_wait_calls_the_watchdog_once),
        cmocka_unit_test(leaf_locks_are_locks),
    };
    fake_time_limit(100);
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
