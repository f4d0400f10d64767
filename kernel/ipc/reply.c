// SPDX-License-Identifier: MIT
/*
 * Reply rights: made by a call, spent by the first who claims them.
 * Owns: thread.reply_word. Entry points: reply.h. Context: kernel, see there. Locks: none.
 * Tests: tests/user/ipc/.
 *
 *      caller's CPU                       replier's CPU
 *      word |= WAITING (reply_begin)
 *      right handed over            ->    claim: WAITING -> 0      one of the two wins
 *      deadline: WAITING -> 0
 */
#include "kernel/ipc/reply.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "smp/cpu.h"

void reply_begin(struct thread *caller, struct thread *replier)
{
    bool shared = caller->home != replier->home || caller->home != cpu_number();
    uint64_t word = (caller->reply_word & ~(REPLY_WAITING | REPLY_SHARED)) + REPLY_SEQUENCE;
    word |= REPLY_WAITING | (shared ? REPLY_SHARED : 0);
    caller->wait_kind = WAIT_REPLY;
    replier->reply_to = cap_make(&caller->object, SLUICE_TYPE_REPLY);
    replier->reply_to.badge = word;
    /* pairs with reply_claim() in reply.c: the wait is complete before it can be claimed */
    atomic_store_release(&caller->reply_word, word);
}

static bool word_clear(struct thread *caller, uint64_t word)
{
    if (word & REPLY_SHARED)
        return atomic_cas(&caller->reply_word, word, word & ~REPLY_WAITING);
    if (caller->reply_word != word)
        return false;
    atomic_store_relaxed(&caller->reply_word, word & ~REPLY_WAITING); /* relaxed: only this CPU looks */
    return true;
}

bool reply_waits(const struct cap *right)
{
    /* Relaxed: a right never comes back to life, so an old answer is only too careful. */
    return atomic_load_relaxed(&((struct thread *)right->object)->reply_word) == right->badge;
}

enum reply_claim reply_claim(const struct cap *right, uint32_t *forward)
{
    if (!cap_alive(right))
        return REPLY_GONE;
    struct thread *caller = (struct thread *)right->object;
    /* pairs with reply_begin() in reply.c: the word before what it tells about */
    if (atomic_load_acquire(&caller->reply_word) != right->badge)
        return REPLY_GONE;
    uint32_t home =
        atomic_load_relaxed(&caller->home); /* relaxed: on its own CPU exact, elsewhere only a direction */
    if (!(right->badge & REPLY_SHARED) && home != cpu_number()) {
        *forward = home;
        return REPLY_FORWARD;
    }
    if (!word_clear(caller, right->badge))
        return REPLY_GONE;
    caller->wait_kind = WAIT_NONE;
    return REPLY_CLAIMED;
}

void reply_unclaim(struct thread *caller)
{
    caller->wait_kind = WAIT_REPLY;
    /* pairs with reply_claim() in reply.c: the wait is complete before it can be claimed */
    atomic_store_release(&caller->reply_word, caller->reply_word | REPLY_WAITING);
}

bool reply_cancel_cpu(struct thread *caller)
{
    uint64_t word = atomic_load_relaxed(&caller->reply_word);
    return (word & REPLY_WAITING) && word_clear(caller, word);
}

bool reply_drop(const struct cap *right, uint32_t *forward)
{
    switch (reply_claim(right, forward)) {
    case REPLY_FORWARD:
        return false;
    case REPLY_CLAIMED:
        thread_wake_result((struct thread *)right->object, SLUICE_E_PEER_DIED);
        return true;
    default:
        return true;
    }
}
