// SPDX-License-Identifier: MIT
// sources: tests/host/fake_cpu.c tests/host/fake_exit.c smp/mailbox.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c
// sanitize: thread undefined
/*
 * Gates: which locks a policy takes, what is counted, what the checker catches; then threads as CPUs that work on objects
 * while a flipper changes policies through unions and grace periods, off(k) with its forwarding included. Plain counters
 * are the oracle, ThreadSanitizer the second one. Flips without grace period, or without union, must be caught.
 */
#include "kernel/boot/platform.h"
#include "smp/epoch.c" /* not linked: each test begins with a fresh `epoch` */
#include "smp/lock/gate.h"
#include "smp/lock/tas.h"
#include "tests/host/fake_cpu.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define CLASS LOCK_CLASS_endpoint
#define POOLS 2u
#define OBJECTS 2u
#define OBJECT_TAS SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)

static struct pool pool_table[POOLS];

static void start(unsigned count)
{
    memset(&epoch, 0, sizeof(epoch));
    epoch.number = 1;
    memset(pool_table, 0, sizeof(pool_table));
    fake_cpus_init(count, POOLS);
    for (unsigned i = 0; i < POOLS; i++)
        pool_number_set(&pool_table[i], i);
    for (unsigned i = 0; i < count; i++) {
        fake_cpu_become(i);
        epoch_join_cpu();
    }
    fake_cpu_become(0);
}

static void set_policy(unsigned pool, uint32_t policy)
{
    /* pairs with gate_enter() in gate.h, as the transition engine's does */
    atomic_store_release(&pool_table[pool].policy[CLASS], policy);
}

static uint32_t both(uint32_t old, uint32_t new)
{
    uint32_t cpu = SLUICE_POLICY_GRANULARITY(new) == SLUICE_GRANULARITY_OFF ? new : old;
    return (new & 0xffu) | (old & 0xffu) << 8 | (cpu & 0xff0000u);
}

/* Which of a lock's algorithms are taken: bit 0 tas, 1 ticket, 2 mcs. */
static unsigned taken(const struct lock *lock)
{
    return lock->tas | (lock->ticket_owner != lock->ticket_next) << 1 | (lock->mcs_tail != NULL) << 2;
}

/* Under split, a gate is entered for what is shared: the object's. */
static unsigned lock_of(unsigned granularity)
{
    return granularity == SLUICE_GRANULARITY_SPLIT ? SLUICE_GRANULARITY_OBJECT : granularity;
}

static unsigned expected(uint32_t policy, unsigned granularity)
{
    unsigned bits = 0;
    if (lock_of(SLUICE_POLICY_GRANULARITY(policy)) == granularity)
        bits |= 1u << SLUICE_POLICY_ALGORITHM(policy);
    if (lock_of(SLUICE_POLICY_OLD_GRANULARITY(policy)) == granularity)
        bits |= 1u << SLUICE_POLICY_OLD_ALGORITHM(policy);
    return bits;
}

static void check_taken(uint32_t policy, const struct lock *object, bool open)
{
    unsigned mask = open ? 7 : 0;
    assert_int_equal(taken(object), expected(policy, SLUICE_GRANULARITY_OBJECT) & mask);
    assert_int_equal(taken(&pool_table[0].pool_lock), expected(policy, SLUICE_GRANULARITY_POOL) & mask);
    assert_int_equal(taken(&pool_table[0].class_lock[CLASS].lock),
                     expected(policy, SLUICE_GRANULARITY_CLASS) & mask);
    assert_int_equal(cpu_self()->kernel_lock_held, expected(policy, SLUICE_GRANULARITY_KERNEL));
}

/* Calls visit with every steady policy there is. */
static void for_each_policy(void (*visit)(uint32_t policy))
{
    for (unsigned granularity = 0; granularity < SLUICE_GRANULARITY_COUNT; granularity++)
        for (unsigned algorithm = 0; algorithm < SLUICE_ALGORITHM_COUNT; algorithm++)
            visit(SLUICE_POLICY(granularity, algorithm, 0));
}

static void enter_and_leave(uint32_t policy)
{
    struct gate gate;
    struct lock object;
    memset(&object, 0, sizeof(object));
    set_policy(0, policy);
    assert_true(gate_enter(&gate, &pool_table[0], CLASS, &object));
    check_taken(policy, &object, true);
    set_policy(0, OBJECT_TAS); /* releases by what it read, not by what is there now */
    gate_leave(&gate);
    check_taken(policy, &object, false);
    gate_kernel_exit_cpu();
    assert_int_equal(cpu_self()->kernel_lock_held, 0);
}

static uint32_t union_from;

static void enter_union(uint32_t policy)
{
    enter_and_leave(both(union_from, policy));
}

static void enter_unions_from(uint32_t policy)
{
    union_from = policy;
    for_each_policy(enter_union);
}

static void a_policy_takes_its_locks_and_no_others(void **state)
{
    (void)state;
    start(1);
    for_each_policy(enter_and_leave);
}

static void a_union_takes_the_locks_of_both(void **state)
{
    (void)state;
    start(1);
    for_each_policy(enter_unions_from);
}

static void off_elsewhere_changes_nothing(void **state)
{
    (void)state;
    struct gate gate;
    struct lock object;
    uint32_t off = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, 1);
    const uint32_t policies[] = {off, both(off, OBJECT_TAS), both(OBJECT_TAS, off)};
    memset(&object, 0, sizeof(object));
    start(2);
    for (unsigned i = 0; i < 3; i++) {
        set_policy(0, policies[i]);
        assert_false(gate_enter(&gate, &pool_table[0], CLASS, &object));
        assert_int_equal(gate.cpu, 1);
        assert_int_equal(taken(&object), 0);
        assert_int_equal(cpu_self()->lock_counters[CLASS].forwarded, i + 1);
    }
    assert_int_equal(cpu_self()->lock_counters[CLASS].acquired, 0);
    fake_cpu_become(1);
    for (unsigned i = 0; i < 3; i++) {
        set_policy(0, policies[i]);
        assert_true(gate_enter(&gate, &pool_table[0], CLASS, &object));
        assert_int_equal(taken(&object), i > 0);
        gate_leave(&gate);
    }
    assert_int_equal(cpu_self()->lock_counters[CLASS].acquired, 3);
}

static void through_gate(unsigned pool, uint32_t policy)
{
    struct gate gate;
    struct lock object;
    memset(&object, 0, sizeof(object));
    set_policy(pool, policy);
    assert_true(gate_enter(&gate, &pool_table[pool], CLASS, &object));
    gate_leave(&gate);
}

static void the_kernels_lock_stays_to_the_way_out(void **state)
{
    (void)state;
    uint32_t tas = SLUICE_POLICY(SLUICE_GRANULARITY_KERNEL, SLUICE_ALGORITHM_TAS, 0);
    uint32_t mcs = SLUICE_POLICY(SLUICE_GRANULARITY_KERNEL, SLUICE_ALGORITHM_MCS, 0);
    start(1);
    tunable_values[TUNABLE_lock_hold_sample] = 1;
    through_gate(0, tas);
    assert_int_equal(cpu_self()->kernel_lock_held, 1);
    through_gate(0, tas);
    through_gate(1, mcs); /* higher: taken on top */
    assert_int_equal(cpu_self()->kernel_lock_held, 1 | 4);
    gate_kernel_exit_cpu();
    through_gate(1, mcs);
    through_gate(0, tas); /* lower: the higher one is given back first; the checker would panic otherwise */
    assert_int_equal(cpu_self()->kernel_lock_held, 1);
    through_gate(0, OBJECT_TAS);
    gate_kernel_exit_cpu();
    assert_int_equal(cpu_self()->kernel_lock_held, 0);
    assert_int_equal(cpu_self()->lock_counters[CLASS].acquired, 4);
    /* One hold for each time it was taken: the first entry's first gate, then each of the three that took it. */
    assert_int_equal(cpu_self()->lock_counters[CLASS].hold_samples, 3);
}

static void one_hold_in_so_many_is_sampled(void **state)
{
    (void)state;
    start(1);
    tunable_values[TUNABLE_lock_hold_sample] = 10;
    for (unsigned i = 0; i < 100; i++)
        through_gate(0, OBJECT_TAS);
    assert_int_equal(cpu_self()->lock_counters[CLASS].hold_samples, 10);
    assert_true(cpu_self()->lock_counters[CLASS].hold_cycles > 0);
    tunable_values[TUNABLE_lock_hold_sample] = 0;
    for (unsigned i = 0; i < 100; i++)
        through_gate(0, OBJECT_TAS);
    assert_int_equal(cpu_self()->lock_counters[CLASS].hold_samples, 10);
    assert_int_equal(cpu_self()->lock_counters[CLASS].acquired, 200);
    assert_int_equal(cpu_self()->lock_counters[CLASS].contended, 0);
    tunable_values[TUNABLE_lock_hold_sample] = 256;
}

/* --- the checker --- */

static void the_checker_catches_breaches(void **state)
{
    (void)state;
    struct gate gate, other;
    struct lock object;
    memset(&object, 0, sizeof(object));
    start(7); /* a CPU for each breach: what it leaves behind is not cleaned up */
    set_policy(0, OBJECT_TAS);
    set_policy(1, SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, 2));
    fake_cpu_become(0);
    assert_true(gate_enter(&gate, &pool_table[0], CLASS, &object));
    assert_true(fake_panics(gate_enter(&other, &pool_table[0], CLASS, &object)));
    fake_cpu_become(1);
    assert_true(fake_panics(gate_leave(&gate)));
    fake_cpu_become(2);
    assert_true(gate_enter(&gate, &pool_table[1], CLASS, &object));
    assert_true(fake_panics(gate_kernel_exit_cpu()));
    fake_cpu_become(3);
    lock_check_take(&object, 5);
    assert_true(fake_panics(lock_check_take(&object, 5)));
    assert_true(fake_panics(lock_check_take(&object, 4)));
    assert_true(fake_panics(lock_check_drop(&object, 4)));
    assert_true(fake_panics(epoch_ack_cpu()));
    fake_cpu_become(4);
    gate.policy = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, 2);
    assert_true(fake_panics(lock_check_gate_open(&gate, gate.policy)));
}

/* --- threads that work while policies change --- */

#define CPUS 4u
#define ROUNDS 30000u
#define TRIES 40u /* of a broken flipper: the host may not interleave the threads at once */

enum flips { FLIPS_RIGHT, FLIPS_NO_GRACE, FLIPS_NO_UNION };

struct thing {
    struct lock lock;
    uint64_t value;                     /* plain */
    unsigned inside, overlaps, careful; /* relaxed: order nothing */
} __attribute__((aligned(64)));

struct errand { /* an operation, on the CPU that wants it or on its way to the one that may do it */
    struct mailbox_node node;
    unsigned home, pool, object;
    uint32_t done;
};

static struct thing things[POOLS][OBJECTS];
static enum flips flips;
static unsigned busy_cpus;
static uint64_t transitions;

static void work(struct thing *thing)
{
    if (__atomic_fetch_add(&thing->inside, 1, __ATOMIC_RELAXED))
        __atomic_fetch_add(&thing->overlaps, 1, __ATOMIC_RELAXED);
    unsigned seen = atomic_load_relaxed(&thing->careful);
    if (flips == FLIPS_RIGHT)
        thing->value++;
    if (fake_random() % 32 == 0)
        sched_yield();
    atomic_store_relaxed(&thing->careful, seen + 1);
    __atomic_fetch_sub(&thing->inside, 1, __ATOMIC_RELAXED);
}

/* True when it was done here; else it is on its way. */
static bool errand_run(struct errand *errand)
{
    struct gate gate;
    struct thing *thing = &things[errand->pool][errand->object];
    if (!gate_enter(&gate, &pool_table[errand->pool], CLASS, &thing->lock)) {
        cpu_send(gate.cpu, &errand->node, MAILBOX_SYSCALL);
        return false;
    }
    work(thing);
    gate_leave(&gate);
    return true;
}

static void errand_message(struct mailbox_node *node)
{
    struct errand *errand = (struct errand *)node;
    if (node->op == MAILBOX_WAKE)
        errand->done = 1;
    else if (errand_run(errand))
        cpu_send(errand->home, node, MAILBOX_WAKE);
}

static bool errand_is_done(void *errand)
{
    return ((struct errand *)errand)->done; /* set by this thread, handling the message */
}

static bool all_idle(void *context)
{
    (void)context;
    return !atomic_load_relaxed(&busy_cpus);
}

static void *worker(void *argument)
{
    struct errand errand = {.home = (unsigned)(uintptr_t)argument};
    fake_cpu_become(errand.home);
    for (unsigned round = 0; round < ROUNDS; round++) {
        errand.pool = fake_random() % POOLS;
        errand.object = fake_random() % OBJECTS;
        errand.done = 0;
        bool here = errand_run(&errand);
        if (here && fake_random() % 4 == 0)
            continue; /* several gates in one entry, so that the kernel's lock meets other policies */
        fake_exit();
        while (!here && !errand.done)
            fake_idle(errand_is_done, &errand);
    }
    fake_exit();
    __atomic_fetch_sub(&busy_cpus, 1, __ATOMIC_RELAXED);
    while (!all_idle(NULL))
        fake_idle(all_idle, NULL);
    return NULL;
}

static uint32_t random_policy(uint32_t current)
{
    unsigned granularity = fake_random() % SLUICE_GRANULARITY_COUNT;
    if (granularity != SLUICE_GRANULARITY_OFF)
        return SLUICE_POLICY(granularity, fake_random() % SLUICE_ALGORITHM_COUNT, 0);
    /* off to off goes by way of something that both share a lock with, as the engine does */
    if (SLUICE_POLICY_GRANULARITY(current) == SLUICE_GRANULARITY_OFF)
        return OBJECT_TAS;
    return SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, fake_random() % CPUS);
}

/* A transition of one pool: each step is the callback of the grace period before it. */
struct flipper {
    struct epoch_waiter waiter;
    unsigned pool;
    uint32_t current, next;
};

static void flip_begin(struct epoch_waiter *waiter);

static void flip_leave(struct epoch_waiter *waiter)
{
    struct flipper *flipper = (struct flipper *)waiter;
    set_policy(flipper->pool, flipper->next);
    flipper->current = flipper->next;
    epoch_wait(waiter, flip_begin);
}

static void flip_begin(struct epoch_waiter *waiter)
{
    struct flipper *flipper = (struct flipper *)waiter;
    __atomic_fetch_add(&transitions, 1, __ATOMIC_RELAXED);
    if (all_idle(NULL))
        return;
    flipper->next = random_policy(flipper->current);
    set_policy(flipper->pool, both(flipper->current, flipper->next));
    epoch_wait(waiter, flip_leave);
}

/* Broken on purpose. */
static void flip_wrongly(struct flipper *flipper)
{
    uint32_t next = random_policy(flipper->current);
    if (flips == FLIPS_NO_GRACE)
        set_policy(flipper->pool, both(flipper->current, next));
    set_policy(flipper->pool, next);
    flipper->current = next;
    transitions++;
}

static struct flipper flippers[POOLS];

static void *control(void *argument)
{
    fake_cpu_become((unsigned)(uintptr_t)argument);
    for (unsigned i = 0; i < POOLS; i++) {
        flippers[i] = (struct flipper){.pool = i, .current = OBJECT_TAS, .next = OBJECT_TAS};
        if (flips == FLIPS_RIGHT)
            flip_begin(&flippers[i].waiter);
    }
    while (!all_idle(NULL)) {
        for (unsigned i = 0; flips != FLIPS_RIGHT && i < POOLS; i++)
            flip_wrongly(&flippers[i]);
        fake_exit();
        sched_yield();
    }
    return NULL;
}

/* True when every operation was done once and no two were inside of one object. */
static bool work_is_exact(enum flips how)
{
    pthread_t threads[CPUS];
    uint64_t sum = 0, careful = 0, overlaps = 0;
    flips = how;
    transitions = 0;
    busy_cpus = CPUS - 1;
    fake_message = errand_message;
    memset(things, 0, sizeof(things));
    start(CPUS);
    for (unsigned i = 0; i < POOLS; i++)
        set_policy(i, OBJECT_TAS);
    for (uintptr_t i = 0; i < CPUS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < CPUS - 1 ? worker : control, (void *)i), 0);
    for (unsigned i = 0; i < CPUS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < POOLS; i++)
        for (unsigned j = 0; j < OBJECTS; j++) {
            sum += things[i][j].value;
            careful += things[i][j].careful;
            overlaps += things[i][j].overlaps;
        }
    print_message("# %lu transitions, %lu grace periods, %lu overlaps\n", (unsigned long)transitions,
                  (unsigned long)epoch.number - 1, (unsigned long)overlaps);
    uint64_t wanted = (uint64_t)(CPUS - 1) * ROUNDS;
    return (how != FLIPS_RIGHT || (sum == wanted && transitions > 100)) && careful == wanted && !overlaps;
}

static uint64_t counted(size_t offset)
{
    uint64_t sum = 0;
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        for (unsigned pool = 0; pool < POOLS; pool++)
            sum +=
                *(uint64_t *)((char *)&cpus[cpu]->lock_counters[pool * SLUICE_CLASSES_MAX + CLASS] + offset);
    return sum;
}

static void work_stays_exact_while_policies_change(void **state)
{
    (void)state;
    assert_true(work_is_exact(FLIPS_RIGHT));
    assert_int_equal(counted(offsetof(struct sluice_lock_counters, acquired)), (CPUS - 1) * ROUNDS);
    assert_true(counted(offsetof(struct sluice_lock_counters, contended)) > 0);
    assert_true(counted(offsetof(struct sluice_lock_counters, wait_cycles)) > 0);
}

static bool is_caught(enum flips how)
{
    for (unsigned attempt = 0; attempt < TRIES; attempt++)
        if (!work_is_exact(how))
            return true;
    return false;
}

static void flips_without_grace_periods_are_caught(void **state)
{
    (void)state;
    assert_true(is_caught(FLIPS_NO_GRACE));
}

static void flips_without_union_are_caught(void **state)
{
    (void)state;
    assert_true(is_caught(FLIPS_NO_UNION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_takes_its_locks_and_no_others),
        cmocka_unit_test(a_union_takes_the_locks_of_both),
        cmocka_unit_test(off_elsewhere_changes_nothing),
        cmocka_unit_test(the_kernels_lock_stays_to_the_way_out),
        cmocka_unit_test(one_hold_in_so_many_is_sampled),
        cmocka_unit_test(work_stays_exact_while_policies_change),
        cmocka_unit_test(flips_without_grace_periods_are_caught),
        cmocka_unit_test(flips_without_union_are_caught),
        cmocka_unit_test(the_checker_catches_breaches),
    };
    fake_time_limit(100);
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
