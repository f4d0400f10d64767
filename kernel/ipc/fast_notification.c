// SPDX-License-Identifier: MIT
/*
 * The fast path of notifications: a signal that nobody or one thread of this CPU waits for, and a wait without a deadline.
 * Entry points: fast_signal, fast_wait, from kernel_syscall only: like fast.c it keeps no registers. Context: see fast.h.
 * Locks: class notification. Tests: tests/user/ipc/, stress/bench/.
 *
 * What it does is what notification.c does in these circumstances; with anything else it leaves for there, with nothing
 * changed.
 */
#include "kernel/ipc/fast_internal.h"
#include "kernel/ipc/notification.h"
#include "kernel/sched/leave.h"

/* The first waiter, if all that are set satisfies it alone and it only has to run. */
static inline bool waiter_plain(const struct cpu *cpu, const struct notification *notification,
                                const struct thread *waiter, uint64_t bits)
{
    return (notification->bits | bits) == (bits & waiter->wait_badge) && waiter->ready_on == cpu->number;
}

int64_t fast_signal(struct thread *thread, uint64_t *args)
{
    struct cpu *cpu = cpu_self();
    struct cap_found found =
        cap_find(thread->cspace, thread->frame.cap, SLUICE_TYPE_NOTIFICATION, SLUICE_RIGHT_WRITE);
    if (__builtin_expect(!found.object, 0))
        return sys_signal(thread, args);
    struct notification *notification = (struct notification *)found.object;
    struct lock *lock = &notification->object.lock;
    uint64_t bits = found.badge ? found.badge : thread->frame.tag;
    uint32_t held = gate_enter_held(&cpu->gate, cpu, found.pool, LOCK_CLASS_notification, lock);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return sys_signal(thread, args);
    struct thread *waiter = notification->waiters.first;
    if (!waiter) {
        notification->bits |= bits;
        gate_leave_held(&cpu->gate, held, lock);
    } else if (__builtin_expect(waiter_plain(cpu, notification, waiter, bits), 1)) {
        waitq_take_first(&notification->waiters, waiter);
        gate_leave_held(&cpu->gate, held, lock);
        waiter->frame.word[0] = bits;
        waiter->frame.result = 0;
        fast_state(waiter, THREAD_READY, WAIT_NONE);
        sched_ready_other_cpu(cpu, waiter);
    } else {
        gate_leave_held(&cpu->gate, held, lock);
        return sys_signal(thread, args);
    }
    counter_add(&cpu->counters->signals, 1);
    return 0;
}

int64_t fast_wait(struct thread *thread, uint64_t *args)
{
    struct cpu *cpu = cpu_self();
    uint64_t mask = thread->frame.tag;
    struct cap_found found =
        cap_find(thread->cspace, thread->frame.cap, SLUICE_TYPE_NOTIFICATION, SLUICE_RIGHT_READ);
    if (__builtin_expect(!found.object || !mask, 0))
        return sys_wait(thread, args);
    struct notification *notification = (struct notification *)found.object;
    struct lock *lock = &notification->object.lock;
    uint32_t held = gate_enter_held(&cpu->gate, cpu, found.pool, LOCK_CLASS_notification, lock);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return sys_wait(thread, args);
    uint64_t bits = notification->bits & mask;
    if (bits) {
        notification->bits &= ~bits;
        gate_leave_held(&cpu->gate, held, lock);
        thread->frame.word[0] = bits;
        return 0;
    }
    if (__builtin_expect(thread->frame.word[0] != SLUICE_FOREVER, 0)) {
        gate_leave_held(&cpu->gate, held, lock);
        return sys_wait(thread, args);
    }
    thread->wait_badge = mask;
    thread->wait_object = &notification->object;
    thread->wait_sequence++;
    fast_state(thread, THREAD_BLOCKED, WAIT_NOTIFICATION);
    waitq_append(&notification->waiters, thread);
    gate_leave_held(&cpu->gate, held, lock);
    sched_leave_waiting(cpu, thread);
}
