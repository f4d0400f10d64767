// SPDX-License-Identifier: MIT
/*
 * Gates: take whatever set of locks the policy of a (pool, class) names now, and release exactly that set.
 * Owns: struct gate. Entry points: gate_enter, gate_leave, gate_kernel_exit_cpu. Context: kernel, interrupts off. Locks:
 * those of the policy, in rank order kernel < pool < class < object, within one in the order tas < ticket < mcs.
 * Models: tests/model/transition.pml, tests/model/kernel.pml. Tests: tests/host/test_gate.c, tests/user/flip/.
 *
 *      struct gate gate;
 *      if (!gate_enter(&gate, pool, LOCK_CLASS_endpoint, &endpoint->lock))
 *          return syscall_forward(&gate); // nothing was changed; do it again on that CPU
 *      ... work ...
 *      gate_leave(&gate);
 */
#pragma once
#include "kernel/abi/policy.h"
#include "mm/pool.h"
#include "smp/cpu.h"
#include "smp/lock/check.h"
#include "smp/lock/classes.h"
#include "smp/lock/gate_state.h"
#include "smp/lock/lock.h"
#include "smp/lock/tas.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * The policy word is read once, by gate_enter; gate_leave releases by that copy. An operation that cannot be done on
 * this CPU under the policy (off@k, k elsewhere) gets false and changes nothing. One gate is open at a time; what the
 * kernel's one lock guards is guarded from gate_enter to gate_leave only, although it stays held to kernel exit.
 */
/* gate.held = GATE_ONE + algorithm: just gate->one, its hold not sampled; GATE_OBJECT: that of the object, by tas. */
#define GATE_ONE (1u << 15)
#define GATE_OBJECT (GATE_ONE - 1)
/* A lock's rank within its policy: the order in which locks are taken, and the number of its bit in gate.held. */
#define GATE_RANK(granularity, algorithm) (((granularity)-1u) * SLUICE_ALGORITHM_COUNT + (algorithm))
#define GATE_OBJECT_TAS SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)

/* The policy, read once. The generation in it is nothing to a gate. */
static inline uint32_t gate_policy(const struct pool *pool, enum lock_class lock_class)
{
    /* pairs with word_publish_locked() in tunables/leg.c: what was done under policies that share no lock with this one,
     * before what we do. (Those that do share one exclude us by it: smp/README.md.) */
    return SLUICE_POLICY_SET(atomic_load_acquire(&pool->policy[lock_class]));
}

#ifdef UP

/* One CPU, interrupts off: nothing to exclude. The variant to measure against. */
static inline bool gate_enter(struct gate *gate, struct pool *pool, enum lock_class lock_class,
                              struct lock *lock)
{
    (void)pool, (void)lock_class, (void)lock;
    gate->held = 0;
    gate->cpu = 0;
    return true;
}

static inline void gate_leave(struct gate *gate)
{
    (void)gate;
}

#define GATE_ELSEWHERE UINT32_MAX
static inline void gate_count(const struct cpu *self, const struct pool *pool, enum lock_class lock_class)
{
    (void)self, (void)pool, (void)lock_class;
}

static inline bool gate_enter_off(struct gate *gate, struct cpu *self, struct pool *pool, uint32_t policy,
                                  enum lock_class lock_class, struct lock *lock)
{
    (void)self, (void)policy;
    return gate_enter(gate, pool, lock_class, lock);
}

static inline uint32_t gate_enter_on(struct gate *gate, struct cpu *self, struct pool *pool, uint32_t policy,
                                     enum lock_class lock_class, struct lock *lock)
{
    return gate_enter_off(gate, self, pool, policy, lock_class, lock) ? 0 : GATE_ELSEWHERE;
}

static inline uint32_t gate_enter_held(struct gate *gate, struct cpu *self, struct pool *pool,
                                       enum lock_class lock_class, struct lock *lock)
{
    return gate_enter_on(gate, self, pool, 0, lock_class, lock);
}

static inline void gate_leave_held(struct gate *gate, uint32_t held, struct lock *lock)
{
    (void)gate, (void)held, (void)lock;
}

static inline void gate_kernel_exit_cpu(void)
{
}

#else

/* Everything but a steady off@this-cpu and the object's free tas lock. */
bool gate_enter_locks(struct gate *gate, struct pool *pool, uint32_t policy, enum lock_class lock_class,
                      struct lock *lock);
void gate_leave_locks(struct gate *gate);
void gate_kernel_release(struct cpu *self, uint32_t algorithms);

static inline struct sluice_lock_counters *gate_counters(const struct cpu *self, const struct pool *pool,
                                                         enum lock_class lock_class)
{
    return (struct sluice_lock_counters *)((char *)self->lock_counters + pool->counters_bytes) + lock_class;
}

/* An operation that needs no gate, because it touches only what is this CPU's. */
static inline void gate_count(const struct cpu *self, const struct pool *pool, enum lock_class lock_class)
{
    counter_add(&gate_counters(self, pool, lock_class)->acquired, 1);
}

/* The default policy, `object/tas`, inline: one locked instruction. False: not free, or this hold is sampled. A wait, if
 * there has to be one, begins with loads (tas.h); this first attempt does not look before it tries. */
static inline bool gate_try_object(struct cpu *self, struct lock *lock)
{
    /* pairs with tas_unlock() in tas.h: the last holder's work before ours (the exchange is a full fence) */
    if (__builtin_expect((int32_t)--self->hold_sample < 0, 0) ||
        __builtin_expect(atomic_exchange(&lock->tas, (uint8_t)1), 0))
        return false;
    atomic_store_relaxed(&lock->owner, (uint8_t)self->number); /* relaxed: a hint for the counters */
    return true;
}

/* gate_enter and gate_leave for where an instruction counts: what is held stays in a register between the two. The
 * result is gate.held, or GATE_ELSEWHERE. */
#define GATE_ELSEWHERE UINT32_MAX
/* True where it is `off` on this CPU: the gate is entered, and holds nothing. */
static inline bool gate_enter_off(struct gate *gate, struct cpu *self, struct pool *pool, uint32_t policy,
                                  enum lock_class lock_class, struct lock *lock)
{
    (void)gate, (void)lock; /* only the checker wants them */
    if (policy != self->policy_off)
        return false;
    lock_check_gate_open(gate, policy);
    counter_add(&gate_counters(self, pool, lock_class)->acquired, 1);
    lock_check_inside(lock);
    return true;
}

/* Where it is something else. */
static inline uint32_t gate_enter_on(struct gate *gate, struct cpu *self, struct pool *pool, uint32_t policy,
                                     enum lock_class lock_class, struct lock *lock)
{
    if (policy != GATE_OBJECT_TAS || !gate_try_object(self, lock))
        return gate_enter_locks(gate, pool, policy, lock_class, lock) ? gate->held : GATE_ELSEWHERE;
    lock_check_gate_open(gate, policy);
    lock_check_take(lock, GATE_RANK(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS));
    counter_add(&gate_counters(self, pool, lock_class)->acquired, 1);
    lock_check_inside(lock);
    return GATE_OBJECT;
}

static inline uint32_t gate_enter_held(struct gate *gate, struct cpu *self, struct pool *pool,
                                       enum lock_class lock_class, struct lock *lock)
{
    uint32_t policy = gate_policy(pool, lock_class);
    if (__builtin_expect(gate_enter_off(gate, self, pool, policy, lock_class, lock), 1))
        return 0;
    return gate_enter_on(gate, self, pool, policy, lock_class, lock);
}

static inline void gate_leave_held(struct gate *gate, uint32_t held, struct lock *lock)
{
    lock_check_outside();
    if (held == 0) {
        /* nothing was taken */
    } else if (__builtin_expect(held == GATE_OBJECT, 1)) {
        lock_check_drop_last(lock);
        tas_unlock(lock);
    } else {
        gate_leave_locks(gate);
    }
    lock_check_gate_close(gate);
}

static inline bool gate_enter(struct gate *gate, struct pool *pool, enum lock_class lock_class,
                              struct lock *lock)
{
    uint32_t held = gate_enter_held(gate, cpu_self(), pool, lock_class, lock);
    if (held == GATE_ELSEWHERE)
        return false;
    gate->lock = lock;
    gate->held = (uint16_t)held;
    return true;
}

static inline void gate_leave(struct gate *gate)
{
    gate_leave_held(gate, gate->held, gate->lock);
}

/* Every way out of the kernel, when its last gate was left: gives the kernel's one lock back if this CPU holds it. */
static inline void gate_kernel_exit_cpu(void)
{
    struct cpu *self = cpu_self();
    lock_check_no_gate();
    if (self->kernel_lock_held)
        gate_kernel_release(self, self->kernel_lock_held);
    lock_check_nothing_held();
}

#endif
