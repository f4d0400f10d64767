// SPDX-License-Identifier: MIT
/*
 * What a trap or interrupt means: the vector decides who handles it.
 * Owns: nothing. Entry point: kernel_trap, from entry.S. Context: interrupts off; came from user mode, or from idle.
 * Locks: none. Tests: tests/user/isolation/, tests/boot/.
 */
#include "kernel/abi/boot.h"
#include "kernel/boot/platform.h"
#include "kernel/ipc/fast.h"
#include "kernel/ipc/fault.h"
#include "kernel/irq/irq.h"
#include "kernel/sched/fpu.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/switch.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "kernel/trap/vectors.h"
#include "mm/aspace.h"
#include "smp/cpu.h"

static void exception(struct thread *thread, uint64_t vector)
{
    if (vector == VECTOR_NO_FPU)
        fpu_first_use(thread);
    else if (vector == VECTOR_PAGE_FAULT)
        fault_deliver(thread, vector, thread->frame.error, mmu_fault_address());
    else
        fault_deliver(thread, vector, thread->frame.error, 0);
}

static void ipi(void)
{
    cpu_counter_inc(ipis_received);
    /* Relaxed: only counted here; sched_exit takes the word. */
    if (atomic_load_relaxed(&cpu_self()->pending) == 0)
        cpu_counter_inc(ipis_useless);
    interrupt_ack();
}

/* Most IPIs ask a CPU that runs to flush, and nothing else. False: nothing was done. */
static inline bool ipi_flush(struct cpu *cpu, const struct thread *thread)
{
    if (thread == cpu->idle || cpu->due_at_exit || !atomic_cas(&cpu->pending, PENDING_TLB, 0))
        return false;
    counter_add(&cpu->counters->ipis_received, 1);
    interrupt_ack();
    aspace_catch_up_cpu();
    return true;
}

static void device_interrupt(unsigned line)
{
    irq_interrupt(line);
    interrupt_ack();
}

static void timer_interrupt(void)
{
    interrupt_ack();
    sched_timer();
}

struct thread *kernel_trap(struct thread *thread)
{
    uint64_t vector = thread->frame.vector;
    if (vector == VECTOR_PAGE_FAULT) {
        struct thread *pager = fast_fault(thread, thread->frame.error, mmu_fault_address());
        if (pager)
            return sched_exit_due(cpu_self()) ? sched_exit() : pager;
    }
    if (vector == VECTOR_IPI && ipi_flush(cpu_self(), thread))
        return sched_exit_due(cpu_self()) ? sched_exit() : thread;
    if (thread == cpu_self()->idle)
        sched_idle_left();
    if (vector < VECTOR_IRQ0)
        exception(thread, vector);
    else if (vector - VECTOR_IRQ0 < SLUICE_BOOT_IRQS)
        device_interrupt((unsigned)(vector - VECTOR_IRQ0));
    else if (vector == VECTOR_TIMER)
        timer_interrupt();
    else if (vector == VECTOR_IPI)
        ipi();
    return sched_exit(); /* any other vector is spurious: nothing to acknowledge */
}
