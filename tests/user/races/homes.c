// SPDX-License-Identifier: MIT
/*
 * One thread that others stop, move and start, each from a processor of its own, as fast as they can: it must never run
 * on two processors, and be there when all is over.
 * Context: the program's first thread, partners and a probe. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/races/races.h"

#define RACE_MS 3000u

static struct probe target;
static uint32_t over;            /* atomic */
static uint32_t inside, double_; /* atomic: a target is in its loop; was found there by another */
static uint64_t loops, starts;

static void target_entry(void *argument)
{
    (void)argument;
    atomic_exchange(&inside, 0u);
    for (;;) {
        if (atomic_exchange(&inside, 1u))
            atomic_store_relaxed(&double_, 1u);
        for (unsigned i = 0; i < 20; i++)
            compiler_barrier();
        loops++;
        atomic_exchange(&inside, 0u);
    }
}

static void stop_body(void *argument)
{
    (void)argument;
    while (!atomic_load_relaxed(&over))
        sluice_thread_stop(target.thread);
}

static void move_body(void *argument)
{
    (void)argument;
    for (unsigned i = 0; !atomic_load_relaxed(&over); i++)
        sluice_thread_move(target.thread, SLUICE_SLOT_CPU(i % sluice_cpu_count()));
}

static void start_body(void *argument)
{
    (void)argument;
    while (!atomic_load_relaxed(&over))
        starts += sluice_thread_start(target.thread, (uint64_t)target_entry,
                                      (uint64_t)target.stack + PROBE_STACK_BYTES - 8, 0) == 0;
}

void test_homes(void)
{
    static void (*const bodies[])(void *) = {stop_body, move_body, start_body};
    struct sluice_thread *threads[3];
    if (sluice_cpu_count() < 2 || !tap_ok(probe_init(&target, 0), "a thread to move"))
        return;
    over = 0;
    for (unsigned i = 0; i < 3; i++)
        threads[i] = partner_start(bodies[i], NULL, 1 + i);
    sluice_sleep_ms(RACE_MS);
    atomic_store_relaxed(&over, 1u);
    for (unsigned i = 0; i < 3; i++)
        partner_join(threads[i], "who moves a thread");
    tap_result(sluice_thread_stop(target.thread), 0, "it can be stopped");
    tap_ok(!double_, "it never ran twice (%lu starts, %lu loops)", (unsigned long)starts,
           (unsigned long)loops);
    probe_end(&target);
}
