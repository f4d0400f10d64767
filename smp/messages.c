// SPDX-License-Identifier: MIT
/*
 * What a mailbox message does when it arrives.
 * Entry point: mailbox_drain_cpu. Context: kernel exit of the CPU whose mailbox it is. Locks: the handlers'.
 * Tests: tests/host/test_mailbox.c (the queue); everything in QEMU (the handlers).
 */
#include "smp/messages.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/notification.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/pool.h"
#include "smp/cpu.h"
#include "tunables/tunables.h"

static void wake_handle(struct mailbox_node *node)
{
    thread_wake(thread_of_node(node));
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

void mailbox_drain_cpu(void)
{
    struct mailbox_node *node = mailbox_take(&cpu_self()->mailbox);
    while (node) {
        struct mailbox_node *next = node->next; /* the handler may send the node on */
        cpu_counter_inc(mailbox_messages);
        mailbox_handlers[node->op](node);
        node = next;
    }
}
