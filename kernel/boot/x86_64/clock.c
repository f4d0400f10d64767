// SPDX-License-Identifier: MIT
/*
 * The clock: the TSC where it runs at one rate on all CPUs, else the HPET's counter; its rate is learned from the HPET
 * or from CPUID. "TSC" in the names of platform.h means this clock, whichever it is.
 * Owns: tsc_hz. Entry points: clock_* of platform.h and machine.h. Context: any after clock_init. Locks: none.
 * Tests: tests/boot/.
 */
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/boot/x86_64/timer.h"
#include "mm/frame.h"

#define HPET_CAPABILITIES 0u
#define HPET_CONFIGURATION (0x10u / 8)
#define HPET_COUNTER (0xf0u / 8)
#define HPET_WIDE (1u << 13)          /* the counter has 64 bits */
#define HPET_PERIOD_MAX_FS 100000000u /* IA-PC HPET 1.0a, 2.3.4 */
#define FS_PER_SECOND 1000000000000000ull
#define NS_PER_SECOND 1000000000ull
#define US_PER_SECOND 1000000ull
#define MEASURE_US 5000u /* one HPET read lasts about 1 us: 0.02 % */
/* Fixed point of ns per tick and ticks per ns: 2^30 * 16 GHz fits 64 bits. */
#define RATE_SHIFT 30
#define CPUID_TSC_RATE 0x15u
#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_POWER 0x80000007u

extern uint64_t boot_entry_tsc; /* start.S */

uint64_t tsc_hz;
static volatile uint64_t *hpet; /* NULL: there is none */
static bool use_tsc;
static uint64_t origin;                    /* the clock at the kernel's entry */
static uint64_t ns_per_tick, ticks_per_ns; /* << RATE_SHIFT */

uint64_t clock_tsc(void)
{
    return __builtin_expect(use_tsc, 1) ? tsc_read() : hpet[HPET_COUNTER];
}

bool clock_is_tsc(void)
{
    return use_tsc;
}

static uint64_t scale(uint64_t value, uint64_t rate)
{
    unsigned __int128 product = (unsigned __int128)value * rate >> RATE_SHIFT;
    return product > UINT64_MAX ? UINT64_MAX : (uint64_t)product;
}

uint64_t clock_ns_of(uint64_t tsc)
{
    return tsc > origin ? scale(tsc - origin, ns_per_tick) : 0;
}

uint64_t clock_tsc_of(uint64_t ns)
{
    uint64_t ticks = scale(ns, ticks_per_ns);
    return ticks >= UINT64_MAX - origin - 1 ? UINT64_MAX : origin + ticks + 1; /* never early */
}

uint64_t clock_ticks_of_us(uint64_t us)
{
    return us * (tsc_hz / US_PER_SECOND);
}

void clock_wait_us(uint64_t us)
{
    uint64_t end = clock_tsc() + clock_ticks_of_us(us);
    while (clock_tsc() < end)
        cpu_relax();
}

/* One rate, in step on all CPUs: said by the CPU, or known of QEMU's TCG, whose virtual CPUs share one clock. */
static bool tsc_is_steady(void)
{
    if (cpuid(0x80000000, 0).a >= CPUID_POWER && (cpuid(CPUID_POWER, 0).d & 1u << 8))
        return true;
    struct cpuid name = cpuid(CPUID_HYPERVISOR, 0);
    return (cpuid(1, 0).c & 1u << 31) && name.b == 0x54474354 && name.c == 0x43544743 && name.d == 0x47435447;
}

static uint64_t tsc_rate_of_cpuid(void)
{
    if (cpuid(0, 0).a < CPUID_TSC_RATE)
        return 0;
    struct cpuid rate = cpuid(CPUID_TSC_RATE, 0);
    return rate.a && rate.b && rate.c ? (uint64_t)rate.c * rate.b / rate.a : 0;
}

/* Its rate in Hz, 0 when it is of no use. */
static uint64_t hpet_enable(uint64_t physical)
{
    if (!physical)
        return 0;
    paging_map_device(physical);
    volatile uint64_t *registers = direct_map(physical);
    uint64_t capabilities = registers[HPET_CAPABILITIES];
    uint64_t period_fs = capabilities >> 32;
    if (!(capabilities & HPET_WIDE) || period_fs == 0 || period_fs > HPET_PERIOD_MAX_FS)
        return 0;
    registers[HPET_CONFIGURATION] |= 1;
    hpet = registers;
    return FS_PER_SECOND / period_fs;
}

/* The TSC's rate by the HPET's. */
static uint64_t tsc_measure(uint64_t hpet_hz)
{
    uint64_t window = hpet_hz / US_PER_SECOND * MEASURE_US;
    uint64_t hpet_began = hpet[HPET_COUNTER], tsc_began = tsc_read(), hpet_now;
    do
        hpet_now = hpet[HPET_COUNTER];
    while (hpet_now - hpet_began < window);
    return (tsc_read() - tsc_began) * hpet_hz / (hpet_now - hpet_began);
}

static void rates_set(void)
{
    ns_per_tick = (NS_PER_SECOND << RATE_SHIFT) / tsc_hz;
    ticks_per_ns = (tsc_hz << RATE_SHIFT) / NS_PER_SECOND;
    origin = use_tsc ? boot_entry_tsc : clock_tsc();
}

void clock_init(uint64_t hpet_physical)
{
    uint64_t hpet_hz = hpet_enable(hpet_physical);
    uint64_t known_hz = tsc_is_steady() ? tsc_rate_of_cpuid() : 0;
    use_tsc = tsc_is_steady() && (hpet_hz || known_hz);
    if (!use_tsc && !hpet_hz)
        boot_fail("no usable timer: no 64-bit HPET, and nothing tells the rate of the TSC");
    timer_measure_begin();
    uint64_t began = clock_tsc();
    tsc_hz = !use_tsc ? hpet_hz : known_hz ? known_hz : tsc_measure(hpet_hz);
    clock_wait_us(known_hz || !use_tsc ? MEASURE_US : 0);
    timer_measure_end(clock_tsc() - began);
    rates_set();
}
