// SPDX-License-Identifier: MIT
/*
 * Who may begin or reverse a transition: the proposals of tuners and those of the watchdog.
 * Entry points: sys_policy_propose, sys_policy_status, transition_force. Context: kernel, interrupts off.
 * Locks: transition_lock. Tests: tests/host/test_transition.c, tests/user/flip/.
 */
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "smp/cpu.h"
#include "tunables/transition.h"

struct proposal {
    uint32_t policy; /* normal */
    uint32_t generation;
    struct cap notification; /* object NULL: none */
    uint64_t bits;
    uint32_t thread;
};

static uint64_t last_id; /* guarded by transition_lock */

/* NULL when both of the record's signals are still on their way. */
static struct transition_signal *signal_take(struct transition *t, const struct proposal *proposal)
{
    for (unsigned i = 0; i < 2; i++) {
        struct transition_signal *signal = &t->signals[i];
        /* pairs with transition_signal_send() in transition.c, then with notification_signal_async() and _handle() in
         * kernel/ipc/notification.c: their use of the request before ours */
        if (atomic_load_acquire(&signal->armed) || atomic_load_acquire(&signal->request.busy))
            continue;
        signal->request.notification = proposal->notification;
        uint64_t badge = proposal->notification.badge;
        signal->request.bits = badge ? badge : proposal->bits; /* as signal does */
        atomic_store_relaxed(&signal->armed, 1); /* relaxed: only the lock's holder looks for 0 */
        return signal;
    }
    return NULL;
}

static bool pool_alive(const struct pool *pool)
{
    /* Relaxed: sys_pool_destroy makes it even before transition_pool_idle is asked, which takes the lock that we hold: a
     * transition that begins here is seen there. */
    return atomic_load_relaxed(&pool->generation) & 1;
}

/* OK, or why not. Reversing: the proposal of the policy that it came from. */
static int64_t proposal_check_locked(const struct transition *t, const struct proposal *proposal)
{
    if (!pool_alive(transition_pool(t)))
        return SLUICE_E_NOT_FOUND;
    if (proposal->generation != SLUICE_POLICY_GENERATION(transition_word(t)))
        return SLUICE_E_STALE;
    if (t->phase != SLUICE_PHASE_STEADY && (t->forced || proposal->policy != t->origin))
        return SLUICE_E_BUSY;
    return SLUICE_E_OK;
}

/* *told: whose wait is over now, because nothing has to change or because it was reversed. */
static enum transition_then proposal_accept_locked(struct transition *t, uint32_t policy, uint64_t now,
                                                   struct transition_signal *signal,
                                                   struct transition_signal **told)
{
    if (t->phase != SLUICE_PHASE_STEADY) {
        *told = t->signal;
        t->signal = signal;
        transition_redirect_locked(t, policy);
        return TRANSITION_THEN_NOTHING;
    }
    if (SLUICE_POLICY_SET(transition_word(t)) == policy) {
        *told = signal;
        return TRANSITION_THEN_NOTHING;
    }
    t->signal = signal;
    transition_begin_locked(t, policy);
    return transition_grace_locked(t, now);
}

static int64_t propose(struct transition *t, const struct proposal *proposal)
{
    struct transition_signal *signal = NULL, *told = NULL;
    enum transition_then then = TRANSITION_THEN_NOTHING;
    uint64_t now = clock_tsc();
    leaf_lock(&transition_lock);
    int64_t result = proposal_check_locked(t, proposal);
    if (!result && proposal->notification.object && !(signal = signal_take(t, proposal)))
        result = SLUICE_E_BUSY;
    if (!result) {
        log_event(SLUICE_EVENT_POLICY_PROPOSED, transition_place(t), proposal->policy, proposal->thread);
        then = proposal_accept_locked(t, proposal->policy, now, signal, &told);
        result = (int64_t)++last_id;
    }
    uint64_t due_tsc = t->due_tsc;
    leaf_unlock(&transition_lock);
    transition_then(t, then, due_tsc);
    transition_signal_send(told);
    return result;
}

bool transition_force(struct transition *t, uint32_t policy)
{
    enum transition_then then = TRANSITION_THEN_NOTHING;
    uint64_t now = clock_tsc();
    leaf_lock(&transition_lock);
    bool steady = t->phase == SLUICE_PHASE_STEADY;
    uint32_t aim = steady ? SLUICE_POLICY_SET(transition_word(t)) : t->final;
    bool change = pool_alive(transition_pool(t)) && aim != policy;
    if (change && steady) {
        transition_begin_locked(t, policy);
        then = transition_grace_locked(t, now);
    } else if (change) {
        transition_redirect_locked(t, policy);
    }
    if (change || !steady)
        t->forced = 1;
    uint64_t due_tsc = t->due_tsc;
    leaf_unlock(&transition_lock);
    transition_then(t, then, due_tsc);
    return change;
}

/* Is this a policy that this tuner may set for this class? */
static int64_t policy_check(uint64_t word, unsigned lock_class, uint64_t bounds)
{
    if (word > UINT32_MAX || !SLUICE_POLICY_STEADY((uint32_t)word))
        return SLUICE_E_BAD_ARGUMENT;
    uint32_t policy = policy_normal((uint32_t)word);
    if (!policy_allowed(policy, policy_classes[lock_class].granularities,
                        policy_classes[lock_class].algorithms))
        return SLUICE_E_NOT_ALLOWED;
    unsigned cpu = SLUICE_POLICY_CPU(policy);
    /* Relaxed: a CPU that is online stays so. */
    if (policy_is_off(policy) && (cpu >= cpu_count || !atomic_load_relaxed(&cpus[cpu]->online)))
        return SLUICE_E_NOT_FOUND;
    if ((bounds & SLUICE_TUNER_BOUNDED) &&
        !policy_allowed(policy, bounds >> SLUICE_TUNER_GRANULARITIES_SHIFT & 255,
                        bounds >> SLUICE_TUNER_ALGORITHMS_SHIFT & 255))
        return SLUICE_E_OUT_OF_BOUNDS;
    return SLUICE_E_OK;
}

/* pool | class << 16, and nothing above `bits`. */
static int64_t place_check(uint64_t place, unsigned bits)
{
    if (place >> bits)
        return SLUICE_E_BAD_ARGUMENT;
    bool exists = (place & 0xffff) < pools_max && (place >> 16 & 255) < LOCK_CLASS_COUNT;
    return exists ? SLUICE_E_OK : SLUICE_E_NOT_FOUND;
}

int64_t sys_policy_propose(struct thread *thread, uint64_t *args)
{
    struct cap tuner;
    struct proposal proposal = {
        .generation = args[1] >> 24 & 255,
        .bits = args[4],
        .thread = thread->id,
    };
    int64_t error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_TUNER, SLUICE_RIGHT_WRITE, &tuner);
    if (!error)
        error = place_check(args[1], 32);
    unsigned lock_class = args[1] >> 16 & 255;
    if (!error)
        error = policy_check(args[2], lock_class, tuner.badge);
    if (!error && args[3])
        error = cap_lookup(thread->cspace, args[3], SLUICE_TYPE_NOTIFICATION, SLUICE_RIGHT_WRITE,
                           &proposal.notification);
    if (error)
        return error;
    proposal.policy = policy_normal((uint32_t)args[2]);
    return propose(transition_of(args[1] & 0xffff, lock_class), &proposal);
}

/* A word, and the phase of that time or the one that comes before the next word: never STEADY in the middle of the way.
 * Without the lock, so that who looks is not in the way of others who do. */
static uint32_t status_read(const struct transition *t, uint64_t *phase)
{
    uint32_t word;
    do {
        /* pairs with word_publish_locked() in leg.c: the phase before the word that belongs to it */
        word = atomic_load_acquire(&transition_pool(t)->policy[transition_class(t)]);
        *phase = atomic_load_relaxed(&t->stuck) ? SLUICE_PHASE_STUCK : atomic_load_relaxed(&t->phase);
        compiler_barrier(); /* x86 keeps loads in order: the second look at the word stays after the phase */
    } while (transition_word(t) != word);
    return word;
}

int64_t sys_policy_status(struct thread *thread, uint64_t *args)
{
    struct cap_found tuner;
    int64_t error = cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_TUNER, SLUICE_RIGHT_READ, &tuner);
    if (!error)
        error = place_check(args[1], 24);
    if (error)
        return error;
    struct transition *t = transition_of(args[1] & 0xffff, args[1] >> 16 & 255);
    uint64_t phase;
    uint32_t word = status_read(t, &phase);
    if (!pool_alive(transition_pool(t)))
        return SLUICE_E_NOT_FOUND;
    args[2] = phase;
    return word;
}
