// SPDX-License-Identifier: MIT
/*
 * Gates, the long path: unions, the kernel's one lock by several algorithms, waiting, off elsewhere, samples.
 * Owns: nothing. Entry points: gate_enter_any, gate_leave_any, from gate.c; gate_kernel_release. Context: kernel,
 * interrupts off. Locks: those of the policy, in rank order (gate.h).
 * Models: tests/model/transition.pml, tests/model/kernel.pml. Tests: tests/host/test_gate.c.
 */
#include "smp/lock/gate.h"

#ifndef UP
#include "kernel/boot/platform.h"
#include "smp/lock/gate_internal.h"
#include "tunables/tunables.h"

#define HOLD_LOOK_AGAIN 1024u /* holds, when the tunable says that none is timed */

/* What taking the locks of one gate saw. */
struct gate_seen {
    struct lock_wait wait;
    uint32_t locks;   /* that had to be waited for */
    uint32_t waiters; /* seen ahead, summed */
    uint32_t self;    /* of the locks: this CPU had held them last */
};

static uint32_t half_locks(uint32_t granularity, uint32_t algorithm)
{
    if (granularity == SLUICE_GRANULARITY_OFF)
        return 0;
    return 1u << GATE_RANK(gate_granularity(granularity), algorithm);
}

/* The union of both halves, each lock once. */
static uint32_t policy_locks(uint32_t policy)
{
    return half_locks(SLUICE_POLICY_GRANULARITY(policy), SLUICE_POLICY_ALGORITHM(policy)) |
           half_locks(SLUICE_POLICY_OLD_GRANULARITY(policy), SLUICE_POLICY_OLD_ALGORITHM(policy));
}

/* "On CPU k" is in the set of locks as soon as one half is off. */
static bool policy_elsewhere(uint32_t policy, uint32_t cpu)
{
    return (SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_OFF ||
            SLUICE_POLICY_OLD_GRANULARITY(policy) == SLUICE_GRANULARITY_OFF) &&
           SLUICE_POLICY_CPU(policy) != cpu;
}

/* A union takes at most two locks: the first of them uses the first node. */
static struct mcs_node *gate_node(struct gate *gate, uint32_t locks, unsigned rank)
{
    return &gate->node[rank != (unsigned)__builtin_ctz(locks)];
}

static void lock_take(struct lock *lock, unsigned rank, struct mcs_node *node, struct gate_seen *seen)
{
    uint32_t waited;
    lock_check_take(lock, rank);
    switch (RANK_ALGORITHM(rank)) {
    case SLUICE_ALGORITHM_TAS:
        waited = tas_lock(lock, &seen->wait);
        break;
    case SLUICE_ALGORITHM_TICKET:
        waited = ticket_lock(lock, &seen->wait);
        break;
    default:
        waited = mcs_lock(lock, node, &seen->wait);
    }
    uint8_t self = (uint8_t)cpu_number();
    if (__builtin_expect(waited != 0, 0)) {
        seen->locks++;
        seen->waiters += waited - 1;
        seen->self += atomic_load_relaxed(&lock->owner) == self; /* relaxed: a hint for the counters */
    }
    atomic_store_relaxed(&lock->owner, self);
}

static void lock_drop(struct lock *lock, unsigned rank, struct mcs_node *node)
{
    lock_check_drop(lock, rank);
    switch (RANK_ALGORITHM(rank)) {
    case SLUICE_ALGORITHM_TAS:
        tas_unlock(lock);
        break;
    case SLUICE_ALGORITHM_TICKET:
        ticket_unlock(lock);
        break;
    default:
        mcs_unlock(lock, node);
    }
}

void gate_kernel_release(struct cpu *self, uint32_t algorithms)
{
    if (self->kernel_hold_tsc) {
        counter_add(&self->kernel_hold_counters->hold_cycles, clock_tsc() - self->kernel_hold_tsc);
        counter_add(&self->kernel_hold_counters->hold_samples, 1);
        self->kernel_hold_tsc = 0;
    }
    self->kernel_lock_held &= ~algorithms;
    while (algorithms) {
        unsigned rank = 31u - (unsigned)__builtin_clz(algorithms);
        algorithms &= ~(1u << rank);
        lock_drop(&gate_kernel.lock, rank, &self->kernel_node);
    }
}

/*
 * The kernel's one lock is kept to the way out, so a gate may find it held by another algorithm than its own policy
 * names: the policy changed since the last gate of this entry, or that was of another pool. Taking a lower rank while
 * a higher one is held could close a circle with a CPU that takes them in order. So those that are higher than what is
 * missing are given back first. That is allowed because no gate is open here: what a gate guards, it guards only
 * until gate_leave, and no operation relies on more, since under any other policy the locks are free between two
 * gates. (tests/model/kernel.pml; its mutant that keeps them deadlocks.) True when a lock was taken.
 */
static bool kernel_take(struct cpu *self, uint32_t needed, struct gate_seen *seen)
{
    uint32_t missing = needed & ~self->kernel_lock_held;
    if (!missing)
        return false;
    uint32_t lower = (missing & -missing) - 1;
    if (self->kernel_lock_held & ~lower)
        gate_kernel_release(self, self->kernel_lock_held & ~lower);
    for (missing = needed & ~self->kernel_lock_held; missing; missing &= missing - 1)
        lock_take(&gate_kernel.lock, (unsigned)__builtin_ctz(missing), &self->kernel_node, seen);
    self->kernel_lock_held |= needed;
    return true;
}

static void contention_count(struct sluice_lock_counters *counters, const struct gate_seen *seen)
{
    uint64_t waited = clock_tsc() - seen->wait.began_tsc;
    counter_add(&counters->contended, 1);
    counter_add(&counters->wait_cycles, waited);
    counter_add(&counters->queue_sum, seen->waiters);
    counter_add(&counters->handover_self, seen->self);
    counter_add(&counters->handover_near, seen->locks - seen->self);
    if (waited > counters->wait_max_cycles)
        atomic_store_relaxed(&counters->wait_max_cycles, waited > UINT32_MAX ? UINT32_MAX : (uint32_t)waited);
}

/* One hold in tunable(lock_hold_sample) is timed. self->hold_sample counts down, so that the others read nothing else; a
 * new value of the tunable counts from the next sample on. */
static bool hold_due(struct cpu *self)
{
    if (self->hold_sample) {
        self->hold_sample--;
        return false;
    }
    uint64_t every = tunable(lock_hold_sample);
    self->hold_sample = every ? (uint32_t)every - 1 : HOLD_LOOK_AGAIN;
    return every != 0;
}

/* Locks of the pool are timed to gate_leave; the kernel's one lock alone to the way out, if this gate took it. */
static void hold_begin(struct cpu *self, struct gate *gate, bool kernel_taken,
                       struct sluice_lock_counters *counters)
{
    if (gate->held) {
        gate->began_tsc = clock_tsc();
    } else if (kernel_taken && !self->kernel_hold_tsc) {
        self->kernel_hold_tsc = clock_tsc();
        self->kernel_hold_counters = counters;
    }
}

static void hold_end(struct gate *gate)
{
    struct sluice_lock_counters *counters = gate_counters(cpu_self(), gate->pool, gate->lock_class);
    counter_add(&counters->hold_cycles, clock_tsc() - gate->began_tsc);
    counter_add(&counters->hold_samples, 1);
}

/* Everything: unions, the kernel's one lock, waiting, off elsewhere. */
bool gate_enter_any(struct gate *gate, struct cpu *self)
{
    struct sluice_lock_counters *counters = gate_counters(self, gate->pool, gate->lock_class);
    struct gate_seen seen = {0};
    bool kernel_taken = false;
    if (policy_elsewhere(gate->policy, self->number)) {
        gate->cpu = SLUICE_POLICY_CPU(gate->policy);
        counter_add(&counters->forwarded, 1);
        return false;
    }
    counter_add(&counters->acquired, 1);
    lock_check_gate_open(gate, gate->policy);
    uint32_t locks = policy_locks(gate->policy);
    if (locks & HELD_KERNEL)
        kernel_taken = kernel_take(self, locks & HELD_KERNEL, &seen);
    uint32_t own = locks & ~HELD_KERNEL;
    for (uint32_t rest = own; rest; rest &= rest - 1) {
        unsigned rank = (unsigned)__builtin_ctz(rest);
        lock_take(gate_lock(gate, RANK_GRANULARITY(rank)), rank, gate_node(gate, own, rank), &seen);
    }
    gate->held = (uint16_t)own;
    gate->began_tsc = 0;
    if (seen.locks)
        contention_count(counters, &seen);
    if (hold_due(self))
        hold_begin(self, gate, kernel_taken, counters);
    lock_check_inside(gate->lock);
    return true;
}

void gate_leave_any(struct gate *gate)
{
    uint32_t own = gate->held;
    for (uint32_t rest = own; rest;) {
        unsigned rank = 31u - (unsigned)__builtin_clz(rest);
        rest &= ~(1u << rank);
        lock_drop(gate_lock(gate, RANK_GRANULARITY(rank)), rank, gate_node(gate, own, rank));
    }
    if (gate->began_tsc)
        hold_end(gate);
}
#endif
