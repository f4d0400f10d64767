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
static bool enter_kernel(struct gate *gate, struct cpu *self)
{
    uint32_t algorithm = SLUICE_POLICY_ALGORITHM(gate->policy);
    if (self->kernel_lock_held != 1u << algorithm) {
        if (self->kernel_lock_held || !lock_try(&gate_kernel.lock, algorithm, &self->kernel_node))
            return false;
        lock_check_take(&gate_kernel.lock, algorithm);
        atomic_store_relaxed(&gate_kernel.lock.owner, (uint8_t)self->number);
        self->kernel_lock_held = 1u << algorithm;
    }
    gate->held = 0;
    return true;
}

/* One lock of the pool, free. */
static bool enter_one(struct gate *gate, struct cpu *self, uint32_t granularity)
{
    uint32_t algorithm = SLUICE_POLICY_ALGORITHM(gate->policy);
    struct lock *lock = gate_lock(gate, granularity);
    if (!lock_try(lock, algorithm, &gate->node[0]))
        return false;
    lock_check_take(lock, GATE_RANK(granularity, algorithm));
    atomic_store_relaxed(&lock->owner, (uint8_t)self->number);
    gate->one = lock;
    gate->held = (uint16_t)(GATE_ONE + algorithm);
    return true;
}

/* One lock, free, its hold not sampled: the case that has to be short. What it does is a part of what gate_enter_any
 * does; a trylock gets no lock that somebody waits for in order, so it is no less fair. */
bool gate_enter_locks(struct gate *gate, struct pool *pool, uint32_t policy, enum lock_class lock_class,
                      struct lock *lock)
{
    struct cpu *self = cpu_self();
    uint32_t granularity = gate_granularity(SLUICE_POLICY_GRANULARITY(policy));
    gate->lock = lock;
    gate->policy = policy;
    gate->pool = pool;
    gate->lock_class = (uint8_t)lock_class;
    if (self->hold_sample == UINT32_MAX)
        self->hold_sample = 0; /* gate_try_object() counted past the end */
    bool one = SLUICE_POLICY_STEADY(policy) && granularity != SLUICE_GRANULARITY_OFF && self->hold_sample;
    if (!one || !(granularity == SLUICE_GRANULARITY_KERNEL ? enter_kernel(gate, self)
                                                           : enter_one(gate, self, granularity)))
        return gate_enter_any(gate, self);
    self->hold_sample--;
    lock_check_gate_open(gate, policy);
    counter_add(&gate_counters(self, pool, lock_class)->acquired, 1);
    lock_check_inside(lock);
    return true;
}

void gate_leave_locks(struct gate *gate)
{
    if (gate->held < GATE_ONE) {
        gate_leave_any(gate);
        return;
    }
    lock_check_drop_last(gate->one);
    if (gate->held == GATE_ONE + SLUICE_ALGORITHM_TAS)
        tas_unlock(gate->one);
    else if (gate->held == GATE_ONE + SLUICE_ALGORITHM_TICKET)
        ticket_unlock(gate->one);
    else
        mcs_unlock(gate->one, &gate->node[0]);
}
#endif
