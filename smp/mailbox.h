// SPDX-License-Identifier: MIT
/*
 * Mailboxes and pending words: how one CPU asks another to do something.
 * Owns: struct mailbox (a queue of many producers and one consumer whose nodes live in the senders' objects, so it
 * cannot overflow) and the bits of a CPU's pending word. Context: send from any CPU in the kernel, or another CPU's
 * mailbox handler; drain on the owner only. Locks: none. Model: tests/model/mailbox.pml. Tests: tests/host/test_mailbox.c.
 *
 * A node is owned by its object until sent, by the mailbox until handled; it must not be sent twice in between.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Reasons in a CPU's pending word. A sender that finds the word zero sends the IPI; otherwise one is on its way. */
enum pending_bit {
    PENDING_RESCHEDULE = 1,
    PENDING_MAILBOX = 2,
    PENDING_TLB = 4,
    PENDING_EPOCH = 8,
    PENDING_STOP = 16,
};

/* What a message asks for. One handler each, in mailbox_handlers[] (smp/messages.c). */
enum mailbox_op {
    MAILBOX_WAKE,           /* a claimed thread: make it ready at its home */
    MAILBOX_SYSCALL,        /* a blocked thread: run its system call here */
    MAILBOX_CANCEL,         /* end the wait of a thread, if it still waits (thread.cancel_node) */
    MAILBOX_THREAD_DESTROY, /* end a thread, at its home (thread.reaper) */
    MAILBOX_SIGNAL,         /* an interrupt or completion: signal its notification here */
    MAILBOX_OBJECT_FREE,    /* destroyed objects whose grace period ended: give their memory back */
    MAILBOX_POOL_DESTROY,   /* next step of a pool's destruction */
    MAILBOX_TRANSITION,     /* next step of a policy transition */
    MAILBOX_OP_COUNT
};

struct mailbox_node {
    struct mailbox_node *next; /* atomic: with the other senders and the owner */
    uint32_t op;               /* enum mailbox_op; fixed while sent */
    uint32_t unused;
};

struct mailbox {
    struct mailbox_node *head; /* atomic: senders push here, newest first */
};

/* Adds the node; the handler runs in the order of sending of each sender. Full fence. */
void mailbox_push(struct mailbox *box, struct mailbox_node *node);
/* Takes everything, oldest first; owner only. */
struct mailbox_node *mailbox_take(struct mailbox *box);

/* Kernel glue, smp/cpu.c: push, set the bit, and send the IPI if it is needed. */
void cpu_send(unsigned cpu, struct mailbox_node *node, enum mailbox_op op);
void cpu_notify(unsigned cpu, uint32_t bits);
