// SPDX-License-Identifier: MIT
/*
 * Endpoints: synchronous IPC between threads.
 * Owns: struct endpoint and its queues; the calls of call.c (slow path), fast.c, reply.c, transfer.c, fault.c.
 * Context: kernel, on the running thread's CPU or, for a forwarded call, on the CPU of an off policy. Locks: class
 * endpoint around the queues only; a thread taken off a queue belongs to the taker. Tests: tests/user/ipc/.
 */
#pragma once
#include "kernel/cap/object.h"
#include "kernel/ipc/waitq.h"
#include "smp/cpuset.h"

struct endpoint {
    struct object object;
    /* Guarded by class endpoint. At most one of the two is non-empty. */
    struct waitq senders;
    struct waitq receivers;
    /* Atomic: CPUs where receivers may wait near (near.h). A CPU adds and removes itself only. Not on the queues' line. */
    struct cpuset near __attribute__((aligned(64)));
    /* Atomic: CPUs that used it since last asked; tracked, so it is read-only in steady use. */
    struct cpuset used;
    struct object_reaper reaper;
};

/* A new one in memory that is zero or was an endpoint's: then its queues are empty. */
static inline void endpoint_init(struct endpoint *endpoint)
{
    endpoint->used = (struct cpuset){0};
}

/* Of a destroyed endpoint after the grace period: nobody is queued. */
static inline bool endpoint_is_drained(const struct endpoint *endpoint)
{
    uint64_t near = 0;
    for (unsigned i = 0; i < cpuset_words; i++)
        near |= atomic_load_relaxed(
            &endpoint->near.word[i]); /* relaxed: nobody names it through those who wait near */
    return !near && waitq_is_drained(&endpoint->senders) && waitq_is_drained(&endpoint->receivers);
}
/* A destroyed endpoint: everybody in its queues gets CANCELED. False: *forward says on which CPU to go on. */
bool endpoint_drain(struct endpoint *endpoint, uint32_t *forward);
