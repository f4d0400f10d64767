// SPDX-License-Identifier: MIT
/*
 * The watchdog: puts the boot policies back when the control server's heartbeat fails or a wait for a lock gets too
 * long; and the one timer that it and the transition engine share.
 * Entry points: sys_heartbeat, watchdog_reset, watchdog_check_cpu (CPU 0). Context: kernel, interrupts off;
 * watchdog_reset also inside a lock's spin loop. Locks: none of its own. Tests: tests/host/test_transition.c.
 */
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "smp/cpu.h"
#include "tunables/counters.h"
#include "tunables/transition.h"

static struct {
    /* Atomic. */
    uint64_t due_tsc;       /* when CPU 0 looks again; UINT64_MAX: never. Lowered by all, raised by CPU 0 */
    uint64_t heartbeat_tsc; /* when the next one is overdue; 0: nobody promised one */
    uint32_t reason;        /* of the reset whose message is on its way; 0: none */
    uint32_t poked;         /* the message that makes CPU 0 set its timer anew is on its way */
    /* Owned by who set reason or poked, then by the mailbox. */
    struct mailbox_node reset_node, poke_node;
} watchdog = {.due_tsc = UINT64_MAX};

/* CPU 0. */
static void timer_follow(void)
{
    /* Relaxed: who lowers it later sends a message after it. */
    uint64_t due = atomic_load_relaxed(&watchdog.due_tsc);
    sched_watchdog_set(due == UINT64_MAX ? 0 : due);
}

void watchdog_due_before(uint64_t tsc)
{
    uint64_t due = atomic_load_relaxed(&watchdog.due_tsc); /* relaxed: the exchange below decides */
    while (tsc < due && !atomic_cas(&watchdog.due_tsc, due, tsc))
        due = atomic_load_relaxed(&watchdog.due_tsc);
    if (tsc >= due)
        return;
    if (cpu_number() == 0)
        timer_follow();
    else if (!atomic_exchange(&watchdog.poked, 1))
        cpu_send(0, &watchdog.poke_node, MAILBOX_TRANSITION);
}

static void policies_reset(uint32_t reason)
{
    uint64_t boot = tunable(policy_boot), changes = 0;
    for (unsigned pool = 0; pool < pools_max; pool++)
        for (unsigned lock_class = 0; lock_class < LOCK_CLASS_COUNT; lock_class++)
            changes += transition_force(transition_of(pool, lock_class), policy_for_class(boot, lock_class));
    log_event(SLUICE_EVENT_POLICY_RESET, reason, changes, 0);
    atomic_fetch_add(&counters_system->policy_resets, 1);
}

bool watchdog_node_handle(struct mailbox_node *node)
{
    if (node == &watchdog.poke_node) {
        /* Full fence: who lowers due_tsc from now on sends again, what was lowered before is seen below; pairs with
         * watchdog_due_before() in watchdog.c. */
        atomic_exchange(&watchdog.poked, 0);
        timer_follow();
        return true;
    }
    if (node != &watchdog.reset_node)
        return false;
    policies_reset(atomic_load_relaxed(&watchdog.reason)); /* relaxed: the mailbox ordered it */
    /* pairs with watchdog_reset() in watchdog.c: our use of the node before the next sending */
    atomic_store_release(&watchdog.reason, 0);
    return true;
}

void watchdog_reset(unsigned reason)
{
    /* Relaxed: waiters that come while one reset is on its way are served by it. */
    if (!atomic_load_relaxed(&watchdog.reason) && atomic_cas(&watchdog.reason, 0, reason))
        cpu_send(cpu_number(), &watchdog.reset_node, MAILBOX_TRANSITION);
}

/* Returns when it is due, UINT64_MAX: nobody promised one. */
static uint64_t heartbeat_check(uint64_t now)
{
    uint64_t due = atomic_load_relaxed(&watchdog.heartbeat_tsc); /* relaxed: the cas below decides */
    if (!due)
        return UINT64_MAX;
    if (now < due)
        return due;
    if (!atomic_cas(&watchdog.heartbeat_tsc, due, 0))
        return heartbeat_check(now); /* it came after all */
    watchdog_reset(SLUICE_RESET_HEARTBEAT);
    return UINT64_MAX;
}

uint64_t watchdog_check_cpu(void)
{
    /* Relaxed: who lowers it sends a message after it. */
    uint64_t due = atomic_load_relaxed(&watchdog.due_tsc);
    if (due == UINT64_MAX)
        return 0;
    uint64_t now = clock_tsc();
    if (now < due)
        return due;
    /* Full fence, first: a time that is set before is found by the look below, one set after lowers the word again;
     * pairs with watchdog_due_before() in watchdog.c. */
    atomic_exchange(&watchdog.due_tsc, UINT64_MAX);
    uint64_t heartbeat = heartbeat_check(now), transition = transition_due_cpu(now);
    watchdog_due_before(heartbeat < transition ? heartbeat : transition);
    due = atomic_load_relaxed(&watchdog.due_tsc); /* relaxed: as above */
    return due == UINT64_MAX ? 0 : due;
}

int64_t sys_heartbeat(struct thread *thread, uint64_t *args)
{
    struct cap_found tuner;
    int error = cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_TUNER, SLUICE_RIGHT_CONTROL, &tuner);
    if (error)
        return error;
    if (args[1] && (args[1] < SLUICE_HEARTBEAT_MIN_US || args[1] > SLUICE_HEARTBEAT_MAX_US))
        return SLUICE_E_BAD_ARGUMENT;
    uint64_t due = args[1] ? clock_tsc() + cycles_of_us(args[1]) : 0;
    atomic_exchange(&watchdog.heartbeat_tsc, due);
    if (due)
        watchdog_due_before(due);
    return SLUICE_E_OK;
}
