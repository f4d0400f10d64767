// SPDX-License-Identifier: MIT
/*
 * Run queues: one circular list for each priority, and a word that says which are not empty.
 * Owns: cpu->ready, cpu->ready_map, thread.ready_*. Entry points: sched.h. Context: the CPU whose queue it is,
 * interrupts off. Locks: none. Tests: tests/host/test_runq.c.
 * The running thread is not in the queue, nor is one that a message was just handed to (cpu->next).
 */
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "smp/cpu.h"

void runq_add_tail(struct cpu *cpu, struct thread *thread)
{
    struct thread **head = &cpu->ready[thread->priority];
    if (*head) {
        thread->ready_next = *head;
        thread->ready_previous = (*head)->ready_previous;
        thread->ready_previous->ready_next = thread;
        (*head)->ready_previous = thread;
    } else {
        thread->ready_next = thread->ready_previous = thread;
        *head = thread;
        cpu->ready_map |= 1ull << thread->priority;
    }
    thread->queued = 1;
    thread->preempted = 0;
}

void runq_add_head(struct cpu *cpu, struct thread *thread)
{
    runq_add_tail(cpu, thread);
    thread->preempted = 1;
    cpu->ready[thread->priority] = thread;
}

void runq_remove(struct cpu *cpu, struct thread *thread)
{
    struct thread **head = &cpu->ready[thread->priority];
    if (thread->ready_next == thread) {
        *head = NULL;
        cpu->ready_map &= ~(1ull << thread->priority);
    } else {
        thread->ready_next->ready_previous = thread->ready_previous;
        thread->ready_previous->ready_next = thread->ready_next;
        if (*head == thread)
            *head = thread->ready_next;
    }
    thread->queued = 0;
}

int runq_priority(const struct cpu *cpu)
{
    return cpu->ready_map ? 63 - __builtin_clzll(cpu->ready_map) : -1;
}

struct thread *runq_first(const struct cpu *cpu)
{
    return cpu->ready_map ? cpu->ready[runq_priority(cpu)] : NULL;
}
