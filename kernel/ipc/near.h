// SPDX-License-Identifier: MIT
/*
 * Near queues: under the endpoint policy `split` a receiver waits where only its own CPU looks.
 * Owns: cpu->near, thread->near_endpoint, the bits of endpoint->near. Context: kernel, interrupts off; _cpu forms act on
 * the running CPU's queue. Locks: none: "runs on this CPU" is the lock. Model: tests/model/rendezvous.pml.
 * Tests: tests/user/ipc/, tests/user/flip/.
 *
 * Whoever waits here is found through the bit, under whatever policy: correctness does not depend on that.
 */
#pragma once
#include "kernel/ipc/endpoint.h"
#include "smp/cpu.h"
#include "smp/lock/gate.h"

#define NEAR_NOWHERE UINT32_MAX

/* Are receivers to wait near? Only where no transition runs. */
static inline bool near_policy(uint32_t policy)
{
    return SLUICE_POLICY_STEADY(policy) && SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_SPLIT;
}

static inline struct thread **near_bucket(struct cpu *cpu, const struct endpoint *endpoint)
{
    return &cpu->near[(uintptr_t)endpoint / 64 % CPU_NEAR_BUCKETS];
}

/* The one that came last: what it used is still in this CPU's cache. NULL: none. */
static inline struct thread *near_first_cpu(struct cpu *cpu, const struct endpoint *endpoint)
{
    struct thread *thread = *near_bucket(cpu, endpoint);
    while (thread && __builtin_expect(thread->near_endpoint != endpoint, 0))
        thread = thread->wait_next;
    return thread;
}

static inline void near_push_cpu(struct cpu *cpu, struct endpoint *endpoint, struct thread *thread)
{
    struct thread **bucket = near_bucket(cpu, endpoint);
    thread->near_endpoint = endpoint;
    thread->wait_previous = NULL;
    thread->wait_next = *bucket;
    if (*bucket)
        (*bucket)->wait_previous = thread;
    *bucket = thread;
}

/* The wait's kind is for the caller to end. */
static inline void near_unlink_cpu(struct cpu *cpu, struct thread *thread)
{
    struct thread **link =
        thread->wait_previous ? &thread->wait_previous->wait_next : near_bucket(cpu, thread->near_endpoint);
    *link = thread->wait_next;
    if (thread->wait_next)
        thread->wait_next->wait_previous = thread->wait_previous;
}

/* The thread begins to wait near, if it may. False: it has to go through the gate. */
bool near_wait_cpu(struct thread *thread, struct endpoint *endpoint);
/* Claims a receiver that waits near on this CPU. NULL: none does, and this CPU's bit says so. */
struct thread *near_claim_cpu(struct endpoint *endpoint);
/* Ends a near wait, at the thread's home; false elsewhere. */
bool near_cancel_cpu(struct thread *thread);
/* How many wait near, anywhere, at most 64 on each CPU: a glance from any CPU. */
uint64_t near_length(const struct endpoint *endpoint);
/* A CPU where a receiver may wait near, beginning behind this one; NEAR_NOWHERE: there is none. */
uint32_t near_next(const struct endpoint *endpoint);
/* May receivers begin to wait near while this operation runs? */
bool near_begins(const struct endpoint *endpoint);
