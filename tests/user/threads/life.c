// SPDX-License-Identifier: MIT
/*
 * Starting, stopping, resuming, ending and destroying threads, in each state they can be in.
 * Context: the program's first thread and a probe. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/threads/threads.h"

enum state { STATE_STOPPED, STATE_READY, STATE_BLOCKED, STATE_DEAD };

static void state_is(const struct probe *probe, enum state state, const char *when)
{
    tap_equal(resource_detail(probe->thread, RESOURCE_THREAD_STATE), state, "state of a thread %s", when);
}

static void spin_body(struct probe *probe)
{
    for (;;)
        probe->result++;
}

static void sleep_body(struct probe *probe)
{
    probe->result = (uint64_t)sluice_sleep_ms(5000);
}

static void exit_body(struct probe *probe)
{
    sluice_thread_exit((int64_t)probe->argument);
}

static bool counts(struct probe *probe)
{
    uint64_t first = probe->result;
    for (unsigned i = 0; i < 500 && probe->result == first; i++)
        sluice_sleep_ms(2);
    return probe->result != first;
}

static void test_running(struct probe *probe)
{
    state_is(probe, STATE_STOPPED, "that never ran");
    tap_result(sluice_thread_stop(probe->thread), 0, "a stopped thread can be stopped");
    probe->result = 0;
    tap_ok(probe_start(probe, spin_body, 0), "thread_start");
    tap_ok(counts(probe), "it runs");
    tap_result(sluice_thread_start(probe->thread, (uint64_t)spin_body, 0, 0), SLUICE_E_BUSY,
               "not started twice");
    tap_result(sluice_thread_stop(probe->thread), 0, "thread_stop of a running thread");
    state_is(probe, STATE_STOPPED, "after that");
    uint64_t then = probe->result;
    sluice_sleep_ms(30);
    tap_equal(probe->result, then, "it runs no more");
    tap_result(sluice_thread_resume(probe->thread), 0, "thread_resume");
    tap_ok(counts(probe), "it goes on where it was");
    tap_ok(probe_stop(probe), "and is stopped again");
}

static void test_start_errors(struct probe *probe)
{
    static const uint64_t bad[] = {0xffffffff80101000ull, 0x0000800000000000ull, UINT64_MAX, SLUICE_USER_MAX};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t result = sluice_thread_start(probe->thread, bad[i], (uint64_t)probe->stack, 0);
        /* A start that is let through may only end in a fault of the thread. */
        struct probe_outcome outcome = {.kind = PROBE_SILENT};
        if (result == 0)
            outcome = probe_collect(probe, 500);
        tap_ok(result == SLUICE_E_BAD_ADDRESS || result == SLUICE_E_BAD_ARGUMENT ||
                   outcome.kind == PROBE_FAULT || outcome.kind == PROBE_TRAP,
               "thread_start at %#lx (%s, %s)", (unsigned long)bad[i], error_name(result),
               probe_kind_name(outcome.kind));
        probe_stop(probe);
    }
}

static bool wait_for_state(struct probe *probe, enum state state)
{
    for (unsigned i = 0; i < 1000; i++) {
        if (resource_detail(probe->thread, RESOURCE_THREAD_STATE) == state)
            return true;
        sluice_sleep_ms(1);
    }
    return false;
}

static void test_blocked(struct probe *probe)
{
    probe->result = 1;
    probe_start(probe, sleep_body, 0);
    tap_ok(wait_for_state(probe, STATE_BLOCKED), "a thread that waits is blocked");
    tap_result(sluice_thread_stop(probe->thread), 0, "thread_stop of a blocked thread");
    sluice_thread_resume(probe->thread);
    tap_ok(probe_collect(probe, 2000).kind == PROBE_DONE, "it goes on when resumed");
    tap_result((int64_t)probe->result, SLUICE_E_CANCELED, "its wait was canceled");
    probe_stop(probe);
}

static void test_exit(struct probe *probe)
{
    struct sluice_message message = {0};
    probe_start(probe, exit_body, 1234);
    tap_result(sluice_receive(probe->endpoint, &message, sluice_deadline_ms(2000), NULL), 0,
               "thread_exit tells the fault endpoint");
    tap_equal(SLUICE_TAG_LABEL(message.tag), SLUICE_LABEL_EXIT, "with its label");
    tap_equal(message.word[0], 1234, "and its status");
}

/* Destroyed while it runs, and while it waits: each must be gone, and the pool the smaller. */
static void test_destroyed(unsigned cpu, void (*body)(struct probe *), const char *name)
{
    struct probe probe;
    if (!tap_ok(probe_init(&probe, cpu) && probe_start(&probe, body, 0), "a thread that %s", name))
        return;
    sluice_sleep_ms(10);
    tap_result(sluice_object_destroy(probe.thread), 0, "is destroyed");
    sluice_sleep_ms(20); /* its own processor ends it, when it hears of it */
    uint64_t then = probe.result;
    sluice_sleep_ms(20);
    tap_equal(probe.result, then, "and does nothing more");
    tap_result(sluice_thread_resume(probe.thread), SLUICE_E_BAD_CAP, "nor can be resumed");
    sluice_slot_drop(probe.thread);
    probe.thread = 0;
    probe_end(&probe);
    tap_ok(resource_settles(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS, threads_objects), "it leaves its pool");
}

void test_life(unsigned cpu)
{
    struct probe probe;
    if (!tap_ok(probe_init(&probe, cpu), "a thread"))
        return;
    test_running(&probe);
    test_start_errors(&probe);
    test_blocked(&probe);
    test_exit(&probe);
    probe_end(&probe);
    test_destroyed(cpu, spin_body, "spins");
    test_destroyed(cpu, sleep_body, "sleeps");
}
