// SPDX-License-Identifier: MIT
/*
 * Interrupt lines: bound to a notification, masked from the interrupt until irq_ack.
 * Owns: irqs[]. Entry points: irq_interrupt, sys_irq_bind, sys_irq_ack. Context: CPU 0, to which all lines are routed;
 * calls from elsewhere are forwarded there. Locks: class notification, inside the signal. Tests: tests/boot/.
 */
#include "kernel/irq/irq.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"

/* The CPU that all lines are routed to, and whose interrupts-off state guards them. */
#define IRQ_CPU 0u

struct irq irqs[SLUICE_BOOT_IRQS];

void irq_interrupt(unsigned line)
{
    struct irq *irq = &irqs[line];
    irq_line_mask(line);
    cpu_counter_inc(irqs);
    irq->count++;
    /* pairs with notification_signal_handle() in notification.c: an edge that came before the line was masked, while the
     * last signal is still under way to another CPU, is told by that one */
    if (!atomic_load_acquire(&irq->request.busy))
        notification_signal_async(&irq->request);
}

/* 0 with *irq set, an error, or SYSCALL_FORWARD. */
static int64_t irq_find(struct thread *thread, uint64_t slot, struct irq **irq)
{
    struct cap cap;
    int error = cap_lookup(thread->cspace, slot, SLUICE_TYPE_IRQ, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    *irq = (struct irq *)cap.object;
    cpu_self()->forward_cpu = IRQ_CPU;
    return cpu_number() == IRQ_CPU ? 0 : SYSCALL_FORWARD;
}

int64_t sys_irq_bind(struct thread *thread, uint64_t *args)
{
    struct irq *irq;
    struct cap notification = {0};
    int64_t result = irq_find(thread, args[0], &irq);
    if (!result && args[1])
        result =
            cap_lookup(thread->cspace, args[1], SLUICE_TYPE_NOTIFICATION, SLUICE_RIGHT_WRITE, &notification);
    if (result)
        return result;
    /* pairs with notification_signal_handle() in notification.c: a signal under way still reads the old binding */
    if (atomic_load_acquire(&irq->request.busy))
        return SLUICE_E_BUSY;
    irq_line_mask(irq->line);
    irq->request.notification = notification;
    irq->request.bits = notification.badge ? notification.badge : args[2];
    return 0;
}

int64_t sys_irq_ack(struct thread *thread, uint64_t *args)
{
    struct irq *irq;
    int64_t result = irq_find(thread, args[0], &irq);
    if (result)
        return result;
    /* pairs with notification_signal_handle() in notification.c: the last signal is delivered before the next comes */
    if (atomic_load_acquire(&irq->request.busy))
        return SLUICE_E_AGAIN;
    irq_line_unmask(irq->line, cpus[IRQ_CPU]->apic_id);
    return 0;
}
