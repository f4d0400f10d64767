// SPDX-License-Identifier: MIT
/*
 * Reply rights: made by a call, spent by the first who claims them.
 * Owns: the two forms of reply.h. Entry points: reply.h. Context: kernel, see there. Locks: none.
 * Tests: tests/user/ipc/, tests/user/races/.
 *
 *      caller's CPU                       replier's CPU          (far; a near right has one CPU only)
 *      word |= WAITING (reply_begin)
 *      right handed over            ->    claim: WAITING -> 0      one of the two wins
 *      deadline: WAITING -> 0
 */
#include "kernel/ipc/reply.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/wait.h"
#include "smp/cpu.h"

/* partner == NULL says that the wait is of this form. */
void reply_begin_far(struct thread *caller, struct thread *replier)
{
    uint64_t word = ((caller->reply_word & ~REPLY_WAITING) + REPLY_SEQUENCE) | REPLY_WAITING;
    caller->partner = NULL;
    thread_wait_begin(caller, WAIT_REPLY, NULL);
    replier->reply_to = cap_make(&caller->object, SLUICE_TYPE_REPLY);
    replier->reply_to.badge = word;
    /* pairs with reply_claim() in reply.c: the wait is complete before it can be claimed */
    atomic_store_release(&caller->reply_word, word);
}

void reply_begin(struct thread *caller, struct thread *replier)
{
    unsigned here = cpu_number();
    if (caller->home == here && replier->home == here) {
        thread_wait_begin(caller, WAIT_REPLY, NULL);
        reply_begin_near_cpu(caller, replier);
    } else {
        reply_begin_far(caller, replier);
    }
}

static struct thread *claim_near_cpu(struct thread *replier)
{
    struct thread *caller = replier->reply_caller;
    replier->reply_caller = NULL;
    caller->partner = NULL;
    caller->wait_kind = WAIT_NONE;
    return caller;
}

struct thread *reply_claim(const struct cap *right)
{
    struct thread *caller = (struct thread *)right->object;
    if (!cap_alive(right))
        return NULL;
    /* pairs with reply_begin_far() in reply.c: the word before what it tells about (the swap is a full fence) */
    if (!atomic_cas(&caller->reply_word, right->badge, right->badge & ~REPLY_WAITING))
        return NULL;
    caller->wait_kind = WAIT_NONE;
    return caller;
}

struct thread *reply_claim_owed_cpu(struct thread *replier)
{
    assert(!replier->reply_caller || replier->home == cpu_number());
    if (replier->reply_caller)
        return claim_near_cpu(replier);
    struct thread *caller = reply_claim(&replier->reply_to);
    replier->reply_to.object = NULL;
    return caller;
}

void reply_unclaim(struct thread *caller, struct thread *replier, const struct cap *right)
{
    if (!right) {
        reply_begin(caller, replier);
        return;
    }
    caller->wait_kind = WAIT_REPLY;
    /* pairs with reply_claim() in reply.c: the wait is complete before it can be claimed */
    atomic_store_release(&caller->reply_word, caller->reply_word | REPLY_WAITING);
}

void reply_share_cpu(struct thread *replier)
{
    if (!replier->reply_caller)
        return;
    struct thread *caller = replier->reply_caller;
    replier->reply_caller = NULL;
    reply_begin_far(caller, replier);
}

bool reply_cancel_cpu(struct thread *caller)
{
    if (caller->partner) {
        claim_near_cpu(caller->partner);
        return true;
    }
    uint64_t word = atomic_load_relaxed(&caller->reply_word); /* relaxed: the swap below decides */
    return (word & REPLY_WAITING) && atomic_cas(&caller->reply_word, word, word & ~REPLY_WAITING);
}

void reply_drop(const struct cap *right)
{
    struct thread *caller = reply_claim(right);
    if (caller)
        thread_wake_result(caller, SLUICE_E_PEER_DIED);
}

void reply_abandon_cpu(struct thread *replier)
{
    struct thread *caller = reply_owed(replier) ? reply_claim_owed_cpu(replier) : NULL;
    if (caller)
        thread_wake_result(caller, SLUICE_E_PEER_DIED);
}
