// SPDX-License-Identifier: MIT
/*
 * Entering and leaving a kernel made of threads: messages, the way out, idling.
 * Owns: fake_exit, fake_idle and cpu_send, declared in fake_cpu.h. Link with it: tests/host/fake_cpu.c, smp/mailbox.c,
 * smp/epoch.c, smp/lock/gate.c smp/lock/gate_any.c, smp/lock/wait.c, smp/lock/check.c. Context: host tests.
 */
#include "smp/epoch.h"
#include "smp/lock/gate.h"
#include "tests/host/fake_cpu.h"
#include <sched.h>

void (*fake_message)(struct mailbox_node *node);

__attribute__((weak)) void cpu_send(unsigned cpu, struct mailbox_node *node, enum mailbox_op op)
{
    node->op = op;
    mailbox_push(&cpus[cpu]->mailbox, node);
    cpu_notify(cpu, PENDING_MAILBOX);
}

static void messages_handle(void)
{
    struct mailbox_node *node = mailbox_take(&fake_self->mailbox);
    while (node) {
        struct mailbox_node *next = node->next; /* handling may send the node again */
        fake_message(node);
        node = next;
    }
}

void fake_exit(void)
{
    uint32_t bits;
    gate_kernel_exit_cpu();
    while ((bits = atomic_exchange(&fake_self->pending, 0u))) {
        if (bits & PENDING_MAILBOX)
            messages_handle();
        gate_kernel_exit_cpu();
        if (bits & PENDING_EPOCH)
            epoch_ack_cpu();
    }
}

void fake_idle(bool (*awake)(void *context), void *context)
{
    fake_exit();
    epoch_idle_enter_cpu();
    while (!fake_interrupted() && !(awake && awake(context)))
        sched_yield();
    epoch_idle_leave_cpu();
    fake_exit();
}
