// SPDX-License-Identifier: MIT
/*
 * The table of CPUs, their areas, and sending one of them a reason to look.
 * Owns: cpus, cpu_count. Entry points: cpu_send, cpu_notify (smp/mailbox.h), cpu_area_make (smp/start.h).
 * Context: kernel; cpu_area_make at boot. Locks: none. Tests: tests/host/test_mailbox.c, tests/boot/.
 */
#include "smp/cpu.h"
#include "kernel/boot/memory.h"
#include "kernel/boot/platform.h"
#include "kernel/thread/thread.h"
#include "smp/start.h"
#include "smp/x86_64/bringup.h"

struct cpu *cpus[SLUICE_CPUS_MAX + 1];
unsigned cpu_count;

/* What a CPU needs for itself, in pages that nobody else writes. */
struct cpu_area {
    struct cpu cpu;
    struct thread idle;
};

struct cpu *cpu_area_make(unsigned number, uint32_t apic_id, uint32_t node)
{
    struct cpu_area *area = memory_take_zeroed(sizeof(*area));
    struct cpu *cpu = &area->cpu;
    cpu->self = cpu;
    cpu->number = number;
    cpu->apic_id = apic_id;
    cpu->node = node;
    cpu->idle = cpu->current = &area->idle;
    cpu->random = (number + 1) * 0x9e3779b97f4a7c15ull; /* never 0; different on each */
    area->idle.home = area->idle.next_home = number;
    cpu_area_make_x86(cpu);
    return cpu;
}

uint64_t cpu_area_bytes(void)
{
    return sizeof(struct cpu_area) + cpu_area_bytes_x86() +
           2 * SLUICE_PAGE_BYTES; /* two parts, each in whole pages */
}

void cpu_notify(unsigned cpu, uint32_t bits)
{
    struct cpu *target = cpus[cpu];
    /* A full fence: what the bits are about is visible before them.
     * Whoever found the word zero sends the IPI; on this CPU the way out of the kernel looks at it. */
    uint32_t before = atomic_fetch_or(&target->pending, bits);
    if (before || target == cpu_self())
        return;
    /* Relaxed. pairs with idle_poll() in sched.c: the bits, by the fence above, before this look */
    if (atomic_load_relaxed(&target->polling))
        return;
    cpu_counter_inc(ipis_sent);
    ipi_send(target->apic_id);
}

void cpu_send(unsigned cpu, struct mailbox_node *node, enum mailbox_op op)
{
    node->op = op;
    mailbox_push(&cpus[cpu]->mailbox, node);
    cpu_notify(cpu, PENDING_MAILBOX);
}
