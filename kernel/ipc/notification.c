// SPDX-License-Identifier: MIT
/*
 * Notifications: signal, wait, poll, and signals that the kernel itself sends.
 * Owns: the bits and waiters of notifications. Context: the CPU that the notification's policy wants.
 * Locks: class notification. Tests: tests/user/ipc/.
 *
 * A bit that is set is either in notification->bits, or was handed to exactly one waiter whose mask names it.
 */
#include "kernel/ipc/notification.h"
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/wait.h"
#include "kernel/trap/syscall.h"

/* Takes a satisfied waiter off the queue and gives it its bits. */
static void waiter_satisfy_locked(struct notification *notification, struct thread *waiter)
{
    waitq_take(&notification->waiters, waiter);
    uint64_t bits = notification->bits & waiter->wait_badge;
    notification->bits &= ~bits;
    frame_args(&waiter->frame)[2] = bits;
}

/* Whoever the bits satisfy, first come, first served; linked by wait_next. Once along the queue: whom all bits did not
 * satisfy, those that are left do not either. */
static inline struct thread *waiters_take_locked(struct notification *notification)
{
    struct thread *woken = NULL, *next;
    for (struct thread *waiter = notification->waiters.first; waiter && notification->bits; waiter = next) {
        next = waiter->wait_next;
        if (!(waiter->wait_badge & notification->bits))
            continue;
        waiter_satisfy_locked(notification, waiter);
        waiter->wait_next = woken;
        woken = waiter;
    }
    return woken;
}

/* False: the CPU to do it on is in gate->cpu. */
static inline bool notification_signal(struct gate *gate, struct notification *notification,
                                       struct pool *pool, uint64_t bits)
{
    if (!gate_enter(gate, pool, LOCK_CLASS_notification, &notification->object.lock))
        return false;
    notification->bits |= bits;
    struct thread *woken = notification->waiters.first ? waiters_take_locked(notification) : NULL;
    gate_leave(gate); /* they are woken after the gate */
    cpu_counter_inc(signals);
    while (woken) {
        struct thread *waiter = woken;
        woken = woken->wait_next;
        thread_wake_result(waiter, 0);
    }
    return true;
}

int64_t sys_signal(struct thread *thread, uint64_t *args)
{
    struct cap_found found;
    struct gate gate;
    int error =
        cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_NOTIFICATION, SLUICE_RIGHT_WRITE, &found);
    if (error)
        return error;
    uint64_t bits = found.badge ? found.badge : args[1];
    bool done = notification_signal(&gate, (struct notification *)found.object, found.pool, bits);
    return done ? 0 : syscall_forward(&gate);
}

static __attribute__((always_inline)) inline int64_t notification_wait(struct thread *thread, uint64_t *args,
                                                                       bool wait)
{
    struct cap_found found;
    struct gate gate;
    int error =
        cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_NOTIFICATION, SLUICE_RIGHT_READ, &found);
    if (error)
        return error;
    if (args[1] == 0)
        return SLUICE_E_BAD_ARGUMENT;
    struct notification *notification = (struct notification *)found.object;
    if (!gate_enter(&gate, found.pool, LOCK_CLASS_notification, &notification->object.lock))
        return syscall_forward(&gate);
    uint64_t bits = notification->bits & args[1];
    notification->bits &= ~bits;
    bool block = !bits && wait;
    if (block) {
        thread->wait_badge = args[1];
        thread_wait_begin(thread, WAIT_NOTIFICATION, &notification->object);
        waitq_append(&notification->waiters, thread);
    }
    gate_leave(&gate);
    if (block)
        return SYSCALL_BLOCKED;
    args[2] = bits;
    return 0;
}

int64_t sys_wait(struct thread *thread, uint64_t *args)
{
    if (args[0] == SLUICE_SLOT_NULL) {
        if (args[2] == SLUICE_NOW)
            return SLUICE_E_TIMEOUT;
        thread_wait_begin(thread, WAIT_SLEEP, NULL);
        return SYSCALL_BLOCKED;
    }
    int64_t result = notification_wait(thread, args, args[2] != SLUICE_NOW);
    if (result == 0 && args[2] == 0)
        return SLUICE_E_WOULD_BLOCK;
    return result;
}

int64_t sys_poll(struct thread *thread, uint64_t *args)
{
    return notification_wait(thread, args, false);
}

void notification_signal_async(struct signal_request *request)
{
    if (!request->notification.object)
        return;
    atomic_store_relaxed(&request->busy, 1); /* relaxed: the node's way through a mailbox orders it */
    notification_signal_handle(&request->node);
}

void notification_signal_handle(struct mailbox_node *node)
{
    struct signal_request *request =
        (struct signal_request *)((char *)node - offsetof(struct signal_request, node));
    struct object *object = request->notification.object;
    struct gate gate;
    if (cap_alive(&request->notification) &&
        !notification_signal(&gate, (struct notification *)object, pool_of(object), request->bits)) {
        cpu_send(gate.cpu, node, MAILBOX_SIGNAL);
        return;
    }
    /* pairs with the acquire loads of `busy` in irq.c and transition.c: the request is read before it is reused */
    atomic_store_release(&request->busy, 0);
}

bool notification_drain(struct notification *notification, uint32_t *forward)
{
    struct gate gate;
    if (!gate_enter(&gate, pool_of(&notification->object), LOCK_CLASS_notification,
                    &notification->object.lock)) {
        *forward = gate.cpu;
        return false;
    }
    struct thread *thread = notification->waiters.first;
    if (thread) {
        waitq_take(&notification->waiters, thread);
    }
    gate_leave(&gate);
    if (!thread)
        return true;
    thread_wake_result(thread, SLUICE_E_CANCELED);
    *forward = UINT32_MAX;
    return false;
}
