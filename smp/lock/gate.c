// SPDX-License-Identifier: MIT
/*
 * Gates: from a policy word to locks, and back.
 * Owns: the kernel's one lock. Entry points: gate_enter_locks, gate_leave_locks, gate_kernel_release, by way of the inline
 * functions of gate.h. Context: kernel, interrupts off. Locks: those of the policy, in rank order (gate.h).
 * Models: tests/model/transition.pml, tests/model/kernel.pml. Tests: tests/host/test_gate.c.
 */
#include "smp/lock/gate.h"

#ifndef UP
#include "kernel/boot/platform.h"
#include "smp/lock/mcs.h"
#include "smp/lock/tas.h"
#include "smp/lock/ticket.h"
#include "tunables/tunables.h"

/* A lock of a policy is a bit; the bit's number is its rank, so that taking the bits from the lowest up is taking the
 * locks in order. cpu->kernel_lock_held is made of the lowest three. */
#define RANK(granularity, algorithm) (((granularity)-1u) * SLUICE_ALGORITHM_COUNT + (algorithm))
#define RANK_ALGORITHM(rank) ((rank) % SLUICE_ALGORITHM_COUNT)
#define RANK_GRANULARITY(rank) ((rank) / SLUICE_ALGORITHM_COUNT + 1u)
#define HELD_KERNEL ((1u << SLUICE_ALGORITHM_COUNT) - 1u)

static struct {
    struct lock lock;
} kernel __attribute__((aligned(64)));

/* What taking the locks of one gate saw. */
struct gate_seen {
    struct lock_wait wait;
    uint32_t locks;   /* that had to be waited for */
    uint32_t waiters; /* seen ahead, summed */
    uint32_t self;    /* of the locks: this CPU had held them last */
};

static struct sluice_lock_counters *gate_counters(const struct cpu *self, const struct gate *gate)
{
    return &self->lock_counters[gate->pool->number * SLUICE_CLASSES_MAX + gate->lock_class];
}

static uint32_t half_locks(uint32_t granularity, uint32_t algorithm)
{
    return granularity == SLUICE_GRANULARITY_OFF ? 0 : 1u << RANK(granularity, algorithm);
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

static struct lock *gate_lock(const struct gate *gate, unsigned rank)
{
    switch (RANK_GRANULARITY(rank)) {
    case SLUICE_GRANULARITY_POOL:
        return &gate->pool->pool_lock;
    case SLUICE_GRANULARITY_CLASS:
        return &gate->pool->class_lock[gate->lock_class].lock;
    default:
        return gate->lock;
    }
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
        lock_drop(&kernel.lock, rank, &self->kernel_node);
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
        lock_take(&kernel.lock, (unsigned)__builtin_ctz(missing), &self->kernel_node, seen);
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

/* One hold in tunable(lock_hold_sample) is timed. */
static bool hold_sampled(struct cpu *self)
{
    uint64_t every = tunable(lock_hold_sample);
    if (!every || ++self->hold_sample < every)
        return false;
    self->hold_sample = 0;
    return true;
}

/* The kernel's one lock is timed to the kernel exit, if this gate took it; other locks to gate_leave. */
static void hold_begin(struct cpu *self, struct gate *gate, bool kernel_taken,
                       struct sluice_lock_counters *counters)
{
    if (!(gate->held & HELD_KERNEL)) {
        gate->began_tsc = clock_tsc();
    } else if (kernel_taken && !self->kernel_hold_tsc) {
        self->kernel_hold_tsc = clock_tsc();
        self->kernel_hold_counters = counters;
    }
}

bool gate_enter_locks(struct gate *gate)
{
    struct cpu *self = cpu_self();
    struct sluice_lock_counters *counters = gate_counters(self, gate);
    struct gate_seen seen = {0};
    bool kernel_taken = false;
    if (policy_elsewhere(gate->policy, self->number)) {
        gate->cpu = SLUICE_POLICY_CPU(gate->policy);
        counter_add(&counters->forwarded, 1);
        return false;
    }
    counter_add(&counters->acquired, 1);
    lock_check_gate_open(gate);
    uint32_t locks = policy_locks(gate->policy);
    if (locks & HELD_KERNEL)
        kernel_taken = kernel_take(self, locks & HELD_KERNEL, &seen);
    uint32_t own = locks & ~HELD_KERNEL;
    for (uint32_t rest = own; rest; rest &= rest - 1) {
        unsigned rank = (unsigned)__builtin_ctz(rest);
        lock_take(gate_lock(gate, rank), rank, gate_node(gate, own, rank), &seen);
    }
    gate->held = (uint16_t)locks;
    gate->began_tsc = 0;
    if (seen.locks)
        contention_count(counters, &seen);
    if (hold_sampled(self))
        hold_begin(self, gate, kernel_taken, counters);
    return true;
}

void gate_leave_locks(struct gate *gate)
{
    uint32_t own = gate->held & ~HELD_KERNEL;
    for (uint32_t rest = own; rest;) {
        unsigned rank = 31u - (unsigned)__builtin_clz(rest);
        rest &= ~(1u << rank);
        lock_drop(gate_lock(gate, rank), rank, gate_node(gate, own, rank));
    }
    if (gate->began_tsc) {
        struct sluice_lock_counters *counters = gate_counters(cpu_self(), gate);
        counter_add(&counters->hold_cycles, clock_tsc() - gate->began_tsc);
        counter_add(&counters->hold_samples, 1);
    }
}
#endif
