// SPDX-License-Identifier: MIT
/*
 * Legs of a transition: the policy word goes from steady to the union, to the new one, to steady again.
 * Owns: the transition records, the policy words, their copies in the pool infos. Entry points: those of transition.h;
 * transition_pool_init, transition_pool_idle. Context: kernel, interrupts off. Locks: transition_lock, held by the
 * callers of the _locked forms. Model: tests/model/transition.pml. Tests: tests/host/test_transition.c.
 *
 *      word    A|A      B|A (union)     B|A    B|B          B|B        B|B
 *      phase   STEADY   ENTERING ------------> LEAVING --------------> STEADY
 *      users   {A}      {A, A+B}        {A+B}  {A+B, B}     {B}        {B}
 *                       `- grace period 1 -'   `- grace period 2 -'
 * Any two of the sets in one column share a lock.
 */
#include "kernel/log/log.h"
#include "smp/cpu.h"
#include "tunables/transition.h"

struct lock transition_lock;
struct transition *transitions;
struct transition *transitions_under_way;

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
    unsigned lock_class = transition_class(t);
    /* The grace period is asked for later, and its number is stored by a full fence (smp/epoch.c), so who answers it
     * reads this word at the next gate_enter. pairs with gate_policy() in smp/lock/gate.h: what was done before the last
     * grace period, under locks that the new policy lacks, before what is done under it.
     * pairs with status_read() in propose.c: the phase before the word. */
    atomic_store_release(&transition_pool(t)->policy[lock_class], word);
    /* Relaxed: for people to look at. */
    atomic_store_relaxed(&transition_pool(t)->info->policy[lock_class], word);
}

static void phase_show_locked(struct transition *t)
{
    uint8_t phase = t->stuck ? SLUICE_PHASE_STUCK : t->phase;
    /* Relaxed: for people to look at. */
    atomic_store_relaxed(&transition_pool(t)->info->phase[transition_class(t)], phase);
}

void transition_stuck_locked(struct transition *t, bool stuck)
{
    atomic_store_relaxed(&t->stuck,
                         (uint8_t)stuck); /* relaxed: it says only how long the phase lasts already */
    phase_show_locked(t);
}

void transition_leg_begin_locked(struct transition *t)
{
    t->from = SLUICE_POLICY_SET(transition_word(t));
    t->to = policy_hop(t->from, t->final);
    atomic_store_relaxed(&t->phase, (uint8_t)SLUICE_PHASE_ENTERING);
    t->graces = 1;
    word_publish_locked(t, policy_union(t->from, t->to));
    phase_show_locked(t);
}

void transition_leg_leave_locked(struct transition *t)
{
    atomic_store_relaxed(&t->phase, (uint8_t)SLUICE_PHASE_LEAVING);
    t->graces = 1;
    word_publish_locked(t, t->to);
    phase_show_locked(t);
}

static void leg_reverse_locked(struct transition *t)
{
    uint32_t from = t->from;
    t->from = t->to;
    t->to = from;
    if (t->phase == SLUICE_PHASE_LEAVING)
        t->graces++; /* the grace period that runs, if one does, began before the union came back */
    atomic_store_relaxed(&t->phase, (uint8_t)SLUICE_PHASE_ENTERING);
    word_publish_locked(t, policy_union(t->from, t->to));
    phase_show_locked(t);
}

void transition_redirect_locked(struct transition *t, uint32_t final)
{
    t->origin = t->final;
    t->final = final;
    if (t->to != final && policy_hop(t->to, final) == t->from)
        leg_reverse_locked(t);
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

void transition_finish_locked(struct transition *t)
{
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else
        transitions_under_way = t->next;
    t->forced = 0;
    atomic_store_relaxed(&t->phase, (uint8_t)SLUICE_PHASE_STEADY);
    phase_show_locked(t);
    counter_add(&transition_pool(t)->info->transitions, 1);
}

void transition_pool_init(struct pool *pool)
{
    uint64_t initial = pool->number == POOL_SYSTEM ? tunable(policy_boot) : tunable(policy_pool);
    leaf_lock(&transition_lock);
    for (unsigned lock_class = 0; lock_class < LOCK_CLASS_COUNT; lock_class++) {
        struct transition *t = transition_of(pool->number, lock_class);
        word_publish_locked(t, policy_for_class(initial, lock_class));
        phase_show_locked(t);
    }
    leaf_unlock(&transition_lock);
}

bool transition_pool_idle(struct pool *pool)
{
    bool idle = true;
    leaf_lock(&transition_lock);
    for (unsigned lock_class = 0; lock_class < LOCK_CLASS_COUNT; lock_class++)
        idle &= transition_of(pool->number, lock_class)->phase == SLUICE_PHASE_STEADY;
    leaf_unlock(&transition_lock);
    return idle;
}
