// SPDX-License-Identifier: MIT
/*
 * CPUs made of threads.
 * Owns: cpus[], and the stand-ins that fake_cpu.h names. Context: host tests. Locks: none; flags are atomic.
 */
#include "tests/host/fake_cpu.h"
#include "kernel/boot/platform.h"
#include "tunables/tunables.h"
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WEAK __attribute__((weak))
#define PAUSES_PER_YIELD 32u /* more threads than cores: waiting has to hand the core on */

_Thread_local struct cpu *fake_self;
_Thread_local jmp_buf *fake_panic_jump;
_Thread_local char fake_panic_text[256];

WEAK struct cpu *cpus[SLUICE_CPUS_MAX + 1];
WEAK unsigned cpu_count;
WEAK unsigned cpuset_cluster_shift; /* exact, where a test is not made of smp/cpuset.c */
WEAK uint64_t tsc_hz = 1000000000;

#define TUNABLE_INITIAL(identifier, name, minimum, initial, maximum, unit, when, sentence)                   \
    [TUNABLE_##identifier] = (initial),
WEAK uint64_t tunable_values[TUNABLE_COUNT] = {TUNABLES(TUNABLE_INITIAL)};

static uint32_t interrupts[SLUICE_CPUS_MAX + 1];
static uint64_t ipis_sent, resets;

static void *zeroed(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    memset(memory, 0, (bytes + 63) & ~(size_t)63);
    return memory;
}

void fake_cpus_init(unsigned count, unsigned pool_count)
{
    fake_cpus_free();
    for (unsigned i = 0; i < count; i++) {
        struct cpu *cpu = zeroed(sizeof(*cpu));
        cpu->self = cpu;
        cpu->number = i;
        cpu_number_settle(cpu);
        cpu->apic_id = i;
        cpu->online = 1;
        cpu->counters = zeroed(sizeof(*cpu->counters));
        cpu->lock_counters =
            zeroed(sizeof(*cpu->lock_counters) * SLUICE_CLASSES_MAX * (pool_count ? pool_count : 1));
        cpus[i] = cpu;
        interrupts[i] = 0;
    }
    cpu_count = count;
    ipis_sent = resets = 0;
}

void fake_cpus_free(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        free(cpus[i]->lock_counters);
        free(cpus[i]->counters);
        free(cpus[i]);
        cpus[i] = NULL;
    }
    cpu_count = 0;
    fake_self = NULL;
}

void fake_cpu_become(unsigned number)
{
    fake_self = cpus[number];
}

uint32_t fake_random(void)
{
    static _Thread_local uint64_t state;
    if (!state)
        state = 0x9e3779b97f4a7c15ull * (fake_self ? fake_self->number + 2 : 1);
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33);
}

WEAK void cpu_relax(void)
{
    static _Thread_local unsigned pauses;
    __builtin_ia32_pause();
    if (++pauses % PAUSES_PER_YIELD == 0)
        sched_yield();
}

WEAK uint64_t clock_tsc(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

WEAK void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake_panic_text, sizeof(fake_panic_text), format, arguments);
    va_end(arguments);
    if (fake_panic_jump)
        longjmp(*fake_panic_jump, 1);
    fprintf(stderr, "panic: %s\n", fake_panic_text);
    abort();
}

WEAK void watchdog_reset(unsigned reason)
{
    (void)reason;
    atomic_fetch_add(&resets, 1);
}

WEAK void ipi_send(uint32_t apic_id)
{
    atomic_fetch_add(&ipis_sent, 1);
    atomic_exchange(&interrupts[apic_id], 1u);
}

WEAK void cpu_notify(unsigned cpu, uint32_t bits)
{
    if (!atomic_fetch_or(&cpus[cpu]->pending, bits) && cpus[cpu] != fake_self)
        ipi_send(cpus[cpu]->apic_id);
}

bool fake_interrupted(void)
{
    uint32_t *flag = &interrupts[fake_self->number];
    return atomic_load_relaxed(flag) && atomic_exchange(flag, 0u);
}

uint64_t fake_ipis(void)
{
    return atomic_load_relaxed(&ipis_sent);
}

uint64_t fake_resets(void)
{
    return atomic_load_relaxed(&resets);
}

void fake_time_limit(unsigned seconds)
{
    alarm(seconds); /* SIGALRM ends the program */
}
