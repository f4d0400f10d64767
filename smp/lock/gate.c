// SPDX-License-Identifier: MIT
/*
 * Gates, the short path: one lock that is free. Everything else is in gate_any.c.
 * Owns: the kernel's one lock. Entry points: gate_enter_locks, gate_leave_locks, by way of the inline functions of
 * gate.h. Context: kernel, interrupts off. Locks: those of the policy, in rank order (gate.h).
 * Models: tests/model/transition.pml, tests/model/kernel.pml. Tests: tests/host/test_gate.c.
 */
#include "smp/lock/gate.h"

#ifndef UP
#include "smp/lock/gate_internal.h"

struct gate_kernel gate_kernel;

static inline bool lock_try(struct lock *lock, uint32_t algorithm, struct mcs_node *node)
{
    if (algorithm == SLUICE_ALGORITHM_TAS)
        return tas_trylock(lock);
    return algorithm == SLUICE_ALGORITHM_TICKET ? ticket_trylock(lock) : mcs_trylock(lock, node);
}

/* The kernel's one lock by one algorithm, held already or free and nothing else of it held. */
static bool enter_kernel(struct gate *gate, struct cpu *self, struct sluice_lock_counters *counters)
{
    uint32_t algorithm = SLUICE_POLICY_ALGORITHM(gate->policy);
    if (self->kernel_lock_held != 1u << algorithm) {
        if (self->kernel_lock_held || !lock_try(&gate_kernel.lock, algorithm, &self->kernel_node))
            return gate_enter_any(gate, self, counters);
        lock_check_take(&gate_kernel.lock, algorithm);
        atomic_store_relaxed(&gate_kernel.lock.owner, (uint8_t)self->number);
        self->kernel_lock_held = 1u << algorithm;
    }
    lock_check_gate_open(gate);
    counter_add(&counters->acquired, 1);
    self->hold_sample--;
    return true;
}

/* One lock, free, its hold not sampled: the case that has to be short. What it does is a part of what gate_enter_any
 * does; a trylock gets no lock that somebody waits for in order, so it is no less fair. */
bool gate_enter_locks(struct gate *gate, struct cpu *self, struct sluice_lock_counters *counters)
{
    uint32_t policy = gate->policy, granularity = SLUICE_POLICY_GRANULARITY(policy);
    uint32_t algorithm = SLUICE_POLICY_ALGORITHM(policy);
    if (!SLUICE_POLICY_STEADY(policy) || granularity == SLUICE_GRANULARITY_OFF || !self->hold_sample)
        return gate_enter_any(gate, self, counters);
    if (granularity == SLUICE_GRANULARITY_KERNEL)
        return enter_kernel(gate, self, counters);
    struct lock *lock = gate_lock(gate, granularity);
    if (!lock_try(lock, algorithm, &gate->node[0]))
        return gate_enter_any(gate, self, counters);
    lock_check_gate_open(gate);
    lock_check_take(lock, RANK(granularity, algorithm));
    atomic_store_relaxed(&lock->owner, (uint8_t)self->number);
    counter_add(&counters->acquired, 1);
    self->hold_sample--;
    gate->lock = lock;
    gate->held = (uint16_t)(HELD_ONE + algorithm);
    return true;
}

void gate_leave_locks(struct gate *gate)
{
    if (gate->held >= HELD_ONE)
        lock_check_drop(gate->lock, RANK(SLUICE_POLICY_GRANULARITY(gate->policy), gate->held - HELD_ONE));
    if (gate->held == HELD_ONE + SLUICE_ALGORITHM_TAS)
        tas_unlock(gate->lock);
    else if (gate->held == HELD_ONE + SLUICE_ALGORITHM_TICKET)
        ticket_unlock(gate->lock);
    else if (gate->held == HELD_ONE + SLUICE_ALGORITHM_MCS)
        mcs_unlock(gate->lock, &gate->node[0]);
    else
        gate_leave_any(gate);
}
#endif
