// SPDX-License-Identifier: MIT
/*
 * Near queues: the parts that are not inline.
 * Owns: see near.h. Entry points: near.h. Context: kernel, interrupts off. Locks: none; endpoint_send() in call.c holds
 * the endpoint's gate while it is a sender's turn. Model: tests/model/rendezvous.pml. Tests: tests/user/ipc/.
 *
 *      receiver, on its CPU c                sender, anywhere, in the gate
 *      near |= c, if c was not in it         nobody in `receivers`, nobody in near: append to `senders`
 *      (full fence)                          full fence
 *      senders empty? push: waits            near empty? waits
 *                                            else off `senders` again, and on to a CPU that is named
 * One of the two sees the other. Only CPU c takes c out of near, when it finds nobody in its queue: so a receiver that
 * finds its bit set was preceded by one that set it, and a sender that missed that one is in `senders` by now.
 */
#include "kernel/ipc/near.h"
#include "kernel/thread/wait.h"

_Static_assert(SLUICE_CPUS_MAX < CPUSET_BITS, "a bit of `near` is one CPU's: nobody else clears it");

static uint32_t policy_of(const struct endpoint *endpoint)
{
    return gate_policy(pool_of(&endpoint->object), LOCK_CLASS_endpoint);
}

bool near_wait_cpu(struct thread *thread, struct endpoint *endpoint)
{
    struct cpu *cpu = cpu_self();
    if (!near_policy(policy_of(endpoint)) || thread->home != cpu->number)
        return false;
    if (!cpuset_has_self(&endpoint->near, cpu)) {
        /* A full fence, pairs with sender_queue_locked() in call.c: the bit before the look at the senders. */
        cpuset_add_atomic(&endpoint->near, cpu->number);
    }
    if (atomic_load_relaxed(&endpoint->senders.first)) /* relaxed: the fence above, or see the time line */
        return false;
    gate_count(cpu, pool_of(&endpoint->object), LOCK_CLASS_endpoint);
    thread_wait_begin(thread, WAIT_RECEIVE_NEAR, NULL);
    near_push_cpu(cpu, endpoint, thread);
    return true;
}

struct thread *near_claim_cpu(struct endpoint *endpoint)
{
    struct cpu *cpu = cpu_self();
    if (!cpuset_has_self(&endpoint->near, cpu))
        return NULL;
    struct thread *thread = near_first_cpu(cpu, endpoint);
    if (!thread) {
        cpuset_remove_atomic(&endpoint->near, cpu->number);
        return NULL;
    }
    near_unlink_cpu(cpu, thread);
    thread->wait_kind = WAIT_NONE;
    return thread;
}

bool near_cancel_cpu(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    if (thread->home != cpu->number)
        return false;
    near_unlink_cpu(cpu, thread);
    thread->wait_kind = WAIT_NONE;
    return true;
}

uint32_t near_next(const struct endpoint *endpoint)
{
    unsigned here = cpu_number(), cpu = cpuset_next(&endpoint->near, here + 1, cpu_count);
    if (cpu == cpu_count)
        cpu = cpuset_next(&endpoint->near, 0, cpu_count);
    return cpu == cpu_count ? NEAR_NOWHERE : cpu;
}

/* A glance: the links of blocked threads stay readable for this operation. Its cost grows with the CPUs that are named. */
uint64_t near_length(const struct endpoint *endpoint)
{
    uint64_t length = 0;
    for (unsigned cpu = cpuset_next(&endpoint->near, 0, cpu_count); cpu < cpu_count;
         cpu = cpuset_next(&endpoint->near, cpu + 1, cpu_count)) {
        unsigned looked = 0;
        for (const struct thread *t = *near_bucket(cpus[cpu], endpoint); t && looked < 64;
             t = t->wait_next, looked++)
            length += t->near_endpoint == endpoint;
    }
    return length;
}

/* The word may be another one than the gate read; but no policy becomes steady while an operation of before its union
 * runs, so what this says stays true to the operation's end. */
bool near_begins(const struct endpoint *endpoint)
{
    uint32_t policy = policy_of(endpoint);
    return SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_SPLIT ||
           SLUICE_POLICY_OLD_GRANULARITY(policy) == SLUICE_GRANULARITY_SPLIT;
}
