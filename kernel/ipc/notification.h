// SPDX-License-Identifier: MIT
/*
 * Notifications: a word of event bits.
 * Owns: struct notification; signal, wait, poll; signals that come from the kernel itself. Context: kernel.
 * Locks: class notification. Tests: tests/user/ipc/.
 */
#pragma once
#include "kernel/cap/object.h"
#include "kernel/ipc/waitq.h"

struct notification {
    struct object object;
    /* Guarded by class notification. */
    uint64_t bits;
    struct waitq waiters;
    struct object_reaper reaper;
};

/* A signal sent by the kernel: an interrupt, a completion. Lies in the object that sends it. */
struct signal_request {
    struct mailbox_node node;
    struct cap notification; /* object NULL: nobody wants to know */
    uint64_t bits;
    uint32_t
        busy; /* atomic: from notification_signal_async until delivered; the sender waits for 0 before the next */
};

/* Delivers now, or on the CPU the notification's policy wants. The notification may be dead: then nothing happens. */
void notification_signal_async(struct signal_request *request);
/* MAILBOX_SIGNAL. */
void notification_signal_handle(struct mailbox_node *node);
/* A new one in memory that is zero or was a notification's: then nobody is queued. */
static inline void notification_init(struct notification *notification)
{
    notification->bits = 0;
}

/* Of a destroyed notification after the grace period: nobody is queued. */
static inline bool notification_is_drained(const struct notification *notification)
{
    return waitq_is_drained(&notification->waiters);
}
/* A destroyed notification: its waiters get CANCELED. False: *forward says on which CPU to go on. */
bool notification_drain(struct notification *notification, uint32_t *forward);
