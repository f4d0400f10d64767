// SPDX-License-Identifier: MIT
/*
 * What there is and what it did since boot.
 * Entry points: command_cpus, command_pools, command_stats. Context: the console's thread. Locks: none.
 * Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/console/sample.h"
#include "servers/console/text.h"
#include "servers/lib/policy.h"
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include <stdio.h>
#include <string.h>

static void cpu_show(const struct counters *counters, unsigned cpu)
{
    const struct sluice_cpu_counters *page = counters->cpus[cpu];
    struct sluice_cpu_info info = {.number = cpu};
    int index = sluice_cpu_index(cpu);
    uint64_t idle_ms = atomic_load_relaxed(&page->idle_cycles) / (counters->system->tsc_hz / 1000 + 1);

    if (index >= 0)
        sluice_cpu_info(SLUICE_SLOT_CPU((unsigned)index), &info);
    printf("%3u %4u %4u %10lu %10lu %9lu %7lu %7lu %8lu %8lu %8lu.%03lu\n", cpu, info.apic_id, info.node,
           (unsigned long)atomic_load_relaxed(&page->syscalls),
           (unsigned long)atomic_load_relaxed(&page->ipc_calls),
           (unsigned long)atomic_load_relaxed(&page->switches),
           (unsigned long)atomic_load_relaxed(&page->irqs), (unsigned long)atomic_load_relaxed(&page->ticks),
           (unsigned long)atomic_load_relaxed(&page->ipis_sent),
           (unsigned long)atomic_load_relaxed(&page->ipis_received), (unsigned long)(idle_ms / 1000),
           (unsigned long)(idle_ms % 1000));
}

bool command_cpus(struct console *console, unsigned count, char **words)
{
    const struct counters *counters = &console->counters;

    (void)count, (void)words;
    printf("cpu apic node   syscalls        ipc  switches    irqs   ticks IPIs out  IPIs in       idle s\n");
    for (unsigned cpu = 0; cpu < counters->system->cpus; cpu++)
        cpu_show(counters, cpu);
    printf("RESULT cpus=%u tsc_hz=%lu boot_us=%lu\n", counters->system->cpus,
           (unsigned long)counters->system->tsc_hz, (unsigned long)(counters->system->boot_ns / 1000));
    return true;
}

static void pool_show(const struct counters *counters, unsigned pool, const struct sluice_pool_info *info)
{
    char label[SLUICE_POOL_NAME_BYTES + 1], text[POLICY_TEXT_BYTES];

    printf("%4u %-16s", pool, pool_label(info, label));
    for (unsigned i = 0; i < counters->system->classes; i++)
        printf(" %s=%s", counters->system->class_info[i].name, policy_format(text, info->policy[i]));
    printf("\n");
}

bool command_pools(struct console *console, unsigned count, char **words)
{
    struct sluice_pool_info info;
    unsigned pools = 0, transitions = 0;

    (void)count, (void)words;
    for (unsigned i = 0; i < console->counters.system->pools_max; i++) {
        if (!counters_pool(&console->counters, i, &info))
            continue;
        pool_show(&console->counters, i, &info);
        transitions += info.transitions;
        pools++;
    }
    printf("RESULT pools=%u pools_max=%u transitions=%u\n", pools, console->counters.system->pools_max,
           transitions);
    return true;
}

/* One class of a pool; what was never used is left out. */
static void class_stats(struct console *console, unsigned pool, unsigned lock_class, uint32_t policy)
{
    char text[POLICY_TEXT_BYTES];
    struct sluice_lock_counters sum;
    uint64_t share;

    counters_lock_sum(&console->counters, pool, lock_class, &sum);
    if (sum.acquired == 0)
        return;
    share = text_share(sum.contended, sum.acquired);
    printf("  %-13s %-14s %11lu %9lu %3lu.%03lu%% %9lu %8lu %8lu %8lu %5lu.%02lu\n",
           console->counters.system->class_info[lock_class].name, policy_format(text, policy),
           (unsigned long)sum.acquired, (unsigned long)sum.contended, (unsigned long)(share / 1000),
           (unsigned long)(share % 1000), (unsigned long)sum.forwarded,
           (unsigned long)(sum.contended ? sum.wait_cycles / sum.contended : 0),
           (unsigned long)sum.wait_max_cycles,
           (unsigned long)(sum.hold_samples ? sum.hold_cycles / sum.hold_samples : 0),
           (unsigned long)(sum.contended ? sum.queue_sum / sum.contended : 0),
           (unsigned long)(sum.contended ? sum.queue_sum * 100ul / sum.contended % 100 : 0));
}

static void pool_stats(struct console *console, unsigned pool, struct sluice_lock_counters *total)
{
    char label[SLUICE_POOL_NAME_BYTES + 1];
    struct sluice_pool_info info;
    struct sluice_lock_counters sum;

    if (!counters_pool(&console->counters, pool, &info))
        return;
    printf("%u %s, %u transitions\n", pool, pool_label(&info, label), info.transitions);
    for (unsigned i = 0; i < console->counters.system->classes; i++) {
        class_stats(console, pool, i, info.policy[i]);
        counters_lock_sum(&console->counters, pool, i, &sum);
        total->acquired += sum.acquired;
        total->contended += sum.contended;
        total->forwarded += sum.forwarded;
    }
}

static void system_stats(const struct counters *counters)
{
    struct sluice_cpu_counters sum;

    counters_cpu_sum(counters, &sum);
#define STATS_LINE(name, sentence)                                                                           \
    if (sum.name != 0)                                                                                       \
        printf("%14lu %-22s %s\n", (unsigned long)sum.name, #name, sentence);
    SLUICE_CPU_COUNTERS(STATS_LINE)
#undef STATS_LINE
}

bool command_stats(struct console *console, unsigned count, char **words)
{
    struct sluice_lock_counters total;
    unsigned first = 0, last = console->counters.system->pools_max - 1;

    if (count > 0 && !name_pool(console, words[0], &first))
        return false;
    if (count > 0)
        last = first;
    else
        system_stats(&console->counters);
    memset(&total, 0, sizeof(total));
    printf("  class         policy          operations contended    share forwarded     wait wait max     "
           "hold  queue\n");
    for (unsigned pool = first; pool <= last; pool++)
        pool_stats(console, pool, &total);
    printf("RESULT operations=%lu contended=%lu forwarded=%lu resets=%lu\n", (unsigned long)total.acquired,
           (unsigned long)total.contended, (unsigned long)total.forwarded,
           (unsigned long)atomic_load_relaxed(&console->counters.system->policy_resets));
    return true;
}
