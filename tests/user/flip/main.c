// SPDX-License-Identifier: MIT
/*
 * test/flip: every workload runs, as a process of its own, while the policies of all pools (theirs, the servers', the
 * system's) change at random as fast as grace periods allow. The workloads' oracles judge; `transitions=` says how many
 * have to complete in all. Afterwards, a workload that errs on purpose has to be found out, and a heartbeat that fails
 * to come has to bring the boot policies back.
 * Context: a process that was given tuner, log and the right to spawn, above the workloads' priority.
 * Locks: none. Tests: tests/user/flip.t runs this.
 */
#include "servers/lib/process.h"
#include "servers/lib/spawn.h"
#include "smp/atomic.h"
#include "stress/lib/arguments.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/flipper.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>
#include <string.h>

#define CHILD_PRIORITY 8u
#define CHILD_MEMORY_BYTES (128ull << 20)
#define CHILD_POOL_BYTES (8ull << 20)
#define ROUNDS_MAX 50u
#define PATIENCE_MS 120000u
#define PAUSE_NS 500000u

static uint64_t transitions = 20000, seconds = 3, seed = 1;
static uint64_t only; /* number of the one workload that runs; 0: all of them */
static struct flipper flipper;

static const char *const workloads[][3] = {
    {"stress/ipc", "mode=pairs", "pools=own"}, {"stress/ipc", "mode=cross", "pools=shared"},
    {"stress/ipc", "mode=fan", "bytes=100"},   {"stress/ipc", "mode=signal", "per_cpu=2"},
    {"stress/map", "mode=threads", "pages=2"}, {"stress/map", "mode=spaces", "life=16"},
    {"stress/map", "mode=shared", "pages=1"},  {"stress/cap", "mode=own", "create=4"},
    {"stress/cap", "mode=shared", "create=2"}, {"stress/cap", "mode=process", "create=4"},
    {"stress/pools", "mode=own", "threads=2"},
};
#define WORKLOADS (sizeof workloads / sizeof workloads[0])

static int64_t workload_start(const char *const words[3], const char *more)
{
    static struct sluice_spawn_request request;
    char time[24];
    snprintf(time, sizeof time, "seconds=%lu", (unsigned long)seconds);
    sluice_spawn_init(&request, words[0]);
    sluice_spawn_argument(&request, words[1]);
    sluice_spawn_argument(&request, words[2]);
    sluice_spawn_argument(&request, time);
    if (more)
        sluice_spawn_argument(&request, more);
    request.flags = SLUICE_SPAWN_REGIONS | SLUICE_SPAWN_LOG;
    request.priority = CHILD_PRIORITY;
    request.memory_limit = CHILD_MEMORY_BYTES;
    request.pool_bytes = CHILD_POOL_BYTES;
    return sluice_spawn(&request);
}

struct waiter {
    uint32_t process;
    uint32_t ended; /* atomic */
    struct sluice_end end;
};

static void wait_body(void *argument)
{
    struct waiter *waiter = argument;
    if (sluice_process_wait(waiter->process, sluice_deadline_ms(seconds * 1000 + PATIENCE_MS),
                            &waiter->end) != 0) {
        waiter->end.cause = SLUICE_END_KILLED;
        sluice_process_kill(waiter->process);
    }
    /* pairs with workload_flip() in main.c: how it ended, before that it did */
    atomic_store_release(&waiter->ended, 1u);
}

/* Flips until the workload has ended. Between two rounds of proposals there is time for the workload on our processor. */
static bool workload_flip(const char *const words[3], struct sluice_end *end)
{
    int64_t process = workload_start(words, NULL);
    struct waiter waiter = {.process = (uint32_t)process};
    struct sluice_thread *thread = process > 0 ? partner_start(wait_body, &waiter, 0) : NULL;
    if (!thread) {
        tap_note("spawn of %s: %s", words[0], error_name(process));
        return false;
    }
    /* pairs with wait_body() in main.c: that it ended, before how */
    while (!atomic_load_acquire(&waiter.ended)) {
        flipper_step(&flipper, sluice_deadline_ms(20));
        sluice_sleep_until(sluice_clock() + PAUSE_NS);
    }
    *end = waiter.end;
    return partner_join(thread, words[0]);
}

static void round_run(unsigned round)
{
    for (unsigned i = 0; i < WORKLOADS; i++) {
        const char *const *words = workloads[i];
        struct sluice_end end = {0};
        char text[80] = "no end";
        if ((only && only != i + 1) || (!strcmp(words[1], "mode=cross") && sluice_cpu_count() < 2))
            continue;
        uint64_t before = flipper.completed;
        bool ended = workload_flip(words, &end);
        if (ended)
            sluice_end_text(&end, text, sizeof text);
        tap_ok(ended && end.cause == SLUICE_END_EXIT && end.status == 0,
               "round %u: %s %s %s under %lu transitions: %s", round, words[0], words[1], words[2],
               (unsigned long)(flipper.completed - before), text);
    }
}

static void test_flips(void)
{
    uint64_t began = sluice_clock();
    for (unsigned round = 1; round <= ROUNDS_MAX && flipper.completed < transitions; round++)
        round_run(round);
    uint64_t ms = (sluice_clock() - began) / 1000000;
    tap_ok(flipper.completed >= transitions, "%lu transitions completed, %lu of them turned back",
           (unsigned long)flipper.completed, (unsigned long)flipper.reversed);
    tap_equal(flipper.failed, 0, "no proposal ended in an error that must not happen (%s)",
              error_name(flipper.failure));
    tap_ok(flipper_end(&flipper), "every transition ended, every policy is home");
    printf("RESULT flip transitions=%lu reversed=%lu refused=%lu seconds=%lu.%03lu per_s=%lu\n",
           (unsigned long)flipper.completed, (unsigned long)flipper.reversed, (unsigned long)flipper.refused,
           (unsigned long)(ms / 1000), (unsigned long)(ms % 1000),
           (unsigned long)(ms ? flipper.completed * 1000 / ms : 0));
}

/* A workload that errs once must not be content. */
static void test_control(void)
{
    static const char *const wrong[][3] = {
        {"stress/ipc", "mode=pairs", "pools=own"},  {"stress/map", "mode=threads", "pages=1"},
        {"stress/map", "mode=spaces", "pages=1"},   {"stress/cap", "mode=process", "create=4"},
        {"stress/ipc", "mode=signal", "per_cpu=1"}, {"stress/pools", "mode=own", "threads=1"},
        {"stress/model", "mode=shared", "gap=0"}};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sluice_end end = {0};
        int64_t process = workload_start(wrong[i], "wrong=1");
        bool ended =
            process > 0 && sluice_process_wait((uint32_t)process, sluice_deadline_ms(120000), &end) == 0;
        tap_ok(ended && end.cause == SLUICE_END_EXIT && end.status == 1, "%s %s finds its deliberate error",
               wrong[i][0], wrong[i][1]);
    }
}

static bool propose_and_wait(uint32_t policy, uint64_t told)
{
    unsigned pool = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, pool, 2, NULL);
    return sluice_policy_propose(SLUICE_SLOT_TUNER, pool, 2, SLUICE_POLICY_GENERATION((uint32_t)word), policy,
                                 told, 1) > 0 &&
           sluice_wait(told, 1, sluice_deadline_ms(5000), NULL) == 0;
}

/* Promised and not kept: every policy goes back to that of the boot. */
static void test_heartbeat(void)
{
    uint64_t told = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    unsigned pool = (unsigned)resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_NUMBER);
    uint32_t boot = (uint32_t)sluice_policy_status(SLUICE_SLOT_TUNER, pool, 2, NULL), now = 0;
    uint64_t resets = flipper.counters.system->policy_resets;
    tap_ok(propose_and_wait(SLUICE_POLICY(SLUICE_GRANULARITY_KERNEL, SLUICE_ALGORITHM_MCS, 0), told),
           "a policy that is not the boot's");
    tap_result(sluice_heartbeat(SLUICE_SLOT_TUNER, 100000), 0, "a heartbeat is promised every 100 ms");
    sluice_sleep_ms(50);
    tap_result(sluice_heartbeat(SLUICE_SLOT_TUNER, 100000), 0, "and kept once");
    now = (uint32_t)sluice_policy_status(SLUICE_SLOT_TUNER, pool, 2, NULL);
    tap_ok(SLUICE_POLICY_SET(now) != SLUICE_POLICY_SET(boot), "the policy stays while it is kept");
    for (unsigned i = 0; i < 3000 && SLUICE_POLICY_SET(now) != SLUICE_POLICY_SET(boot); i++) {
        sluice_sleep_ms(2);
        now = (uint32_t)sluice_policy_status(SLUICE_SLOT_TUNER, pool, 2, NULL);
    }
    tap_equal(SLUICE_POLICY_SET(now), SLUICE_POLICY_SET(boot), "when it is not, the boot policy comes back");
    tap_ok(flipper.counters.system->policy_resets > resets, "the kernel counts it");
    tap_result(sluice_heartbeat(SLUICE_SLOT_TUNER, 0), 0, "the watch is ended");
    resource_object_end(told);
}

int main(int argc, char **argv)
{
    const struct argument arguments[] = {
        {.key = "transitions", .number = &transitions, .minimum = 1, .maximum = UINT64_MAX},
        {.key = "seconds", .number = &seconds, .minimum = 1, .maximum = 3600},
        {.key = "only", .number = &only, .minimum = 0, .maximum = WORKLOADS},
        {.key = "seed", .number = &seed, .minimum = 1, .maximum = UINT64_MAX},
        {0},
    };
    if (!arguments_parse(argc, argv, arguments))
        return 2;
    tap_begin("flip");
    if (tap_ok(flipper_init(&flipper, seed), "a tuner, a log and a notification")) {
        test_flips();
        test_heartbeat();
        test_control();
    }
    return tap_end();
}
