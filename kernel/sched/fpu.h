// SPDX-License-Identifier: MIT
/*
 * FPU state: threads start without; the first use traps, from then on the state is saved and loaded at switches.
 * Eager, not lazy, so that no thread runs with another's values in the registers (where speculation finds them:
 * CVE-2018-3665). Owns: cpu->fpu_owner, the thread whose values are in the registers; NULL when the FPU traps.
 * Entry points: below. Context: CPU of the thread. Locks: none. Tests: tests/user/threads/.
 */
#pragma once
#include "kernel/sched/x86_64/fpu.h"
#include "kernel/thread/thread.h"
#include "smp/cpu.h"

/* #NM of a thread: gives it a clean FPU state, loaded. */
void fpu_first_use(struct thread *thread);
/* The thread leaves this CPU for good: its state, if it is loaded, goes back into it. */
void fpu_release_cpu(struct thread *thread);

/* The CPU goes on with this thread (may be idle). */
static inline void fpu_switch(struct cpu *cpu, struct thread *to)
{
    struct thread *owner = cpu->fpu_owner;
    if (__builtin_expect(owner == to->fpu, 1))
        return;
    if (owner)
        fpu_save(owner->fpu_area);
    cpu->fpu_owner = to->fpu;
    if (to->fpu) {
        fpu_enable(); /* does no harm where it is */
        fpu_load(to->fpu_area);
        counter_add(&cpu->counters->fpu_switches, 1);
    } else {
        fpu_disable();
    }
}
