// SPDX-License-Identifier: MIT
/*
 * Grace periods: when has every CPU been outside of the kernel at least once?
 * Owns: the one running grace period and the queue of those who wait for the next. Entry points: below. Context:
 * epoch_wait anywhere in the kernel; epoch_ack_cpu at kernel exit, where nothing is held. Nobody spins: the last CPU to
 * answer runs the callbacks of those who waited. Locks: epoch.lock (a leaf, not switchable).
 * Models: tests/model/epoch.pml, tests/model/transition.pml. Tests: tests/host/test_epoch.c (against liburcu).
 *
 * An acknowledgement is a kernel exit, an interrupt taken in user mode, or being idle. The kernel runs with
 * interrupts off, so a CPU that spins for a lock cannot acknowledge.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct epoch_waiter {
    struct epoch_waiter *next; /* guarded by epoch.lock */
    void (*done)(
        struct epoch_waiter *waiter); /* on the last CPU to answer, nothing held; short, enters no gate */
    uint64_t began_tsc;               /* when it was asked for */
};

/* Calls waiter->done after a grace period that begins now or later. Requests made while one runs share the next. */
void epoch_wait(struct epoch_waiter *waiter, void (*done)(struct epoch_waiter *));
/* This CPU is outside of every operation; called when PENDING_EPOCH was set, from kernel exit and idle only. */
void epoch_ack_cpu(void);
/* Idle CPUs count as outside: right before sleeping, when nothing was pending, and first thing in the interrupt that ends
 * the sleep. Between the two this CPU touches nothing that a policy or a grace period guards. */
void epoch_idle_enter_cpu(void);
void epoch_idle_leave_cpu(void);
/* A CPU that comes online joins before it touches an object. */
void epoch_join_cpu(void);
/* True while a grace period runs that began more than `cycles` ago: for the transition engine's time-out. */
bool epoch_overdue(uint64_t cycles);
