// SPDX-License-Identifier: MIT
/*
 * The local timer of each CPU: one-shot, armed only when somebody needs it; by TSC deadline where the CPU has it and
 * the clock is the TSC, else by counting down the local interrupt controller's timer.
 * Entry points: timer_arm_cpu, timer_disarm_cpu; the rest in kernel/boot/x86_64/timer.h. Context: the CPU itself,
 * interrupts off. Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/x86_64/timer.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/trap/vectors.h"
#include "smp/x86_64/apic.h"

#define CPUID_FEATURES 1u
#define CPUID_FEATURES_TSC_DEADLINE (1u << 24)
#define DIVIDE_BY_16 3u /* 16 ns steps and 68 s range at 1 GHz; longer waits are armed again */
#define RATE_SHIFT 32

static bool by_deadline;
static uint64_t count_per_tick; /* timer counts for a tick of the clock, << RATE_SHIFT */

void timer_measure_begin(void)
{
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
    apic_write(APIC_TIMER_START, UINT32_MAX);
}

void timer_measure_end(uint64_t clock_ticks)
{
    uint64_t counts = UINT32_MAX - apic_read(APIC_TIMER_NOW);
    apic_write(APIC_TIMER_START, 0);
    count_per_tick = (counts << RATE_SHIFT) / clock_ticks;
    by_deadline = clock_is_tsc() && (cpuid(CPUID_FEATURES, 0).c & CPUID_FEATURES_TSC_DEADLINE);
    if (count_per_tick == 0 && !by_deadline)
        boot_fail("no usable timer: the local timer does not count");
}

void timer_init_cpu(void)
{
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (by_deadline ? APIC_LVT_TSC_DEADLINE : 0));
}

void timer_arm_cpu(uint64_t tsc)
{
    if (by_deadline) {
        msr_write(MSR_TSC_DEADLINE, tsc ? tsc : 1); /* 0 would disarm */
        return;
    }
    uint64_t now = clock_tsc();
    uint64_t wait = tsc > now ? tsc - now : 0;
    uint64_t count = (uint64_t)((unsigned __int128)wait * count_per_tick >> RATE_SHIFT) + 1;
    apic_write(APIC_TIMER_START, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}

void timer_disarm_cpu(void)
{
    if (by_deadline)
        msr_write(MSR_TSC_DEADLINE, 0);
    else
        apic_write(APIC_TIMER_START, 0);
}
