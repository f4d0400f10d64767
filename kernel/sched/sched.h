// SPDX-License-Identifier: MIT
/*
 * Scheduling on one CPU: run queues, slices, deadlines, the local timer, and the way out of the kernel.
 * Owns: cpu->ready, ready_map, deadlines, slices, the one-shot timer. Context: the CPU whose queues they are, interrupts
 * off. Locks: none: other CPUs send messages. Tests: tests/host/test_runq.c, tests/user/threads/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct thread;

/* runq.c: ready threads, fixed priorities, round-robin among equals. */
void runq_add_tail(struct cpu *cpu, struct thread *thread);
void runq_add_head(struct cpu *cpu, struct thread *thread); /* preempted: it goes on in its slice */
void runq_remove(struct cpu *cpu, struct thread *thread);
struct thread *runq_first(const struct cpu *cpu); /* NULL when none is ready */
int runq_priority(const struct cpu *cpu);         /* of the first; -1 when none is ready */

/* deadline.c: blocked threads with a deadline, nearest first. */
void deadline_add(struct cpu *cpu, struct thread *thread, uint64_t tsc);
void deadline_remove(struct cpu *cpu, struct thread *thread);

/* sched.c */
/* Every way out of the kernel: handles the pending word, picks the thread, sets the timer, loads the space. */
struct thread *sched_exit(void);
/* The running thread stopped being ready (blocked, stopped), or another should run: decided at exit. */
void sched_reconsider(void);
/* The running thread lets an equal go first. */
void sched_yield(void);
/* The running thread goes to another CPU, now: nothing of it stays loaded. */
void sched_abandon_running(void);
/* An interrupt ended idling: before anything else of the kernel is touched. */
void sched_idle_left(void);
/* This CPU calls watchdog_check_cpu at that time; 0: never. */
void sched_watchdog_set(uint64_t tsc);
/* Local timer interrupt: slices and deadlines that have passed. */
void sched_timer(void);
/* A thread became ready here (switch.h has it inline). */
void sched_ready_queue_cpu(struct thread *thread);
