// SPDX-License-Identifier: MIT
/*
 * Grace periods. One runs at a time; requests made meanwhile share the next one.
 * Owns: struct epoch. Entry points: epoch_wait anywhere in the kernel; epoch_ack_cpu, epoch_idle_* where nothing is held.
 * Context: kernel, interrupts off. Locks: epoch.lock (a leaf), never while callbacks run or CPUs are asked.
 * Models: tests/model/epoch.pml, tests/model/transition.pml. Tests: tests/host/test_epoch.c.
 *
 *   A grace period n is answered once for each CPU, by whoever moves cpu->epoch_acked from n - 1 to n: the CPU on its
 *   way out of the kernel, or the one that asks, when it sees the CPU idle. The last answer completes it.
 */
#include "smp/epoch.h"
#include "kernel/boot/platform.h"
#include "smp/atomic.h"
#include "smp/cpu.h"
#include "smp/lock/check.h"
#include "smp/lock/leaf.h"
#include <stddef.h>

/*
 * Time line of a grace period that CPU 0 begins, 1 being busy and 2 idle:
 *
 *      CPU 0 (in an operation)          CPU 1                          CPU 2
 *      policy = new                     operation under the old one    idle_state = 1, asleep
 *      number = n (full fence)
 *      own pending bit, no IPI
 *      CPU 1: idle_state 0: IPI         spins for a lock: IPI waits
 *      CPU 2: idle_state 1: answer n
 *      way out: answer n                way out: answer n, the last:
 *                                       callbacks                      wakes: idle_state = 0 (full fence)
 *                                                                      reads policy: new
 *
 * The one that begins it answers only on its own way out, so it is never completed inside an operation.
 */
static struct {
    /* Guarded by lock. */
    struct epoch_waiter *current; /* wait for the grace period that runs */
    struct epoch_waiter *next;    /* wait for the one after it */
    uint32_t members;             /* CPUs that joined */
    bool running;
    struct lock lock;
    /* Atomic: written by the CPU that begins a grace period. */
    uint64_t number __attribute__((aligned(64))); /* of the last one begun */
    uint64_t began_tsc;
    /* Atomic: all. */
    uint32_t unanswered __attribute__((aligned(64)));
} epoch = {.number =
               1}; /* so that no grace period waits for a CPU that has not joined: its epoch_acked is 0 */

/* Moves the waiters of `next` into a grace period that begins now; returns its number. */
static uint64_t epoch_begin_locked(void)
{
    uint64_t number = epoch.number + 1;
    epoch.current = epoch.next;
    epoch.next = NULL;
    epoch.running = true;
    atomic_store_relaxed(&epoch.began_tsc, clock_tsc());
    /* Relaxed: nobody answers number `n` before the exchange below shows it. */
    atomic_store_relaxed(&epoch.unanswered, epoch.members);
    /* Full fence: what the waiters stored, and this, before idle states are read, see epoch_ask(). */
    atomic_exchange(&epoch.number, number);
    return number;
}

/* Tells every member but those that are idle. Outside of epoch.lock: IPIs may take long. The grace period cannot
 * complete meanwhile, because this CPU has not answered. */
static void epoch_ask(uint64_t number)
{
    struct cpu *self = cpu_self();
    atomic_fetch_or(&self->pending, PENDING_EPOCH); /* seen on our way out; no IPI needed */
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = cpus[i];
        if (!cpu || cpu == self || atomic_load_relaxed(&cpu->epoch_acked) != number - 1)
            continue;
        /* pairs with epoch_idle_enter_cpu(): all that CPU did before it went idle, before the callbacks.
         * pairs with epoch_idle_leave_cpu(): we stored the number (and whoever waits, the policy) before this load, it
         * stores 0 before it reads the policy: if we still see 1, it will see the new policy. */
        if (!atomic_load_acquire(&cpu->idle_state))
            cpu_notify(i, PENDING_EPOCH);
        else if (atomic_cas(&cpu->epoch_acked, number - 1, number))
            atomic_fetch_sub(&epoch.unanswered, 1u); /* not the last: our own is missing */
    }
}

void epoch_wait(struct epoch_waiter *waiter, void (*done)(struct epoch_waiter *))
{
    uint64_t number = 0;
    waiter->done = done;
    waiter->began_tsc = clock_tsc();
    leaf_lock(&epoch.lock);
    waiter->next = epoch.next;
    epoch.next = waiter;
    if (!epoch.running)
        number = epoch_begin_locked();
    leaf_unlock(&epoch.lock);
    if (number)
        epoch_ask(number);
}

/* The last answer was ours. */
static void epoch_complete(void)
{
    uint64_t number = 0;
    leaf_lock(&epoch.lock);
    struct epoch_waiter *waiter = epoch.current;
    epoch.current = NULL;
    epoch.running = false;
    if (epoch.next)
        number = epoch_begin_locked();
    leaf_unlock(&epoch.lock);
    if (number)
        epoch_ask(number);
    while (waiter) {
        struct epoch_waiter *next = waiter->next; /* `done` may give the waiter's memory away */
        waiter->done(waiter);
        waiter = next;
    }
}

void epoch_ack_cpu(void)
{
    struct cpu *self = cpu_self();
    lock_check_nothing_held();
    /* pairs with epoch_begin_locked() in epoch.c: what the waiters did before the number, before our next operation.
     * A number that is one behind is no harm: the one after it was begun, so its bit will be found pending again. */
    uint64_t number = atomic_load_acquire(&epoch.number);
    if (!atomic_cas(&self->epoch_acked, number - 1, number))
        return; /* none runs, or it was answered while we were idle */
    cpu_counter_inc(grace_acks);
    if (atomic_fetch_sub(&epoch.unanswered, 1u) == 1)
        epoch_complete();
}

void epoch_idle_enter_cpu(void)
{
    /* No fence after it: whoever sees the 1 too late sets our pending bit and sends an IPI, which is latched until we
     * sleep. pairs with epoch_ask(): all we did in the kernel before the callbacks of a grace period answered for us */
    atomic_store_release(&cpu_self()->idle_state, 1u);
}

void epoch_idle_leave_cpu(void)
{
    struct cpu *self = cpu_self();
    if (!atomic_load_relaxed(&self->idle_state)) /* relaxed: only this CPU writes it */
        return;
    /* Full fence. pairs with epoch_ask(): 0 before we read any policy */
    atomic_exchange(&self->idle_state, 0u);
    /* Answered since joining, less those that we answered ourselves. */
    uint64_t answered = atomic_load_relaxed(&self->epoch_acked) - self->epoch_joined;
    atomic_store_relaxed(&self->counters->grace_idle, answered - self->counters->grace_acks);
}

void epoch_join_cpu(void)
{
    struct cpu *self = cpu_self();
    leaf_lock(&epoch.lock);
    /* Counts as having answered the one that runs: it has touched no object yet. */
    self->epoch_joined = epoch.number;
    atomic_store_relaxed(&self->epoch_acked, epoch.number);
    epoch.members++;
    leaf_unlock(&epoch.lock);
}

bool epoch_overdue(uint64_t cycles)
{
    uint64_t now = clock_tsc();
    uint64_t began = atomic_load_relaxed(&epoch.began_tsc); /* relaxed: an estimate, asked again soon */
    return atomic_load_relaxed(&epoch.unanswered) && now > began && now - began > cycles;
}
