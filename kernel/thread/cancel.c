// SPDX-License-Identifier: MIT
/*
 * Ending a wait before its time: deadlines, stop, destroy.
 * Owns: thread.cancel_*. Entry points: thread_cancel_cpu, thread_deadline_reached_cpu, thread_cancel_handle.
 * Context: begins on the home CPU; follows the thread to the CPU whose gate or mailbox holds it. Locks: class endpoint
 * or notification. Tests: tests/user/threads/, tests/user/ipc/.
 *
 * A wait can be ended by whoever claims the thread first. If it is claimed by somebody else, or travels in a mailbox,
 * it will soon be in another place: the home CPU tries again a little later, until the thread is home.
 */
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/near.h"
#include "kernel/ipc/notification.h"
#include "kernel/ipc/reply.h"
#include "kernel/sched/sched.h"
#include "kernel/trap/syscall.h"

/* Tries a second: a try costs less than the wait between two, and 50 us are too short to be noticed. */
#define CANCEL_TRIES_HZ 20000u

enum wait_claim { CLAIMED, NOT_NOW, ELSEWHERE };

static struct waitq *wait_queue(struct thread *thread, struct object *object)
{
    if (object->type == SLUICE_TYPE_NOTIFICATION)
        return &((struct notification *)object)->waiters;
    struct endpoint *endpoint = (struct endpoint *)object;
    return thread->wait_kind == WAIT_RECEIVE ? &endpoint->receivers : &endpoint->senders;
}

static enum wait_claim queue_claim(struct thread *thread, uint32_t sequence, uint32_t *cpu)
{
    /* The object, if we see one, was not empty when this operation began; a grace period ends between the moment when it
     * is and that when its memory goes: object_free_handle() in kernel/cap/object.c. So it is still there. */
    struct object *object = atomic_load_relaxed(&thread->wait_object);
    if (!object)
        return NOT_NOW;
    enum lock_class lock_class =
        object->type == SLUICE_TYPE_NOTIFICATION ? LOCK_CLASS_notification : LOCK_CLASS_endpoint;
    struct gate gate;
    if (!gate_enter(&gate, pool_of(object), lock_class, &object->lock)) {
        *cpu = gate.cpu;
        return ELSEWHERE;
    }
    /* The gate was waited for: it may have been woken meanwhile, and wait here once more. */
    bool queued = thread->wait_object == object && atomic_load_relaxed(&thread->wait_sequence) == sequence;
    if (queued) {
        waitq_take(wait_queue(thread, object), thread);
    }
    gate_leave(&gate);
    return queued ? CLAIMED : NOT_NOW;
}

/* A controller that waits for its target to stop; the list is the target's home's, where the target stays until it is
 * empty. Not even looked at from elsewhere: the target may be gone, and our wake-up on its way. */
static enum wait_claim stopper_claim(struct thread *thread, uint32_t *cpu)
{
    *cpu = thread->remote_cpu;
    if (*cpu != cpu_number())
        return ELSEWHERE;
    if (!thread->partner)
        return NOT_NOW;
    for (struct thread **link = &thread->partner->stoppers; *link; link = &(*link)->wait_next) {
        if (*link == thread) {
            *link = thread->wait_next;
            return CLAIMED;
        }
    }
    return NOT_NOW;
}

/* at_home: the thread's home CPU asks by itself. Some waits only that may end: a message that comes late could find the
 * thread in a newer wait, and nothing else would tell. */
static enum wait_claim wait_claim(struct thread *thread, uint32_t sequence, bool at_home, uint32_t *cpu)
{
    /* pairs with thread_wait_begin() in wait.h: what it waits for, after that it does; verified by each claim */
    switch (atomic_load_acquire(&thread->wait_kind)) {
    case WAIT_SLEEP:
        return at_home ? CLAIMED : NOT_NOW;
    case WAIT_SEND:
    case WAIT_CALL:
    case WAIT_RECEIVE:
    case WAIT_NOTIFICATION:
        return queue_claim(thread, sequence, cpu);
    case WAIT_REPLY:
        return at_home && reply_cancel_cpu(thread) ? CLAIMED : NOT_NOW;
    case WAIT_RECEIVE_NEAR:
        return near_cancel_cpu(thread) ? CLAIMED : NOT_NOW;
    case WAIT_CONTROL:
        return stopper_claim(thread, cpu);
    case WAIT_GRACE:
        return at_home && pool_destroyer_gone(thread) ? CLAIMED : NOT_NOW;
    case WAIT_REMOTE:
        *cpu = thread->remote_cpu;
        return *cpu == cpu_number() ? NOT_NOW : ELSEWHERE;
    default:
        return NOT_NOW;
    }
}

static void cancel_send(struct thread *thread, uint32_t cpu, int64_t result)
{
    /* pairs with thread_cancel_handle() in cancel.c: the node is ours again before it is sent again */
    if (atomic_load_acquire(&thread->cancel_busy))
        return;
    atomic_store_relaxed(&thread->cancel_busy, 1); /* relaxed: the mailbox orders it */
    thread->cancel_sent = result;
    thread->cancel_sequence = thread->wait_sequence;
    cpu_send(cpu, &thread->cancel_node, MAILBOX_CANCEL);
}

void thread_cancel_cpu(struct thread *thread, int64_t result)
{
    uint32_t cpu;
    switch (wait_claim(thread, thread->wait_sequence, true, &cpu)) {
    case CLAIMED:
        thread_wake_result(thread, result);
        return;
    case ELSEWHERE:
        cancel_send(thread, cpu, result);
        break;
    case NOT_NOW:
        break;
    }
    thread->cancel_result = result;
    if (thread->deadline_tsc)
        deadline_remove(cpu_self(), thread);
    deadline_add(cpu_self(), thread, clock_tsc() + tsc_hz / CANCEL_TRIES_HZ);
}

void thread_deadline_reached_cpu(struct thread *thread)
{
    thread_cancel_cpu(thread, thread->cancel_result ? thread->cancel_result : SLUICE_E_TIMEOUT);
}

void thread_cancel_handle(struct mailbox_node *node)
{
    struct thread *thread = (struct thread *)((char *)node - offsetof(struct thread, cancel_node));
    int64_t result = thread->cancel_sent;
    uint32_t cpu;
    enum wait_claim claim = NOT_NOW;
    if (atomic_load_relaxed(&thread->wait_sequence) == thread->cancel_sequence)
        claim = wait_claim(thread, thread->cancel_sequence, false, &cpu);
    if (claim == ELSEWHERE) {
        cpu_send(cpu, node, MAILBOX_CANCEL);
        return;
    }
    /* We are done with the node before it is sent again: pairs with cancel_send() in cancel.c; and before its memory is
     * free: pairs with object_finish() in object.c. */
    atomic_store_release(&thread->cancel_busy, 0);
    if (claim == CLAIMED)
        thread_wake_result(thread, result);
}
