// SPDX-License-Identifier: MIT
/*
 * The fast path of IPC where the partner lives on another CPU: the message goes straight into its frame, and its CPU is
 * told that it is ready. This CPU goes on with whatever else it has.
 * Entry points: fast_call_remote, fast_reply_remote, from fast.c only, whose contract they share. Context: see fast.h.
 * Locks: class endpoint, around the queue only. Tests: tests/user/ipc/ on several CPUs, stress/bench/.
 *
 * What it does is what call.c does in these circumstances: two messages, so two interrupts at most, for a round trip.
 */
#include "kernel/ipc/fast_internal.h"
#include "kernel/sched/leave.h"

_Noreturn void fast_call_remote(struct cpu *cpu, struct thread *caller, struct thread *receiver,
                                uint64_t badge)
{
    fast_message_put(receiver, caller);
    receiver->frame.cap = badge;
    receiver->frame.result = 0;
    counter_add(&cpu->counters->ipc_calls, 1);
    counter_add(&cpu->counters->ipc_remote, 1);
    caller->step = 0;
    reply_begin_far(caller, receiver);
    caller->state = THREAD_BLOCKED;
    /* From here on its answer may come at any moment, as a message to this CPU. */
    cpu_send(receiver->home, &receiver->node, MAILBOX_WAKE);
    sched_leave_waiting(cpu, caller);
}

/* A claimed caller gets the answer. */
static inline void caller_answer(struct cpu *cpu, struct thread *server, struct thread *caller)
{
    fast_message_put(caller, server);
    caller->frame.cap = 0;
    caller->frame.result = 0;
    counter_add(&cpu->counters->ipc_remote, 1);
    thread_wake(caller);
}

_Noreturn void fast_reply_remote(struct cpu *cpu, struct thread *server)
{
    const struct cap *right = &server->reply_to;
    struct cap_found found =
        cap_find(server->cspace, server->frame.cap, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_READ);
    /* Whether it faulted is said before it begins to wait. */
    if (!found.object || !cap_alive(right) || ((const struct thread *)right->object)->in_fault) {
        FAST_SLOW(remote);
        entry_syscall_slow(server);
    }
    struct thread *caller = reply_claim_owed_cpu(server);
    if (caller)
        caller_answer(cpu, server, caller);
    /* From here on nothing is owed: whatever leaves for the slow path only receives there. */
    struct endpoint *endpoint = (struct endpoint *)found.object;
    uint32_t held = fast_endpoint_enter(cpu, found.pool, endpoint);
    if (__builtin_expect(held >= FAST_NEAR, 0))
        entry_syscall_slow(server);
    if (__builtin_expect(endpoint->senders.first != NULL, 0)) {
        gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
        entry_syscall_slow(server);
    }
    server->wait_object = &endpoint->object;
    server->wait_sequence++;
    fast_state(server, THREAD_BLOCKED, WAIT_RECEIVE);
    waitq_append(&endpoint->receivers, server);
    gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
    sched_leave_waiting(cpu, server);
}
