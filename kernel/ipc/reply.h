// SPDX-License-Identifier: MIT
/*
 * The right to answer a call, once: in one of two forms.
 * Owns: thread.reply_caller, .reply_to, .reply_word. Entry points: below. Context: kernel; _cpu forms on the home CPU of
 * the thread named. Locks: none. Tests: tests/user/ipc/, tests/user/races/.
 *
 *   near   caller and server live on one CPU: server->reply_caller and caller->partner name each other. Only that CPU
 *          looks at them, so a call and its answer do no atomic operation and check no generations: whatever ends the
 *          caller's wait, or the server, runs there and unties them.
 *   far    a capability of type REPLY, in server->reply_to or in a slot: object the caller, badge the caller's
 *          reply_word as it was then (bit 0 waiting, bits 1.. sequence). Claimed by compare-and-swap, on any CPU.
 *
 * A near right becomes far when the server moves to another CPU, or saves it in a slot.
 */
#pragma once
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include <stdbool.h>
#include <stdint.h>

#define REPLY_WAITING 1ull
#define REPLY_SEQUENCE 2ull

/* The caller (blocked or about to be, owned by this operation) begins to wait for the replier's answer. */
void reply_begin(struct thread *caller, struct thread *replier);

/* The far form of it. */
void reply_begin_far(struct thread *caller, struct thread *replier);
/* The near form of it: both live on this CPU. */
static inline void reply_begin_near_cpu(struct thread *caller, struct thread *replier)
{
    caller->partner = replier;
    replier->reply_caller = caller;
}

/* Does it owe an answer? Its own operations ask. */
static inline bool reply_owed(const struct thread *replier)
{
    return replier->reply_caller || replier->reply_to.object;
}

/* Claims the caller that the replier owes an answer: its operation's from then on. NULL: it does not wait any more. The
 * right is spent in either case. */
struct thread *reply_claim_owed_cpu(struct thread *replier);
/* The same for a right from a slot; NULL as above. */
struct thread *reply_claim(const struct cap *right);
/* A claim is given back: the caller waits on. `right`: it was claimed by that; NULL: it was owed by `replier`. */
void reply_unclaim(struct thread *caller, struct thread *replier, const struct cap *right);
/* The near right becomes a far one in reply_to. */
void reply_share_cpu(struct thread *replier);
/* The caller's home CPU ends its wait: true when it won. */
bool reply_cancel_cpu(struct thread *caller);
/* Rights are lost: their callers get PEER_DIED. */
void reply_abandon_cpu(struct thread *replier);
void reply_drop(const struct cap *right);

/* Does the caller that this living right names still wait for it? */
static inline bool reply_waits(const struct cap *right)
{
    /* Relaxed: a right never comes back to life, so an old answer is only too careful. */
    return atomic_load_relaxed(&((struct thread *)right->object)->reply_word) == right->badge;
}
