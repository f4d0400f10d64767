// SPDX-License-Identifier: MIT
/*
 * Synchronous IPC: call, send, receive, reply, reply_receive, reply_save, ipc_window.
 * Owns: endpoint queues. Context: the CPU that the endpoint's policy wants. Locks: class endpoint around the queues.
 * Tests: tests/user/ipc/.
 *
 *   sender    step 0 --receiver waits--> claim it, step 1 --message moved--> call: WAIT_REPLY; send: done
 *                    --nobody waits----> WAIT_CALL / WAIT_SEND in endpoint.senders
 *   receiver  step 0 --answer owed--> claim the caller, step 1 --message moved--> step 2
 *             step 2 --a sender waits--> claim it, step 3 --message moved--> done
 *                    --nobody waits----> WAIT_RECEIVE in endpoint.receivers
 * A step may be continued on another CPU; claimed threads wait in thread->partner meanwhile.
 */
#include "kernel/ipc/call.h"
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/near.h"
#include "kernel/ipc/reply.h"
#include "kernel/ipc/transfer.h"
#include "kernel/log/log.h"
#include "kernel/thread/wait.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"
#include "tunables/tunables.h"

enum ipc_step { STEP_BEGIN, STEP_SEND, STEP_RECEIVE, STEP_TAKE };

/* How many waiting receivers are looked at for one that lives on this CPU. */
#define RECEIVER_SEARCH 16u

/* A receiver on this CPU saves two interrupts. */
static struct thread *receiver_choose(const struct waitq *receivers)
{
    unsigned here = cpu_number(), looked = 0;
    for (struct thread *t = receivers->first; t && looked < RECEIVER_SEARCH; t = t->wait_next, looked++)
        if (t->home == here)
            return t;
    return receivers->first;
}

/* The message moves to the claimed receiver; from here on nothing waits. */
int64_t endpoint_send_continue(struct thread *thread, enum thread_wait kind)
{
    struct thread *receiver = thread->partner;
    if (receiver->home != cpu_number() && tunable(ipc_remote) && !thread->scratch[1]) {
        thread->scratch[1] = 1;
        cpu_self()->forward_cpu = receiver->home;
        return SYSCALL_FORWARD;
    }
    int64_t result = message_transfer(thread, thread, receiver, thread->wait_badge);
    if (result == SYSCALL_FORWARD)
        return result;
    if (result) {
        thread->step = STEP_BEGIN;
        thread_wake_again(receiver);
        return result;
    }
    if (receiver->home != cpu_number())
        cpu_counter_inc(ipc_remote);
    if (kind != WAIT_CALL) {
        thread_wake(receiver);
        return 0;
    }
    cpu_counter_inc(ipc_calls);
    reply_begin(thread, receiver);
    thread_wake(receiver);
    return SYSCALL_BLOCKED;
}

int64_t endpoint_send_claimed(struct thread *thread, struct thread *receiver, enum thread_wait kind)
{
    thread->partner = receiver;
    thread->scratch[0] = thread->scratch[1] = 0;
    thread->step = STEP_SEND;
    return endpoint_send_continue(thread, kind);
}

/* Nobody waits in the shared queue: neither does the sender, where somebody may wait near: then that CPU is returned. */
static uint32_t sender_queue_locked(struct thread *thread, struct endpoint *endpoint, enum thread_wait kind)
{
    uint32_t cpu = near_next(endpoint);
    if (cpu != NEAR_NOWHERE)
        return cpu;
    thread_wait_begin(thread, kind, &endpoint->object);
    waitq_append(&endpoint->senders, thread);
    if (!near_begins(endpoint))
        return NEAR_NOWHERE;
    atomic_fence(); /* pairs with near_wait_cpu() in near.c: the sender in its queue before the look at `near` */
    cpu = near_next(endpoint);
    if (cpu != NEAR_NOWHERE)
        waitq_take(&endpoint->senders, thread);
    return cpu;
}

int64_t endpoint_send(struct thread *thread, const struct cap *cap, enum thread_wait kind, uint64_t deadline)
{
    struct endpoint *endpoint = (struct endpoint *)cap->object;
    struct thread *receiver = near_claim_cpu(endpoint);
    struct gate gate;
    thread->wait_badge = cap->badge;
    if (receiver)
        return endpoint_send_claimed(thread, receiver, kind);
    if (!gate_enter(&gate, pool_of(&endpoint->object), LOCK_CLASS_endpoint, &endpoint->object.lock))
        return syscall_forward(&gate);
    cpuset_track_self(&endpoint->used, cpu_self());
    receiver = receiver_choose(&endpoint->receivers);
    if (!receiver) {
        uint32_t cpu =
            deadline == SLUICE_NOW ? near_next(endpoint) : sender_queue_locked(thread, endpoint, kind);
        gate_leave(&gate);
        if (cpu != NEAR_NOWHERE) {
            cpu_self()->forward_cpu = cpu;
            return SYSCALL_FORWARD;
        }
        return deadline == SLUICE_NOW ? SLUICE_E_WOULD_BLOCK : SYSCALL_BLOCKED;
    }
    waitq_take(&endpoint->receivers, receiver);
    gate_leave(&gate);
    return endpoint_send_claimed(thread, receiver, kind);
}

static int64_t message_send(struct thread *thread, uint64_t slot, enum thread_wait kind)
{
    struct cap cap;
    if (thread->step == STEP_SEND)
        return endpoint_send_continue(thread, kind);
    int64_t result = cap_lookup(thread->cspace, slot, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_WRITE, &cap);
    if (!result)
        result = message_check(thread);
    return result ? result : endpoint_send(thread, &cap, kind, thread->frame.deadline);
}

int64_t sys_call(struct thread *thread, uint64_t *args)
{
    return message_send(thread, args[0], WAIT_CALL);
}

int64_t sys_send(struct thread *thread, uint64_t *args)
{
    return message_send(thread, args[0], WAIT_SEND);
}

/* The answer to a fault lets the thread go on, or not; its registers are not touched. */
static void fault_answer(struct thread *faulted, uint64_t tag)
{
    faulted->in_fault = SLUICE_TAG_LABEL(tag) == 0 ? FAULT_NONE : FAULT_STOP;
    if (faulted->in_fault == FAULT_STOP)
        log_event(SLUICE_EVENT_FAULT, faulted->id, faulted->fault_address, faulted->fault_error);
    faulted->step = faulted->fault_step; /* of the call in which it faulted, if it was in one */
    thread_wake(faulted);
}

/* Answers the caller that `right` names, or the one that is owed an answer when it is NULL. NO_REPLY when it is gone. */
static int64_t answer(struct thread *thread, const struct cap *right)
{
    if (thread->step == STEP_BEGIN) {
        int64_t result = message_check(thread);
        if (result)
            return result;
        thread->partner = right ? reply_claim(right) : reply_claim_owed_cpu(thread);
        if (!thread->partner)
            return SLUICE_E_NO_REPLY;
        thread->scratch[0] = 0;
        thread->step = STEP_SEND;
    }
    struct thread *caller = thread->partner;
    if (caller->in_fault) {
        fault_answer(caller, thread->frame.tag);
        return 0;
    }
    int64_t result = message_transfer(thread, thread, caller, 0);
    if (result == SYSCALL_FORWARD)
        return result;
    if (result == SYSCALL_FAULT) {
        thread->step = STEP_BEGIN;
        reply_unclaim(caller, thread, right);
        return result;
    }
    if (caller->home != cpu_number())
        cpu_counter_inc(ipc_remote);
    thread_wake_result(caller, result);
    return result;
}

static int64_t answer_owed(struct thread *thread)
{
    if (thread->step == STEP_BEGIN && !reply_owed(thread))
        return SLUICE_E_NO_REPLY;
    return answer(thread, NULL);
}

int64_t sys_reply(struct thread *thread, uint64_t *args)
{
    struct cap cap = {0};
    if (args[0] == SLUICE_SLOT_NULL)
        return answer_owed(thread);
    if (thread->step == STEP_BEGIN) {
        int error = cap_read(thread->cspace, args[0], &cap);
        if (error)
            return error;
        if (cap.type != SLUICE_TYPE_REPLY)
            return SLUICE_E_BAD_TYPE;
    }
    return answer(thread, &cap);
}

static int64_t receive_take(struct thread *thread)
{
    struct thread *sender = thread->partner;
    enum thread_wait kind = (enum thread_wait)thread->scratch[2];
    int64_t result = message_transfer(thread, sender, thread, sender->wait_badge);
    if (result == SYSCALL_FORWARD)
        return result;
    if (result) { /* this sender's fault, or a message too long for us: it hears of it, we take the next */
        thread->step = STEP_RECEIVE;
        thread_wake_result(sender, result == SYSCALL_FAULT ? SLUICE_E_BAD_ADDRESS : result);
        return SYSCALL_AGAIN;
    }
    if (sender->home != cpu_number())
        cpu_counter_inc(ipc_remote);
    if (kind == WAIT_CALL) {
        cpu_counter_inc(ipc_calls); /* nobody waited when it was sent */
        reply_begin(sender, thread);
        return 0;
    }
    if (sender->in_fault == FAULT_EXIT)
        sender->in_fault = FAULT_STOP;
    thread_wake_result(sender, 0);
    return 0;
}

static int64_t receive(struct thread *thread, uint64_t slot)
{
    struct cap cap;
    if (thread->step == STEP_TAKE)
        return receive_take(thread);
    thread->step = STEP_RECEIVE;
    int error = cap_lookup(thread->cspace, slot, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_READ, &cap);
    if (error)
        return error;
    struct endpoint *endpoint = (struct endpoint *)cap.object;
    if (thread->frame.deadline != SLUICE_NOW && near_wait_cpu(thread, endpoint)) {
        cpuset_track_self(&endpoint->used, cpu_self());
        thread->step = STEP_BEGIN;
        return SYSCALL_BLOCKED;
    }
    struct gate gate;
    if (!gate_enter(&gate, pool_of(&endpoint->object), LOCK_CLASS_endpoint, &endpoint->object.lock))
        return syscall_forward(&gate);
    cpuset_track_self(&endpoint->used, cpu_self());
    struct thread *sender = endpoint->senders.first;
    bool wait = !sender && thread->frame.deadline != SLUICE_NOW;
    if (sender) {
        thread->scratch[2] = sender->wait_kind;
        waitq_take(&endpoint->senders, sender);
    } else if (wait) {
        thread->step = STEP_BEGIN; /* the answer is sent: if it has to start again, it only receives */
        thread_wait_begin(thread, WAIT_RECEIVE, &endpoint->object);
        waitq_append(&endpoint->receivers, thread);
    }
    gate_leave(&gate);
    if (!sender)
        return wait ? SYSCALL_BLOCKED : SLUICE_E_WOULD_BLOCK;
    thread->partner = sender;
    thread->scratch[0] = 0;
    thread->step = STEP_TAKE;
    return receive_take(thread);
}

int64_t sys_receive(struct thread *thread, uint64_t *args)
{
    if (thread->step == STEP_BEGIN && reply_owed(thread))
        reply_abandon_cpu(thread);
    return receive(thread, args[0]);
}

int64_t sys_reply_receive(struct thread *thread, uint64_t *args)
{
    if (thread->step == STEP_SEND || (thread->step == STEP_BEGIN && reply_owed(thread))) {
        int64_t result = answer_owed(thread);
        if (result && result != SLUICE_E_NO_REPLY)
            return result;
    }
    return receive(thread, args[0]);
}

int64_t sys_reply_save(struct thread *thread, uint64_t *args)
{
    if (thread->reply_caller && thread->home != cpu_number()) {
        cpu_self()->forward_cpu = thread->home; /* an entry of a batch that went on elsewhere */
        return SYSCALL_FORWARD;
    }
    reply_share_cpu(thread);
    if (!thread->reply_to.object || !cap_alive(&thread->reply_to) || !reply_waits(&thread->reply_to))
        return SLUICE_E_NO_REPLY;
    int64_t result = cap_insert(thread->cspace, args[0], &thread->reply_to);
    if (!result)
        thread->reply_to.object = NULL;
    return result;
}

int64_t sys_ipc_window(struct thread *thread, uint64_t *args)
{
    if (args[1] > SLUICE_MESSAGE_LONG_MAX || args[2] >= SLUICE_CSPACE_SLOTS_MAX ||
        args[3] > SLUICE_MESSAGE_CAPS_MAX)
        return SLUICE_E_BAD_ARGUMENT;
    thread->fault_error = SLUICE_FAULT_WRITE;
    if (args[1] && user_check(thread->aspace, args[0], args[1], true, &thread->fault_address))
        return SYSCALL_FAULT;
    thread->window_address = args[1] ? args[0] : 0; /* an address that was not checked is not kept */
    thread->window_bytes = (uint32_t)args[1];
    thread->window_near_bytes = (uint32_t)user_page_rest(args[0], args[1]);
    thread->window_near_generation = 0;
    thread->window_slot = (uint32_t)args[2];
    thread->window_slots = (uint32_t)args[3];
    return 0;
}

/* False: nobody waits near anywhere. */
static bool near_drain(struct endpoint *endpoint, uint32_t *forward)
{
    struct thread *thread = near_claim_cpu(endpoint);
    *forward = near_next(
        endpoint); /* this CPU, if it has more of them; nowhere and here later are the same number */
    if (thread)
        thread_wake_result(thread, SLUICE_E_CANCELED);
    return thread || *forward != NEAR_NOWHERE;
}

bool endpoint_drain(struct endpoint *endpoint, uint32_t *forward)
{
    struct gate gate;
    if (near_drain(endpoint, forward))
        return false;
    if (!gate_enter(&gate, pool_of(&endpoint->object), LOCK_CLASS_endpoint, &endpoint->object.lock)) {
        *forward = gate.cpu;
        return false;
    }
    struct waitq *queue = endpoint->senders.first ? &endpoint->senders : &endpoint->receivers;
    struct thread *thread = queue->first;
    if (thread)
        waitq_take(queue, thread);
    gate_leave(&gate);
    if (!thread)
        return true;
    thread_wake_result(thread, SLUICE_E_CANCELED);
    *forward = UINT32_MAX;
    return false;
}
