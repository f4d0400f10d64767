// SPDX-License-Identifier: MIT
/*
 * Starting the other CPUs.
 * Owns: who started. Entry points: smp/start.h, where the time line is. Context: boot. Locks: none. Tests: tests/boot/.
 */
#include "smp/start.h"
#include "kernel/boot/acpi.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/thread/thread.h"
#include "smp/cpu.h"
#include "smp/x86_64/bringup.h"

#define INIT_WAIT_US 10000u /* Intel SDM vol. 3, 8.4.4.1: INIT, 10 ms, start-up, 200 us, start-up */
#define STARTUP_WAIT_US 200u
#define START_WAIT_US 10000000u /* a busy host may run a virtual CPU seldom */

enum start_state { START_WAITING, START_STARTED, START_GIVEN_UP };

static uint32_t start_state[SLUICE_CPUS_MAX]; /* atomic, by first number: the CPU itself and the boot CPU */
static uint32_t started;                      /* atomic: CPUs that announced themselves */
static uint32_t released;                     /* atomic: set by the boot CPU */

unsigned cpus_make(unsigned max_cpus)
{
    unsigned count = machine.cpus < max_cpus ? machine.cpus : max_cpus;
    for (unsigned i = 0; i < count; i++)
        cpus[i] = cpu_area_make(i, machine.cpu[i].apic_id, machine.cpu[i].node);
    cpu_count = 1; /* the others are not there yet */
    return count;
}

void cpu_announce(struct cpu *cpu)
{
    if (!atomic_cas(&start_state[cpu->number], START_WAITING, START_STARTED))
        bringup_park();
    atomic_fetch_add(&started, 1u);
    /* pairs with cpus_release() in start.c: numbers and counters before release */
    while (!atomic_load_acquire(&released))
        cpu_relax();
}

static void all_startup(unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        if (atomic_load_relaxed(&start_state[i]) ==
            START_WAITING) /* relaxed: a second message does no harm */
            bringup_send_startup(cpus[i]->apic_id);
}

static void all_wait(unsigned count)
{
    uint64_t end = clock_tsc() + clock_ticks_of_us(START_WAIT_US);
    /* Relaxed: the states are looked at by compare-and-swap afterwards. */
    while (atomic_load_relaxed(&started) + 1 < count && clock_tsc() < end)
        cpu_relax();
}

/* Two CPUs change places. The counters belong to the number, not to the CPU that bears it. */
static void places_swap(unsigned a, unsigned b)
{
    struct cpu *low = cpus[a], *high = cpus[b];
    struct sluice_lock_counters *lock_counters = low->lock_counters;
    struct sluice_cpu_counters *counters = low->counters;
    struct sluice_event_ring *events = low->events;
    low->lock_counters = high->lock_counters;
    low->counters = high->counters;
    low->events = high->events;
    high->lock_counters = lock_counters;
    high->counters = counters;
    high->events = events;
    cpus[a] = high;
    cpus[b] = low;
    high->number = high->idle->home = high->idle->next_home = a;
    low->number = low->idle->home = low->idle->next_home = b;
}

/* CPUs that did not come leave no gap: those behind them move up. One that still comes finds no area, or is parked. */
static void missing_drop(unsigned count)
{
    unsigned kept = 1;
    for (unsigned i = 1; i < count; i++) {
        if (atomic_cas(&start_state[i], START_WAITING, START_GIVEN_UP))
            continue;
        if (kept != i)
            places_swap(kept, i);
        kept++;
    }
    for (unsigned i = kept; i < count; i++)
        cpus[i] = NULL;
    cpu_count = kept;
}

void cpus_start(unsigned count)
{
    if (count > 1 && bringup_prepare()) {
        for (unsigned i = 1; i < count; i++)
            bringup_send_init(cpus[i]->apic_id);
        clock_wait_us(INIT_WAIT_US);
        all_startup(count);
        clock_wait_us(STARTUP_WAIT_US);
        all_startup(count);
        all_wait(count);
    }
    missing_drop(count);
    if (cpu_count < machine.cpus_found)
        kprintf("sluice: %u CPUs found, %u started, the rest stay off\n", machine.cpus_found, cpu_count);
}

void cpus_release(void)
{
    /* pairs with cpu_announce() in start.c: numbers and counters before release */
    atomic_store_release(&released, 1u);
    for (unsigned i = 1; i < cpu_count; i++)
        while (!atomic_load_relaxed(&cpus[i]->online)) /* relaxed: nothing of it is read here */
            cpu_relax();
}
