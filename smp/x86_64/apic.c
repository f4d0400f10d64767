// SPDX-License-Identifier: MIT
/*
 * The local interrupt controller, and the messages one CPU sends another.
 * Owns: apic_page. Entry points: smp/x86_64/apic.h; ipi_send, ipi_stop_others, interrupt_ack of
 * kernel/boot/platform.h. Context: kernel, interrupts off, or NMI. Locks: none. Tests: tests/boot/.
 */
#include "smp/x86_64/apic.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/trap/vectors.h"
#include "mm/frame.h"

#define APIC_BASE_ENABLED 0x800u
#define APIC_BASE_X2 0x400u
#define APIC_BASE_ADDRESS 0x000ffffffffff000ull
#define CPUID_FEATURES 1u
#define CPUID_FEATURES_X2APIC (1u << 21)
#define CPUID_TOPOLOGY 0xbu
#define SPURIOUS_ENABLE 0x100u

volatile uint32_t *apic_page;
static bool apic_ready; /* apic_init is done: a panic before it has nobody to stop */

uint32_t apic_id_cpu(void)
{
    if (cpuid(0, 0).a >= CPUID_TOPOLOGY && cpuid(CPUID_TOPOLOGY, 0).b)
        return cpuid(CPUID_TOPOLOGY, 0).d;
    return cpuid(CPUID_FEATURES, 0).b >> 24;
}

void apic_init(void)
{
    if (!(cpuid(CPUID_FEATURES, 0).c & CPUID_FEATURES_X2APIC)) {
        uint64_t physical = msr_read(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
        paging_map_device(physical);
        apic_page = direct_map(physical);
    }
    apic_ready = true;
}

void apic_init_cpu(bool boot_cpu)
{
    msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLED | (apic_page ? 0 : APIC_BASE_X2));
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_LVT_THERMAL, APIC_LVT_MASKED);
    apic_write(APIC_LVT_COUNTERS, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT1, boot_cpu ? APIC_LVT_NMI : APIC_LVT_MASKED);
    apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED);
    apic_write(APIC_PRIORITY, 0);
    apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

void apic_send(uint32_t apic_id, uint32_t command)
{
    volatile uint32_t *page = apic_page;
    if (!page) {
        msr_write(MSR_X2APIC + APIC_COMMAND / 16, (uint64_t)apic_id << 32 | command);
        return;
    }
    while (page[APIC_COMMAND / 4] & APIC_SENDING)
        cpu_relax();
    page[APIC_COMMAND_TARGET / 4] = apic_id << 24;
    page[APIC_COMMAND / 4] = command;
}

/* x86 keeps stores in order, and the caller's locked operation on the pending word came before; a WRMSR to x2APIC
 * does not wait for stores (Intel SDM vol. 3, 11.12.3), so that locked operation is what orders them. */
void ipi_send(uint32_t apic_id)
{
    apic_send(apic_id, APIC_DELIVER_FIXED | VECTOR_IPI);
}

void ipi_stop_others(void)
{
    if (apic_ready)
        apic_send(0, APIC_DELIVER_NMI | APIC_TO_OTHERS);
}

void interrupt_ack(void)
{
    apic_write(APIC_END, 0);
}
