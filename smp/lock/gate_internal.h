// SPDX-License-Identifier: MIT
/*
 * What the short and the long path of gates share: locks as bits.
 * Owns: nothing; included by gate.c and gate_any.c only. Context: kernel, interrupts off. Locks: see gate.h.
 * Tests: tests/host/test_gate.c.
 */
#pragma once
#include "smp/lock/gate.h"
#include "smp/lock/mcs.h"
#include "smp/lock/tas.h"
#include "smp/lock/ticket.h"

/* A lock of a policy is a bit; the bit's number is its rank, so that taking the bits from the lowest up is taking the
 * locks in order (GATE_RANK). cpu->kernel_lock_held is made of the lowest three. */
#define RANK_ALGORITHM(rank) ((rank) % SLUICE_ALGORITHM_COUNT)
#define RANK_GRANULARITY(rank) ((rank) / SLUICE_ALGORITHM_COUNT + 1u)
#define HELD_KERNEL ((1u << SLUICE_ALGORITHM_COUNT) - 1u)

struct gate_kernel {
    struct lock lock;
} __attribute__((aligned(64)));
extern struct gate_kernel gate_kernel;

/* The long path, for whatever policy. */
bool gate_enter_any(struct gate *gate, struct cpu *self);
void gate_leave_any(struct gate *gate);

/* What guards an object's shared queues is the object's lock, whatever else a CPU has of its own. */
static inline uint32_t gate_granularity(uint32_t granularity)
{
    return granularity == SLUICE_GRANULARITY_SPLIT ? SLUICE_GRANULARITY_OBJECT : granularity;
}

static inline struct lock *gate_lock(const struct gate *gate, uint32_t granularity)
{
    if (granularity == SLUICE_GRANULARITY_OBJECT)
        return gate->lock;
    return granularity == SLUICE_GRANULARITY_POOL ? &gate->pool->pool_lock
                                                  : &gate->pool->class_lock[gate->lock_class].lock;
}
