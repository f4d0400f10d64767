// SPDX-License-Identifier: MIT
/*
 * The transition engine: steady -> union -> grace period -> new -> grace period -> steady, for each (pool, class).
 * Entry points: transition_node_handle, transition_pool_init, transition_pool_idle and those of transition.h. Context:
 * kernel, interrupts off; steps run on the CPU that answered last in a grace period, from its mailbox, where nothing is
 * held; nobody spins. Locks: transition_lock. Model: tests/model/transition.pml. Tests: tests/host/test_transition.c.
 *
 *      word    A|A      B|A (union)     B|A    B|B          B|B        B|B
 *      phase   STEADY   ENTERING ------------> LEAVING --------------> STEADY
 *      users   {A}      {A, A+B}        {A+B}  {A+B, B}     {B}        {B}
 *                       `- grace period 1 -'   `- grace period 2 -'
 * Any two sets used at one time share a lock. A reversal exchanges A and B: in ENTERING the word stays the union; in
 * LEAVING it becomes the union again, and one whole grace period more has to end. A word is written under the lock.
 */
#include "tunables/transition.h"
#include "kernel/log/log.h"
#include "smp/cpu.h"
#include <stddef.h>

struct lock transition_lock;
struct transition *transitions;
static struct transition *transitions_under_way; /* guarded by transition_lock */

uint64_t transition_bytes(unsigned pool_count)
{
    return (uint64_t)pool_count * SLUICE_CLASSES_MAX * sizeof(struct transition);
}

void transition_init(void *memory)
{
    transitions = memory;
}

static void word_publish_locked(struct transition *t, uint32_t set)
{
    uint32_t word = set | (SLUICE_POLICY_GENERATION(transition_word(t)) + 1) << 24;
    unsigned class = transition_class(t);
    /* pairs with epoch_ack_cpu() in smp/epoch.c: the word before the grace period that is asked for after it, so that
     * who answered in that one reads this word at its next gate_enter */
    atomic_store_release(&transition_pool(t)->policy[class], word);
    atomic_store_relaxed(&transition_pool(t)->info->policy[class], word); /* relaxed: for people to look at */
}

static void phase_show_locked(struct transition *t)
{
    uint8_t phase = t->stuck ? SLUICE_PHASE_STUCK : t->phase;
    atomic_store_relaxed(&transition_pool(t)->info->phase[transition_class(t)], phase); /* relaxed: see above */
}

void transition_leg_begin_locked(struct transition *t)
{
    t->from = SLUICE_POLICY_SET(transition_word(t));
    t->to = policy_hop(t->from, t->final);
    t->phase = SLUICE_PHASE_ENTERING;
    t->graces = 1;
    word_publish_locked(t, policy_union(t->from, t->to));
    phase_show_locked(t);
}

void transition_leg_reverse_locked(struct transition *t)
{
    uint32_t from = t->from;
    t->from = t->to;
    t->to = from;
    if (t->phase == SLUICE_PHASE_LEAVING)
        t->graces++; /* the grace period that runs, if one does, began before the union came back */
    t->phase = SLUICE_PHASE_ENTERING;
    word_publish_locked(t, policy_union(t->from, t->to));
    phase_show_locked(t);
}

void transition_redirect_locked(struct transition *t, uint32_t final)
{
    t->origin = t->final;
    t->final = final;
    if (t->to != final && policy_hop(t->to, final) == t->from)
        transition_leg_reverse_locked(t);
}

void transition_begin_locked(struct transition *t, uint32_t final)
{
    t->origin = SLUICE_POLICY_SET(transition_word(t));
    t->final = final;
    t->next = transitions_under_way;
    t->previous = NULL;
    if (t->next)
        t->next->previous = t;
    transitions_under_way = t;
    transition_leg_begin_locked(t);
}

static void transition_finish_locked(struct transition *t)
{
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else
        transitions_under_way = t->next;
    t->forced = 0;
    t->phase = SLUICE_PHASE_STEADY;
    phase_show_locked(t);
    struct sluice_pool_info *info = transition_pool(t)->info;
    counter_add(&info->transitions, 1);
}

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
        t->phase = SLUICE_PHASE_LEAVING;
        t->graces = 1;
        word_publish_locked(t, t->to);
        phase_show_locked(t);
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

static enum transition_then message_locked(struct transition *t, uint64_t now, struct transition_signal **signal)
{
    t->due_tsc = 0;
    if (t->wait == TRANSITION_WAIT_GRACE) {
        t->grace_cycles = now - t->wait_began_tsc;
        t->graces--;
        t->stuck = 0;
        phase_show_locked(t);
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

static void stuck_locked(struct transition *t, uint64_t now)
{
    t->stuck = 1;
    phase_show_locked(t);
    log_event(SLUICE_EVENT_POLICY_STUCK, transition_place(t), transition_word(t), now - t->wait_began_tsc);
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
            stuck_locked(t, now);
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

void transition_pool_init(struct pool *pool)
{
    uint64_t initial = pool->number == POOL_SYSTEM ? tunable(policy_boot) : tunable(policy_pool);
    leaf_lock(&transition_lock);
    for (unsigned class = 0; class < LOCK_CLASS_COUNT; class ++) {
        struct transition *t = transition_of(pool->number, class);
        word_publish_locked(t, policy_for_class(initial, class));
        phase_show_locked(t);
    }
    leaf_unlock(&transition_lock);
}

bool transition_pool_idle(struct pool *pool)
{
    bool idle = true;
    leaf_lock(&transition_lock);
    for (unsigned class = 0; class < LOCK_CLASS_COUNT; class ++)
        idle &= transition_of(pool->number, class)->phase == SLUICE_PHASE_STEADY;
    leaf_unlock(&transition_lock);
    return idle;
}
