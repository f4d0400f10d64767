// SPDX-License-Identifier: MIT
/*
 * What the fast paths of messages and of faults share.
 * Owns: nothing; included by the fast_*.c only. Context: see fast.h. Locks: none here.
 * Tests: tests/user/ipc/, tests/user/isolation/.
 *
 * A part that finds something unusual returns why, else SLUICE_FAST_GOES; the reason becomes a counter.
 */
#pragma once
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/fast.h"
#include "kernel/ipc/near.h"
#include "kernel/ipc/reply.h"
#include "kernel/sched/switch.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "smp/lock/gate.h"

#define FAST_SLOW(reason) cpu_counter_inc(ipc_slow_##reason)

/* fast_remote.c, for fast.c: the receiver is taken off its queue; the caller that is owed an answer lives elsewhere. */
_Noreturn void fast_call_remote(struct cpu *cpu, struct thread *caller, struct thread *receiver,
                                uint64_t badge);
_Noreturn void fast_reply_remote(struct cpu *cpu, struct thread *server);

/* May this CPU go on with the blocked thread at once, in the running one's place? Says why not. */
#define FAST_PARTNER(cpu, partner)                                                                           \
    (__builtin_expect((partner)->ready_on == (cpu)->number, 1) && fast_priority((cpu), (partner)))

static inline bool fast_priority(struct cpu *cpu, const struct thread *partner)
{
    if (__builtin_expect(!cpu->ready_map && !cpu->next, 1))
        return true;
    if (cpu->ready_map >> partner->priority > 1 || (cpu->next && cpu->next->priority > partner->priority))
        return false;
    if (!cpu->slice_end_tsc && sched_equal_waits(cpu, partner))
        cpu->due |= DUE_TIMER;
    return true;
}

/* Counts why the partner cannot run at once. */
static inline void fast_partner_slow(const struct cpu *cpu, const struct thread *partner)
{
    if (partner->home != cpu->number)
        FAST_SLOW(remote);
    else if (partner->ready_on != cpu->number)
        FAST_SLOW(partner);
    else
        FAST_SLOW(priority);
}

/* gate_enter_on for an endpoint; FAST_NEAR, with no gate entered: its receivers wait near. */
#define FAST_NEAR (GATE_ELSEWHERE - 1)
static __attribute__((always_inline)) inline uint32_t
fast_endpoint_on(struct cpu *cpu, struct pool *pool, struct endpoint *endpoint, uint32_t policy)
{
    if (__builtin_expect(policy != GATE_OBJECT_TAS, 0) && near_policy(policy))
        return FAST_NEAR;
    return gate_enter_on(&cpu->gate, cpu, pool, policy, LOCK_CLASS_endpoint, &endpoint->object.lock);
}

/* gate_enter_held, likewise. */
static inline uint32_t fast_endpoint_enter(struct cpu *cpu, struct pool *pool, struct endpoint *endpoint)
{
    uint32_t policy = gate_policy(pool, LOCK_CLASS_endpoint);
    if (gate_enter_off(&cpu->gate, cpu, pool, policy, LOCK_CLASS_endpoint, &endpoint->object.lock))
        return 0;
    return fast_endpoint_on(cpu, pool, endpoint, policy);
}

/* The message goes into its frame. */
static inline void fast_message_put(struct thread *to, const struct thread *from)
{
    to->frame.tag = from->frame.tag;
#pragma GCC unroll 6
    for (unsigned i = 0; i < SLUICE_MESSAGE_WORDS; i++)
        to->frame.word[i] = from->frame.word[i];
}

static inline void fast_state(struct thread *thread, enum thread_state state, enum thread_wait kind)
{
    thread->state = (uint8_t)state;
    thread->wait_kind = (uint8_t)kind;
    thread->step = 0; /* a call that has to begin anew does not go on where an older one was */
    thread->batch_index = 0;
}

/* The running thread waits: noted before anybody can find it waiting. */
static inline void fast_wait_begin(struct thread *thread, enum thread_wait kind)
{
    thread->wait_sequence++;
    fast_state(thread, THREAD_BLOCKED, kind);
}

/* `from` ran and waits now, `to` runs: as thread_wake and sched_exit would have it. */
static __attribute__((always_inline)) inline void fast_switch(struct cpu *cpu, const struct thread *from,
                                                              struct thread *to)
{
    fast_state(to, THREAD_READY, WAIT_NONE);
    struct aspace *space = from->aspace; /* it runs: that is what is loaded, and there is one */
    if (!space)
        __builtin_unreachable();
    sched_switch_thread(cpu, from, space, to);
}
