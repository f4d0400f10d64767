// SPDX-License-Identifier: MIT
/*
 * The records of the transition engine, shared by leg.c (words and phases), transition.c (grace periods), propose.c
 * (who may begin or reverse one) and watchdog.c (time-outs, delays, going back to the boot policies).
 * Owns: struct transition, one for each (pool, class), made at boot. Context: kernel, interrupts off.
 * Locks: transition_lock, a leaf: nothing is called under it but log_event. Tests: tests/host/test_transition.c.
 */
#pragma once
#include "kernel/boot/platform.h"
#include "kernel/ipc/notification.h"
#include "mm/pool.h"
#include "smp/epoch.h"
#include "smp/lock/leaf.h"
#include "tunables/policy.h"
#include "tunables/tunables.h"
#include <stdbool.h>
#include <stdint.h>

/* What the record's next message means. */
enum transition_wait { TRANSITION_WAIT_GRACE, TRANSITION_WAIT_DELAY };

/* What is left to do for a transition when transition_lock has been given back. */
enum transition_then { TRANSITION_THEN_NOTHING, TRANSITION_THEN_GRACE, TRANSITION_THEN_DELAY };

struct transition_signal {
    struct signal_request request; /* guarded by transition_lock while not armed, else the signaller's */
    uint32_t armed;                /* atomic: from the proposal until the signal was handed on */
};

struct transition {
    /* Guarded by transition_lock. */
    struct transition *next, *previous; /* those under way */
    struct transition_signal *signal;   /* of the proposer; NULL: nobody wants to know */
    uint32_t from, to;                  /* of the present leg: normal policies (policy.h) */
    uint32_t origin, final; /* of the whole way: two legs between two off policies, more when redirected */
    uint8_t phase;  /* enum sluice_phase, but never STUCK; atomic: read without the lock (propose.c) */
    uint8_t stuck;  /* atomic: the same */
    uint8_t wait;   /* enum transition_wait */
    uint8_t graces; /* that have to end before the next step: 2 when a reversal came in between */
    uint8_t forced; /* by the watchdog: nobody reverses it */
    uint64_t wait_began_tsc;
    uint64_t due_tsc;                    /* the wait's time-out or the delay's end; 0: none */
    uint64_t grace_cycles;               /* length of the last grace period */
    struct transition_signal signals[2]; /* a reversed proposer is told while the other one waits */

    /* Whoever carries the transition on, one at a time: the epoch, then a mailbox, then the CPU that does the step; or
     * while it is delayed, CPU 0. */
    struct epoch_waiter epoch;
    struct mailbox_node node;

    /* CPU 0 only. */
    struct transition *due_next;
};

extern struct lock transition_lock;
extern struct transition *transitions;           /* [pools_max][SLUICE_CLASSES_MAX]; fixed after init */
extern struct transition *transitions_under_way; /* guarded by transition_lock */

uint64_t transition_bytes(unsigned pool_count);
/* Boot: over zeroed memory. */
void transition_init(void *memory);

/* leg.c. From steady: enters the list of those under way, and the union on the way to `final`. */
void transition_begin_locked(struct transition *t, uint32_t final);
/* From a steady word in the middle of the way: the next union towards t->final. */
void transition_leg_begin_locked(struct transition *t);
/* From the union to the leg's new policy. */
void transition_leg_leave_locked(struct transition *t);
/* To steady. */
void transition_finish_locked(struct transition *t);
/* A new aim, for one that is under way: turns round where that is the way. */
void transition_redirect_locked(struct transition *t, uint32_t final);
/* Its grace period did not end in time; it did after all. */
void transition_stuck_locked(struct transition *t, bool stuck);
/* transition.c. Notes that a grace period begins now; after unlocking, transition_then asks for it. */
enum transition_then transition_grace_locked(struct transition *t, uint64_t now);
void transition_then(struct transition *t, enum transition_then then, uint64_t due_tsc);

/* CPU 0: time-outs and ends of delays; returns when the next is due, UINT64_MAX: none. */
uint64_t transition_due_cpu(uint64_t now);
/* Tells the proposer, if there is one. */
void transition_signal_send(struct transition_signal *signal);
/* The watchdog's proposal; true when something had to change. */
bool transition_force(struct transition *t, uint32_t policy);

/* watchdog.c: CPU 0 is to look again at this time, if not sooner. */
void watchdog_due_before(uint64_t tsc);
/* watchdog.c: a MAILBOX_TRANSITION message that is the watchdog's own. */
bool watchdog_node_handle(struct mailbox_node *node);

static inline struct transition *transition_of(unsigned pool, unsigned lock_class)
{
    return &transitions[pool * SLUICE_CLASSES_MAX + lock_class];
}

static inline struct pool *transition_pool(const struct transition *t)
{
    return &pools[(unsigned)(t - transitions) / SLUICE_CLASSES_MAX];
}

static inline unsigned transition_class(const struct transition *t)
{
    return (unsigned)(t - transitions) % SLUICE_CLASSES_MAX;
}

/* pool | class << 16, as events and system calls name it. */
static inline uint32_t transition_place(const struct transition *t)
{
    return transition_pool(t)->number | transition_class(t) << 16;
}

/* The present word, with its generation. */
static inline uint32_t transition_word(const struct transition *t)
{
    /* Relaxed: only the holder of transition_lock writes it. */
    return atomic_load_relaxed(&transition_pool(t)->policy[transition_class(t)]);
}

static inline uint64_t cycles_of_us(uint64_t us)
{
    return us * (tsc_hz / 1000000);
}
