// SPDX-License-Identifier: MIT
/*
 * Gates: take whatever set of locks the policy of a (pool, class) names now, and release exactly that set.
 * Owns: struct gate. Entry points: gate_enter, gate_leave. Context: kernel, interrupts off. Locks: those of the policy,
 * in rank order kernel < pool < class < object, within one in the order tas < ticket < mcs.
 * Model: tests/model/transition.pml. Tests: tests/host/test_gate.c, tests/user/flip/.
 *
 *      struct gate gate;
 *      if (!gate_enter(&gate, pool, LOCK_CLASS_endpoint, &endpoint->lock))
 *          return syscall_forward(gate.cpu);   // nothing was changed; do it again on that CPU
 *      ... work ...
 *      gate_leave(&gate);
 *
 * The policy word is read once, by gate_enter; gate_leave releases by that copy. An operation that cannot be done on
 * this CPU under the policy (off@k, k elsewhere) gets false and changes nothing.
 */
#pragma once
#include "kernel/abi/policy.h"
#include "mm/pool.h"
#include "smp/cpu.h"
#include "smp/lock/classes.h"
#include "smp/lock/lock.h"
#include <stdbool.h>
#include <stdint.h>

struct gate {
    uint32_t policy; /* the word as it was read */
    uint32_t cpu;    /* when gate_enter failed: the CPU to forward to */
    struct pool *pool;
    struct lock *lock;
    uint64_t began_tsc;       /* 0: this hold is not sampled */
    uint8_t lock_class;
    uint8_t held;             /* the locks taken, bits of gate.c */
    struct mcs_node node[2];  /* for the MCS locks among them */
};

/* Slow part: everything but a steady off@this-cpu. */
bool gate_enter_locks(struct gate *gate);
void gate_leave_locks(struct gate *gate);

static inline bool gate_enter(struct gate *gate, struct pool *pool, enum lock_class lock_class, struct lock *lock)
{
    struct cpu *self = cpu_self();
    /* Relaxed: the locks of any policy that can be in use beside this one exclude it (docs/locks.md). */
    uint32_t policy = atomic_load_relaxed(&pool->policy[lock_class]);
    struct sluice_lock_counters *counters = &self->lock_counters[pool->number * SLUICE_CLASSES_MAX + lock_class];
    counter_add(&counters->acquired, 1);
    gate->policy = policy;
    gate->held = 0;
    if (__builtin_expect((SLUICE_POLICY_SET(policy) ^ (uint32_t)self->number << 16) == 0, 1))
        return true; /* off on both sides, for this CPU (tas is 0, off is 0) */
    gate->pool = pool;
    gate->lock = lock;
    gate->lock_class = lock_class;
    return gate_enter_locks(gate);
}

static inline void gate_leave(struct gate *gate)
{
    if (gate->held)
        gate_leave_locks(gate);
}
/* At kernel exit: gives the kernel's one lock back if this CPU holds it. */
void gate_kernel_exit_cpu(void);
