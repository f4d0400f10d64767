// SPDX-License-Identifier: MIT
/*
 * The way out of the kernel when nothing is due: most system calls return to their thread at once.
 * Entry point: sched_leave. Context: interrupts off, at the end of an entry of a thread. Locks: none, or the kernel's
 * one lock, which sched_exit then releases. Tests: tests/user/syscalls/, stress/bench/.
 */
#pragma once
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "smp/cpu.h"
#include "smp/lock/check.h"

static inline struct thread *sched_leave(void)
{
    struct cpu *cpu = cpu_self();
    struct thread *running = cpu->current;
    /* Relaxed: whoever sets `pending` sends an interrupt as well. */
    uint32_t due = atomic_load_relaxed(&cpu->pending) | cpu->reconsider | cpu->timer_stale |
                   cpu->kernel_lock_held | running->resume;
    lock_check_no_gate();
    return __builtin_expect(due == 0, 1) ? running : sched_exit();
}
