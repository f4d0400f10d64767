// SPDX-License-Identifier: MIT
/*
 * Out of the kernel when the running thread waits, by the shortest way.
 * Entry points: sched_leave, sched_leave_waiting. Context: interrupts off, the end of a system call of the running
 * thread. Locks: none, or the kernel's one lock, which sched_exit then releases.
 * Tests: tests/user/ipc/, stress/bench/.
 */
#pragma once
#include "kernel/sched/switch.h"
#include "kernel/trap/syscall.h"

/* One other thread is ready and only has to run, and nothing is due but `due`: the usual case. */
static inline bool sched_next_alone(const struct cpu *cpu, const struct thread *next, uint64_t due)
{
    /* Relaxed: whoever sets `pending` sends an interrupt as well. */
    return next && cpu->due_at_exit == due && !(cpu->ready_map | cpu->slice_over) &&
           !atomic_load_relaxed(&cpu->pending) && next->resume == RESUME_USER;
}

static __attribute__((always_inline)) inline _Noreturn void
sched_leave_to_next(struct cpu *cpu, struct thread *running, struct thread *next)
{
    cpu->next = NULL;
    counter_add(&cpu->counters->switches, 1);
    sched_switch_thread(cpu, running, running->aspace, next);
    entry_resume(__builtin_expect(sched_exit_due(cpu), 0) ? sched_exit() : next);
}

/* Something is due. */
static inline _Noreturn void sched_leave(struct cpu *cpu, struct thread *running)
{
    struct thread *next = cpu->next;
    if (running->state != THREAD_BLOCKED || !sched_next_alone(cpu, next, DUE_PICK))
        entry_resume(sched_exit());
    cpu->due = 0;
    sched_leave_to_next(cpu, running, next);
}

/* Nothing was due before the running thread began to wait. */
static inline _Noreturn void sched_leave_waiting(struct cpu *cpu, struct thread *running)
{
    struct thread *next = cpu->next;
    if (__builtin_expect(sched_next_alone(cpu, next, 0), 1))
        sched_leave_to_next(cpu, running, next);
    cpu->due |= DUE_PICK;
    entry_resume(sched_exit());
}
