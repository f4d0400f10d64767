// SPDX-License-Identifier: MIT
/*
 * The transition engine: what is done when a grace period or a delay is over, and when one takes too long.
 * Entry points: transition_node_handle, transition_due_cpu, and those of transition.h that leg.c has not. Context:
 * kernel, interrupts off; steps run on the CPU that answered last in a grace period, from its mailbox, where nothing is
 * held; nobody spins. Locks: transition_lock. Model: tests/model/transition.pml. Tests: tests/host/test_transition.c.
 *
 *      propose -> union -> epoch_wait ... grace_over -> mailbox -> [delay] -> new -> epoch_wait ... -> mailbox -> steady
 */
#include "kernel/log/log.h"
#include "smp/cpu.h"
#include "tunables/transition.h"
#include <stddef.h>

enum transition_then transition_grace_locked(struct transition *t, uint64_t now)
{
    t->wait = TRANSITION_WAIT_GRACE;
    t->wait_began_tsc = now;
    t->due_tsc = now + cycles_of_us(tunable(transition_timeout));
    return TRANSITION_THEN_GRACE;
}

static enum transition_then transition_delay_locked(struct transition *t, uint64_t until)
{
    t->wait = TRANSITION_WAIT_DELAY;
    t->due_tsc = until;
    return TRANSITION_THEN_DELAY;
}

static void grace_over(struct epoch_waiter *waiter)
{
    struct transition *t = (struct transition *)((char *)waiter - offsetof(struct transition, epoch));
    cpu_send(cpu_number(), &t->node, MAILBOX_TRANSITION);
}

void transition_then(struct transition *t, enum transition_then then, uint64_t due_tsc)
{
    if (then == TRANSITION_THEN_NOTHING)
        return;
    /* First, as from epoch_wait on another CPU may carry the transition on; a time too early does no harm. */
    watchdog_due_before(due_tsc);
    if (then == TRANSITION_THEN_GRACE)
        epoch_wait(&t->epoch, grace_over);
}

void transition_signal_send(struct transition_signal *signal)
{
    if (!signal)
        return;
    notification_signal_async(&signal->request);
    /* pairs with signal_take() in propose.c: the request's use here before its next use there */
    atomic_store_release(&signal->armed, 0);
}

/* The grace periods asked for have ended, and the delay. */
static enum transition_then step_locked(struct transition *t, uint64_t now, struct transition_signal **signal)
{
    if (t->phase == SLUICE_PHASE_ENTERING) {
        log_event(SLUICE_EVENT_POLICY_ENTERED, transition_place(t), transition_word(t), t->grace_cycles);
        transition_leg_leave_locked(t);
        return transition_grace_locked(t, now);
    }
    log_event(SLUICE_EVENT_POLICY_CHANGED, transition_place(t), transition_word(t), t->grace_cycles);
    if (t->to != t->final) {
        transition_leg_begin_locked(t);
        return transition_grace_locked(t, now);
    }
    *signal = t->signal;
    t->signal = NULL;
    transition_finish_locked(t);
    return TRANSITION_THEN_NOTHING;
}

static enum transition_then message_locked(struct transition *t, uint64_t now,
                                           struct transition_signal **signal)
{
    t->due_tsc = 0;
    if (t->wait == TRANSITION_WAIT_GRACE) {
        t->grace_cycles = now - t->wait_began_tsc;
        t->graces--;
        transition_stuck_locked(t, false);
        uint64_t delay_us = tunable(transition_delay);
        if (!t->graces && delay_us)
            return transition_delay_locked(t, now + cycles_of_us(delay_us));
    }
    if (t->graces)
        return transition_grace_locked(t, now);
    return step_locked(t, now, signal);
}

void transition_node_handle(struct mailbox_node *node)
{
    if (watchdog_node_handle(node))
        return;
    struct transition *t = (struct transition *)((char *)node - offsetof(struct transition, node));
    struct transition_signal *signal = NULL;
    uint64_t now = clock_tsc();
    leaf_lock(&transition_lock);
    enum transition_then then = message_locked(t, now, &signal);
    uint64_t due_tsc = t->due_tsc;
    leaf_unlock(&transition_lock);
    transition_then(t, then, due_tsc);
    transition_signal_send(signal);
}

uint64_t transition_due_cpu(uint64_t now)
{
    struct transition *delayed = NULL;
    uint64_t next = UINT64_MAX;
    leaf_lock(&transition_lock);
    for (struct transition *t = transitions_under_way; t; t = t->next) {
        if (t->due_tsc > now && t->due_tsc < next)
            next = t->due_tsc;
        if (!t->due_tsc || t->due_tsc > now)
            continue;
        t->due_tsc = 0;
        if (t->wait == TRANSITION_WAIT_GRACE) {
            transition_stuck_locked(t, true);
            log_event(SLUICE_EVENT_POLICY_STUCK, transition_place(t), transition_word(t),
                      now - t->wait_began_tsc);
        } else {
            t->due_next = delayed;
            delayed = t;
        }
    }
    leaf_unlock(&transition_lock);
    while (delayed) {
        struct transition *t = delayed;
        delayed = t->due_next;
        cpu_send(cpu_number(), &t->node, MAILBOX_TRANSITION);
    }
    return next;
}
