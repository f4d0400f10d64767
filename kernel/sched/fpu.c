// SPDX-License-Identifier: MIT
/*
 * FPU state: what is seldom.
 * Owns: see fpu.h, where the entry points are.
 * Context: the CPU concerned, interrupts off. Locks: none. Tests: tests/user/threads/.
 */
#include "kernel/sched/fpu.h"
#include "kernel/boot/platform.h"
#include "kernel/thread/thread.h"
#include "mm/x86_64/copy.h"
#include "smp/cpu.h"

/* Intel SDM vol. 1, 8.1.5 and 11.6.4: what FNINIT and reset leave in the control words. */
#define FPU_CONTROL_DEFAULT 0x37f
#define FPU_MXCSR_DEFAULT 0x1f80
#define FXSAVE_OFFSET_MXCSR 24

void fpu_first_use(struct thread *thread)
{
    thread->fpu = thread;
    memory_zero_words(thread->fpu_area, sizeof(thread->fpu_area) / sizeof(uint64_t));
    *(uint16_t *)thread->fpu_area = FPU_CONTROL_DEFAULT;
    *(uint32_t *)(thread->fpu_area + FXSAVE_OFFSET_MXCSR) = FPU_MXCSR_DEFAULT;
    fpu_switch(cpu_self(), thread);
}

void fpu_release_cpu(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    if (cpu->fpu_owner != thread)
        return;
    fpu_save(thread->fpu_area);
    cpu->fpu_owner = NULL;
    fpu_disable();
}
