// SPDX-License-Identifier: MIT
/*
 * Interrupt lines as objects: bound to a notification, masked from the interrupt until irq_ack.
 * Owns: struct irq, irq_bind, irq_ack. Context: irq_interrupt on the CPU that took it. Locks: none: a line's state is
 * changed by the CPU it is routed to (CPU 0). Tests: tests/boot/ (the serial driver lives of it).
 */
#pragma once
#include "kernel/abi/boot.h"
#include "kernel/cap/object.h"
#include "kernel/ipc/notification.h"

struct irq {
    struct object object; /* in the system pool */
    uint32_t line;
    uint64_t count; /* CPU 0 only */
    struct signal_request request;
};

extern struct irq irqs[SLUICE_BOOT_IRQS]; /* made at boot */

/* Interrupt of this line; it is masked on return. */
void irq_interrupt(unsigned line);
