// SPDX-License-Identifier: MIT
/*
 * Priorities, time slices and home processors.
 * Context: the program's first thread and partners. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/threads/threads.h"

static void spin_body(struct probe *probe)
{
    for (;;)
        probe->result++;
}

static void mark_body(void *argument)
{
    *(volatile uint64_t *)argument = 1;
}

/* Two threads that never give up the processor share it with us. */
static void test_slices(void)
{
    struct probe probes[2];
    if (!tap_ok(probe_init(&probes[0], 0) && probe_init(&probes[1], 0), "two threads on our processor"))
        return;
    probe_start(&probes[0], spin_body, 0);
    probe_start(&probes[1], spin_body, 0);
    sluice_sleep_ms(100);
    tap_ok(probes[0].result && probes[1].result, "both run, though neither waits");
    uint64_t first = probes[0].result, second = probes[1].result;
    sluice_sleep_ms(100);
    tap_ok(probes[0].result != first && probes[1].result != second, "again and again");
    probe_end(&probes[0]);
    probe_end(&probes[1]);
}

static void test_priorities(void)
{
    unsigned own = sluice_process->priority;
    int64_t result = sluice_thread_configure(0, own + 1, 0, 0, 0);
    tap_ok(result < 0, "nobody raises its own priority (%s)", error_name(result));
    result = SLUICE_DO(thread_configure, 0, 1000);
    tap_ok(result < 0, "nor to one that does not exist (%s)", error_name(result));
    volatile uint64_t mark = 0;
    uint64_t fs_base = (uint64_t)sluice_thread_self();
    tap_result(sluice_thread_configure(0, own - 2, 0, 0, fs_base), 0, "we lower ours");
    struct sluice_thread *high = sluice_thread_create(mark_body, (void *)&mark, 0, own - 2, 0);
    tap_ok(high && !mark, "a thread of the same priority waits for its turn");
    partner_join(high, "equal");
    result = sluice_thread_configure(0, own, 0, 0, fs_base);
    tap_ok(result < 0, "what was given up does not come back (%s)", error_name(result));
}

static void home_body(struct probe *probe)
{
    sluice_yield();
    probe->result++;
}

static void test_move(void)
{
    struct probe probe;
    if (sluice_cpu_count() < 2 || !tap_ok(probe_init(&probe, 0), "a thread to move"))
        return;
    bool good = true;
    probe.result = 0;
    for (unsigned i = 0; i < 20; i++) {
        unsigned cpu = i % sluice_cpu_count();
        good &= sluice_thread_move(probe.thread, SLUICE_SLOT_CPU(cpu)) == 0;
        good &= resource_detail(probe.thread, RESOURCE_THREAD_CPU) == sluice_process->cpu[cpu];
        good &= probe_run(&probe, home_body, 0).kind == PROBE_DONE;
    }
    tap_ok(good && probe.result == 20, "a stopped thread moves from processor to processor and runs there");
    good = true;
    probe.result = 0;
    probe_start(&probe, spin_body, 0);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t then = probe.result;
        good &= sluice_thread_move(probe.thread, SLUICE_SLOT_CPU(i % sluice_cpu_count())) == 0;
        for (unsigned j = 0; j < 500 && probe.result == then; j++)
            sluice_sleep_ms(1);
        good &= probe.result != then;
    }
    tap_ok(good, "a running one moves too");
    probe_end(&probe);
}

void test_schedule(void)
{
    test_slices();
    test_move();
    test_priorities();
}
