// SPDX-License-Identifier: MIT
/*
 * From one thread to another, inline: what every switch does, on the fast path of IPC and elsewhere.
 * Entry points: sched_switch_thread, sched_ready_cpu, sched_exit_due, sched_equal_waits. Context: kernel, interrupts off, the CPU that switches. Locks: none.
 * Tests: tests/user/threads/, tests/user/ipc/.
 */
#pragma once
#include "kernel/sched/fpu.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/x86_64/segment.h"
#include "kernel/thread/thread.h"
#include "mm/enter.h"
#include "smp/cpu.h"
#include "smp/lock/check.h"

/* Is there something to do on the way out of the kernel? Else whoever runs returns to user mode at once. */
static inline bool sched_exit_due(const struct cpu *cpu)
{
    lock_check_no_gate();
    /* Relaxed: whoever sets `pending` sends an interrupt as well. */
    return __builtin_expect((cpu->due_at_exit | atomic_load_relaxed(&cpu->pending)) != 0, 0);
}

/* Is another thread ready that is to take turns with this one? */
static inline bool sched_equal_waits(const struct cpu *cpu, const struct thread *thread)
{
    return (cpu->next && cpu->next->priority == thread->priority) || (cpu->ready_map >> thread->priority & 1);
}

/* A thread became ready here, which is not the running one. Beside one of its priority or more it waits in cpu->next,
 * until that blocks or its slice ends. */
static inline void sched_ready_other_cpu(struct cpu *cpu, struct thread *thread)
{
    const struct thread *running = cpu->current;
    if (__builtin_expect((cpu->ready_map | (uint64_t)cpu->next) != 0, 0) || running->state != THREAD_READY ||
        thread->priority > running->priority) {
        sched_ready_queue_cpu(thread);
        return;
    }
    cpu->next = thread;
    if (!cpu->slice_end_tsc && thread->priority == running->priority)
        cpu->due |= DUE_TIMER;
}

static inline void sched_ready_cpu(struct cpu *cpu, struct thread *thread)
{
    if (thread == cpu->current)
        cpu->due |= DUE_PICK; /* it blocked and was woken in one entry */
    else
        sched_ready_other_cpu(cpu, thread);
}

/* The CPU goes on with `to`, which is not its idle thread; its registers are loaded on the way out. `from`, which may be
 * idle, was the current one; `space` is loaded. */
static __attribute__((always_inline)) inline void
sched_switch_thread(struct cpu *cpu, const struct thread *from, struct aspace *space, struct thread *to)
{
    cpu->current = to;
    bool other_space = to->aspace != space;
    if (other_space)
        aspace_switch_cpu(cpu, space, to->aspace);
    fpu_switch(cpu, to);
    /* A program can change the base itself, by loading a selector: no other program runs with what it left. */
    if (other_space || to->fs_base != from->fs_base)
        segment_base_load(to->fs_base);
    *cpu->entry_stack = (uint64_t)(&to->frame + 1);
}
