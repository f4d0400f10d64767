// SPDX-License-Identifier: MIT
/*
 * The command `top`: what the processors and the hottest lock classes do, once a second.
 * Entry point: command_top. Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/console/sample.h"
#include "servers/console/text.h"
#include "servers/lib/policy.h"
#include <stdio.h>
#include <string.h>

#define TOP_CLASSES 12u
#define TOP_CPUS 16u
#define SECOND_NS 1000000000ull

struct hot {
    unsigned pool, lock_class;
    struct sluice_lock_counters counters;
};

static uint64_t per_second(uint64_t count, uint64_t ns)
{
    return ns > 0 ? (uint64_t)((unsigned __int128)count * SECOND_NS / ns) : 0;
}

/* Keeps the list sorted by operations. */
static void hot_insert(struct hot *list, const struct hot *hot)
{
    unsigned at = TOP_CLASSES;

    while (at > 0 && hot->counters.acquired > list[at - 1].counters.acquired)
        at--;
    if (at == TOP_CLASSES)
        return;
    memmove(list + at + 1, list + at, (TOP_CLASSES - 1 - at) * sizeof(list[0]));
    list[at] = *hot;
}

static void hot_collect(const struct counters *counters, const struct sample *before,
                        const struct sample *now, struct hot *list)
{
    struct hot hot;

    memset(list, 0, TOP_CLASSES * sizeof(list[0]));
    for (hot.pool = 0; hot.pool < counters->system->pools_max; hot.pool++)
        for (hot.lock_class = 0; hot.lock_class < counters->system->classes; hot.lock_class++) {
            sample_lock(before, now, hot.pool, hot.lock_class, &hot.counters);
            if (hot.counters.acquired > 0)
                hot_insert(list, &hot);
        }
}

static void hot_show(struct console *console, const struct hot *hot, uint64_t ns)
{
    char label[SLUICE_POOL_NAME_BYTES + 1], text[POLICY_TEXT_BYTES];
    uint64_t operations = hot->counters.acquired, share = text_share(hot->counters.contended, operations);
    struct sluice_pool_info info;

    if (operations == 0 || !counters_pool(&console->counters, hot->pool, &info))
        return;
    printf("%4u %-16s %-13s %-24s %10lu %3lu.%03lu%% %9lu\n", hot->pool, pool_label(&info, label),
           console->counters.system->class_info[hot->lock_class].name,
           policy_format(text, info.policy[hot->lock_class]), (unsigned long)per_second(operations, ns),
           (unsigned long)(share / 1000), (unsigned long)(share % 1000),
           (unsigned long)per_second(hot->counters.forwarded, ns));
}

static void cpus_show(const struct counters *counters, const struct sample *before, const struct sample *now)
{
    uint64_t ns = now->ns - before->ns,
             cycles = (uint64_t)((unsigned __int128)ns * counters->system->tsc_hz / SECOND_NS);
    struct sluice_cpu_counters done;

    printf("cpu  idle   syscalls/s      ipc/s  switches/s  IPIs/s  unmaps/s\n");
    for (unsigned cpu = 0; cpu < counters->system->cpus && cpu < TOP_CPUS; cpu++) {
        uint64_t idle;

        sample_cpu(counters, before, now, (int)cpu, &done);
        idle = text_share(done.idle_cycles, cycles) / 1000;
        if (done.switches + done.irqs + done.ticks + done.ipis_received + done.syscalls == 0)
            idle = 100; /* it slept all the time; sleep is counted when it ends */
        printf("%3u  %3lu%% %12lu %10lu %11lu %7lu %9lu\n", cpu, (unsigned long)(idle < 100 ? idle : 100),
               (unsigned long)per_second(done.syscalls, ns), (unsigned long)per_second(done.ipc_calls, ns),
               (unsigned long)per_second(done.switches, ns), (unsigned long)per_second(done.ipis_sent, ns),
               (unsigned long)per_second(done.unmaps, ns));
    }
    if (counters->system->cpus > TOP_CPUS)
        printf("... and %u more\n", counters->system->cpus - TOP_CPUS);
}

static void top_show(struct console *console, const struct sample *before, const struct sample *now)
{
    uint64_t ns = now->ns - before->ns;
    struct hot list[TOP_CLASSES];

    printf("\033[H\033[2J");
    cpus_show(&console->counters, before, now);
    printf("\npool name             class         policy                   operations/s contended "
           "forwarded/s\n");
    hot_collect(&console->counters, before, now, list);
    for (unsigned i = 0; i < TOP_CLASSES; i++)
        hot_show(console, &list[i], ns);
}

static void top_result(struct console *console, const struct sample *first, const struct sample *last)
{
    uint64_t ns = last->ns - first->ns;
    struct sluice_cpu_counters done;

    sample_cpu(&console->counters, first, last, -1, &done);
    printf(
        "RESULT ms=%lu syscalls_per_s=%lu ipc_per_s=%lu switches_per_s=%lu ipis_per_s=%lu unmaps_per_s=%lu\n",
        (unsigned long)(ns / 1000000), (unsigned long)per_second(done.syscalls, ns),
        (unsigned long)per_second(done.ipc_calls, ns), (unsigned long)per_second(done.switches, ns),
        (unsigned long)per_second(done.ipis_sent, ns), (unsigned long)per_second(done.unmaps, ns));
}

/* Shows until a key, or so many times. samples: the first, and two that take turns. */
static void top_run(struct console *console, struct sample *samples, uint64_t times)
{
    unsigned now = 0;

    sample_take(&samples[0], &console->counters);
    do {
        const struct sample *before = &samples[now];

        if (key_wait(console, before->ns + SECOND_NS) != KEY_NONE)
            times = 1;
        now = now == 1 ? 2 : 1;
        sample_take(&samples[now], &console->counters);
        top_show(console, before, &samples[now]);
    } while (--times > 0);
    top_result(console, &samples[0], &samples[now]);
}

bool command_top(struct console *console, unsigned count, char **words)
{
    struct sample samples[3] = {{0}};
    uint64_t times = UINT64_MAX;
    bool good = true;

    if (count > 0 && !name_number(words[0], "seconds", 1, 86400, &times))
        return false;
    for (unsigned i = 0; i < 3 && good; i++)
        good = sample_init(&samples[i], &console->counters);
    if (good)
        top_run(console, samples, times);
    for (unsigned i = 0; i < 3; i++)
        sample_free(&samples[i]);
    return good;
}
