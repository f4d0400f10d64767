// SPDX-License-Identifier: MIT
// sources: tests/host/fake_cpu.c tests/host/fake_exit.c smp/mailbox.c smp/epoch.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c
// sources: smp/lock/check.c tunables/leg.c tunables/transition.c tunables/propose.c tunables/policy.c
// sources: tunables/watchdog.c tunables/tunables.c tunables/counters.c
// sanitize: thread undefined
/*
 * The engine, the epoch and the gates as the kernel has them, on CPUs made of threads: operations on objects go on
 * while their policies change as fast as grace periods allow. What an operation guards is a plain counter: lost
 * additions are counted here, and ThreadSanitizer sees every pair of operations that did not exclude each other. The
 * control changes policies without grace periods and has to lose some.
 */
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"
#include "smp/epoch.h"
#include "smp/lock/gate.h"
#include "tests/host/fake_cpu.h"
#include "tunables/counters.h"
#include "tunables/transition.h"
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 4u
#define POOLS 2u
#define CLASSES 2u
#define OBJECTS 2u

struct pool *pools;
unsigned pools_max = POOLS;

static struct counted {
    struct lock lock;
    uint64_t additions; /* guarded by the gate */
} __attribute__((aligned(64))) objects[POOLS][CLASSES][OBJECTS];

static struct {
    /* Atomic. */
    uint64_t done; /* additions that were made */
    uint64_t elsewhere;
    uint32_t stop;
    uint32_t signals; /* asked for, less those delivered */
    /* Fixed while threads run. */
    uint32_t target; /* transitions */
    bool without_grace;
} run;

/* --- what the sources need of the kernel ---------------------------------------------------------- */
static struct object an_object;

static struct cspace no_slots; /* cap_lookup says what is in them */

int cap_lookup(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights,
               struct cap *cap)
{
    (void)space, (void)slot, (void)rights;
    *cap = (struct cap){.object = &an_object, .type = (uint8_t)type};
    return 0;
}

int user_copy_out(struct aspace *space, uint64_t to, const void *from, uint64_t bytes, uint64_t *fault)
{
    (void)space, (void)to, (void)from, (void)bytes, (void)fault;
    return 0;
}

void log_event(enum sluice_event_kind kind, uint32_t a, uint64_t b, uint64_t c)
{
    (void)kind, (void)a, (void)b, (void)c;
}

void notification_signal_async(struct signal_request *request)
{
    (void)request;
    atomic_fetch_sub(&run.signals, 1u);
}

void sched_watchdog_set(uint64_t tsc); /* kernel/sched/sched.h has a name of the host's in it */
void sched_watchdog_set(uint64_t tsc)
{
    (void)tsc; /* CPU 0 looks at each way out */
}

/* --- operations ----------------------------------------------------------------------------------- */
static void addition(uint64_t *to)
{
    if (!run.without_grace) {
        (*to)++;
        return;
    }
    uint64_t was = atomic_load_relaxed(to); /* the control: time to lose one */
    sched_yield();
    atomic_store_relaxed(to, was + 1);
}

static void operation(void)
{
    unsigned pool = fake_random() % POOLS, lock_class = fake_random() % CLASSES;
    struct counted *object = &objects[pool][lock_class][fake_random() % OBJECTS];
    struct gate gate;
    if (!gate_enter(&gate, &pools[pool], (enum lock_class)lock_class, &object->lock)) {
        atomic_fetch_add(&run.elsewhere, 1);
        return;
    }
    addition(&object->additions);
    gate_leave(&gate);
    atomic_fetch_add(&run.done, 1);
}

static uint32_t policy_random(void)
{
    uint32_t granularity = fake_random() % SLUICE_GRANULARITY_COUNT;
    return policy_normal(
        SLUICE_POLICY(granularity, fake_random() % SLUICE_ALGORITHM_COUNT, fake_random() % CPUS));
}

static void proposal(struct thread *thread)
{
    unsigned place = fake_random() % POOLS | (fake_random() % CLASSES) << 16;
    uint64_t status[6] = {1, place};
    uint32_t word = (uint32_t)sys_policy_status(thread, status);
    uint32_t policy = policy_random();
    if (!SLUICE_POLICY_STEADY(word) && fake_random() % 4 == 0) /* turn it round */
        policy = policy_normal(SLUICE_POLICY(SLUICE_POLICY_OLD_GRANULARITY(word),
                                             SLUICE_POLICY_OLD_ALGORITHM(word), SLUICE_POLICY_CPU(word)));
    uint64_t args[6] = {1, place | (uint64_t)SLUICE_POLICY_GENERATION(word) << 24, policy, 1, 1};
    atomic_fetch_add(&run.signals, 1u);
    if (sys_policy_propose(thread, args) < 0)
        atomic_fetch_sub(&run.signals, 1u);
    if (fake_random() % 1000 == 0)
        watchdog_reset(SLUICE_RESET_WAIT);
}

/* Wrong on purpose: no union, no grace period. */
static void proposal_without_grace(void)
{
    struct pool *pool = &pools[fake_random() % POOLS];
    uint32_t granularity = fake_random() % 2 ? SLUICE_GRANULARITY_KERNEL : SLUICE_GRANULARITY_OBJECT;
    unsigned lock_class = fake_random() % CLASSES;
    atomic_store_relaxed(&pool->policy[lock_class], SLUICE_POLICY(granularity, SLUICE_ALGORITHM_TAS, 0));
    counter_add(&pool->info->transitions, 1);
}

static uint32_t transitions_done(void)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < POOLS; i++)
        sum += atomic_load_relaxed(&pools[i].info->transitions);
    return sum;
}

static bool all_steady(void)
{
    bool steady = true;
    for (unsigned i = 0; i < POOLS; i++)
        steady &= transition_pool_idle(&pools[i]);
    return steady;
}

static bool stopped(void *context)
{
    (void)context;
    return atomic_load_relaxed(&run.stop);
}

/* Proposals come from CPUs 0 and 1; CPU 3 sleeps at times. */
static void *cpu_run(void *number)
{
    struct thread *thread = aligned_alloc(64, sizeof(*thread));
    memset(thread, 0, sizeof(*thread));
    thread->cspace = &no_slots;
    fake_cpu_become((unsigned)(uintptr_t)number);
    unsigned self = cpu_number();
    epoch_join_cpu();
    while (!stopped(NULL) || !all_steady()) {
        operation();
        if (self < 2 && !stopped(NULL) && fake_random() % 4 == 0) {
            if (run.without_grace)
                proposal_without_grace();
            else
                proposal(thread);
        }
        if (self == 0)
            watchdog_check_cpu();
        if (self == 0 && transitions_done() >= run.target)
            atomic_store_relaxed(&run.stop, 1u);
        fake_exit();
        if (fake_random() % 32 == 0) /* more CPUs than cores: grace periods need all of them to run */
            sched_yield();
        if (self == 3 && fake_random() % 64 == 0)
            fake_idle(stopped, NULL);
    }
    /* The others may still need this CPU's answer; a CPU that is not there is an idle one. */
    epoch_idle_enter_cpu();
    free(thread);
    return NULL;
}

static uint64_t additions(void)
{
    uint64_t sum = 0;
    for (unsigned pool = 0; pool < POOLS; pool++)
        for (unsigned lock_class = 0; lock_class < CLASSES; lock_class++)
            for (unsigned i = 0; i < OBJECTS; i++)
                sum += objects[pool][lock_class][i].additions;
    return sum;
}

static void pools_make(void)
{
    pools = aligned_alloc(sizeof(*pools), POOLS * sizeof(*pools));
    memset(pools, 0, POOLS * sizeof(*pools));
    for (unsigned i = 0; i < POOLS; i++) {
        pool_number_set(&pools[i], i);
        pools[i].info = &counters_pool_infos[i];
        transition_pool_init(&pools[i]);
        pools[i].generation = 1;
    }
}

static void cpus_run(void)
{
    pthread_t threads[CPUS];
    for (uintptr_t i = 0; i < CPUS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, cpu_run, (void *)i), 0);
    for (unsigned i = 0; i < CPUS; i++)
        pthread_join(threads[i], NULL);
}

static void set_up(uint32_t target, bool without_grace)
{
    fake_time_limit(240);
    fake_message = transition_node_handle;
    memset(&run, 0, sizeof(run));
    run.target = target;
    run.without_grace = without_grace;
    memset(objects, 0, sizeof(objects));
    tunable_values[TUNABLE_pools_max] = 16;
    fake_cpus_init(CPUS, 16);
    for (unsigned i = 0; i < CPUS; i++) {
        free(cpus[i]->counters); /* counters_init gives it others */
        free(cpus[i]->lock_counters);
    }
    void *arena = aligned_alloc(4096, counters_bytes(CPUS));
    counters_init(arena, CPUS);
    fake_cpu_become(0);
    pools_make();
}

static void tear_down(void)
{
    for (unsigned i = 0; i < CPUS; i++) {
        cpus[i]->counters = NULL;
        cpus[i]->lock_counters = NULL;
    }
    fake_cpus_free();
    free(pools);
    free(counters_system); /* the first page of what counters_init was given */
}

static void test_no_operation_is_lost_while_policies_change(void **state)
{
    (void)state;
    set_up(20000, false);
    cpus_run();
    assert_int_equal(additions(), run.done);
    assert_true(transitions_done() >= run.target);
    assert_true(run.elsewhere > 0);
    assert_int_equal(run.signals, 0);
    assert_true(counters_system->policy_resets > 0);
    print_message("# %lu operations, %u transitions\n", (unsigned long)run.done, transitions_done());
    tear_down();
}

static void test_changes_without_grace_are_caught(void **state)
{
    (void)state;
    set_up(6000, true);
    cpus_run();
    assert_true(additions() < run.done);
    tear_down();
}

int main(void)
{
    /* The control comes last: it leaves the epoch with members of its own. */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_operation_is_lost_while_policies_change),
        cmocka_unit_test(test_changes_without_grace_are_caught),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
