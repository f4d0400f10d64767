// SPDX-License-Identifier: MIT
/*
 * Waking, inline, for where most threads only have to run.
 * Entry point: thread_wake_any. Context: kernel; the caller owns the blocked thread. Locks: none.
 * Tests: tests/user/ipc/, tests/user/threads/.
 */
#pragma once
#include "kernel/sched/switch.h"
#include "kernel/thread/thread.h"

/* Nothing but to run, on this CPU, which is its home: what thread_wake_cpu does then. */
static inline void thread_wake_plain_cpu(struct cpu *cpu, struct thread *thread)
{
    thread->wait_kind = WAIT_NONE;
    thread->state = THREAD_READY;
    sched_ready_cpu(cpu, thread);
}

/* As thread_wake. */
static inline void thread_wake_any(struct cpu *cpu, struct thread *thread)
{
    if (__builtin_expect(thread->ready_on == cpu->number, 1))
        thread_wake_plain_cpu(cpu, thread);
    else
        thread_wake(thread);
}
