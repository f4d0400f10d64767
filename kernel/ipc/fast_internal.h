// SPDX-License-Identifier: MIT
/*
 * What the fast paths of messages and of faults share.
 * Owns: nothing; included by fast.c and fast_fault.c only. Context: see fast.h. Locks: none here.
 * Tests: tests/user/ipc/, tests/user/isolation/.
 *
 * A part that finds something unusual returns why, else SLUICE_FAST_GOES; the reason becomes a counter.
 */
#pragma once
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/fast.h"
#include "kernel/ipc/reply.h"
#include "kernel/sched/switch.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "smp/lock/gate.h"

#define FAST_SLOW(reason) cpu_counter_inc(ipc_slow_##reason)

/* May this CPU go on with the blocked thread at once, in the running one's place? Says why not. */
#define FAST_PARTNER(cpu, partner)                                                                           \
    (__builtin_expect((partner)->ready_on == (cpu)->number, 1) && fast_priority((cpu), (partner)))

static inline bool fast_priority(struct cpu *cpu, const struct thread *partner)
{
    if (__builtin_expect((cpu->ready_map | (uint64_t)cpu->next) == 0, 1))
        return true;
    if (cpu->ready_map >> partner->priority > 1 || (cpu->next && cpu->next->priority > partner->priority))
        return false;
    if (!cpu->slice_end_tsc && sched_equal_waits(cpu, partner))
        cpu->due |= DUE_TIMER;
    return true;
}

/* Counts why the partner cannot run at once. */
static inline void fast_partner_slow(const struct cpu *cpu, const struct thread *partner)
{
    if (partner->home != cpu->number)
        FAST_SLOW(remote);
    else if (partner->ready_on != cpu->number)
        FAST_SLOW(partner);
    else
        FAST_SLOW(priority);
}

static inline void fast_state(struct thread *thread, enum thread_state state, enum thread_wait kind)
{
    thread->state = (uint8_t)state;
    thread->wait_kind = (uint8_t)kind;
    thread->step = 0; /* a call that has to begin anew does not go on where an older one was */
    thread->batch_index = 0;
}

/* `from` waits, `to` runs: as thread_block_cpu, thread_wake and sched_exit would have it. */
static __attribute__((always_inline)) inline void fast_switch(struct cpu *cpu, struct thread *from,
                                                              enum thread_wait kind, struct thread *to)
{
    from->wait_sequence++;
    fast_state(from, THREAD_BLOCKED, kind);
    fast_state(to, THREAD_READY, WAIT_NONE);
    struct aspace *space = from->aspace; /* it runs: that is what is loaded, and there is one */
    if (!space)
        __builtin_unreachable();
    sched_switch_thread(cpu, from, space, to);
}
