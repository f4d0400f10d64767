// SPDX-License-Identifier: MIT
/*
 * Halted vCPUs in mode `time`: out of the clock at HLT, back at the time of who woke them.
 * Owns: who sent an IPI lately. Entry points: time_clock_idle, _resume, _send, _sent. Context: vCPU threads; idle and resume
 * with QEMU's own lock held, so they never wait. Locks: time_lock. Tests: tests/sim/time.t.
 *
 *      sender     send (before the store) ... sent (after it): sleeps until one woke, or wake_us are over
 *      halted                    resume: at the sender's time + ipi, and the sender goes on
 */
#include "stress/sim/time_internal.h"

uint64_t time_wakes_missed;

void time_clock_idle(unsigned vcpu)
{
    time_enter();
    time_state_set_locked(&time_vcpus[vcpu], TIME_IDLE);
    time_settle_locked();
    time_leave();
}

/* QEMU does not tell whose IPI it was. Of those that were just sent, the earliest is taken; without one it was a timer or
 * a device, which have no time in the model. */
static struct time_vcpu *sender_locked(void)
{
    struct time_vcpu *first = NULL;
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (time_vcpus[i].sends && (!first || time_vcpus[i].now < first->now))
            first = &time_vcpus[i];
    return first;
}

void time_clock_resume(unsigned vcpu)
{
    time_enter();
    struct time_vcpu *sender = sender_locked();
    if (sender) {
        sender->sends = false;
        time_wake_locked(sender);
    }
    time_join_locked(&time_vcpus[vcpu], sender ? sender->now + time_parameters.ipi : 0);
    time_settle_locked();
    time_leave();
}

void time_clock_send(unsigned vcpu)
{
    time_enter();
    time_vcpus[vcpu].sends = time_idle_count != 0;
    atomic_store_relaxed(&time_vcpus[vcpu].woken, 0u);
    time_leave();
}

/* A vCPU that halted is not in the clock before its thread woke, and nothing would keep the others from leaving it behind:
 * the sender gives it some time of the host's. */
void time_clock_sent(unsigned vcpu)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    time_enter();
    uint64_t until = time_host_us() + time_parameters.wake_us;
    for (uint64_t now; self->sends && (now = time_host_us()) < until;)
        time_sleep_locked(self, until - now);
    time_wakes_missed += self->sends;
    self->sends = false;
    time_leave();
}
