// SPDX-License-Identifier: MIT
/*
 * What a mailbox message does when it arrives.
 * Entry point: mailbox_drain_cpu. Context: kernel exit of the CPU whose mailbox it is. Locks: the handlers'.
 * Tests: tests/host/test_mailbox.c (the queue); everything in QEMU (the handlers).
 */
#include "smp/messages.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/reaper.h"
#include "kernel/ipc/notification.h"
#include "kernel/thread/wake.h"
#include "kernel/trap/syscall.h"
#include "mm/pool.h"
#include "smp/cpu.h"
#include "tunables/tunables.h"

static void wake_handle(struct mailbox_node *node)
{
    thread_wake_any(cpu_self(), thread_of_node(node));
}

static void syscall_handle(struct mailbox_node *node)
{
    syscall_run(thread_of_node(node));
}

static void (*const mailbox_handlers[MAILBOX_OP_COUNT])(struct mailbox_node *) = {
    [MAILBOX_WAKE] = wake_handle,
    [MAILBOX_SYSCALL] = syscall_handle,
    [MAILBOX_CANCEL] = thread_cancel_handle,
    [MAILBOX_THREAD_DESTROY] = thread_destroy_handle,
    [MAILBOX_SIGNAL] = notification_signal_handle,
    [MAILBOX_OBJECT_FREE] = object_free_handle,
    [MAILBOX_POOL_DESTROY] = pool_life_handle,
    [MAILBOX_TRANSITION] = transition_node_handle,
};

/* Messages handled before the way out looks at the pending word again: a flood of them (objects whose grace period
 * ended) must not keep this CPU from answering the next one. */
#define MESSAGES_MOST 16u

static struct mailbox_node *message_next(struct cpu *self)
{
    struct mailbox_node *node = self->messages ? self->messages : mailbox_take(&self->mailbox);
    self->messages = node ? node->next : NULL; /* read first: the handler may send the node on */
    return node;
}

void mailbox_drain_cpu(void)
{
    struct cpu *self = cpu_self();
    for (unsigned i = 0; i < MESSAGES_MOST; i++) {
        struct mailbox_node *node = message_next(self);
        if (!node)
            return;
        cpu_counter_inc(mailbox_messages);
        mailbox_handlers[node->op](node);
    }
    atomic_fetch_or(&self->pending, PENDING_MAILBOX); /* on the way out: no IPI */
}
