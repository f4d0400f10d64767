// SPDX-License-Identifier: MIT
/*
 * The command `demo`: each phase begins with deliberately wrong policies, runs a load under the control server, and
 * ends with what became of the policies and with checks.
 * Entry point: command_demo. Context: the console's thread. Locks: none. Tests: tests/boot/demo.t.
 */
#include "servers/console/demo.h"
#include "kernel/abi/policy.h"
#include "servers/console/programs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMO_SECONDS 5u
/* More virtual CPUs than these take so long turns on a small host that a phase would need minutes. */
#define DEMO_CPUS 8u
#define LOOK_MS 50 /* at the program, then as long at the keys */
/* A phase that has not ended so long after its time is stopped and fails. */
#define PATIENCE_MS 60000
/* Where every phase begins: one fair lock for each pool (granularity + 5 * algorithm, as policy.pool has it). */
#define START_POLICY SLUICE_POLICY(SLUICE_GRANULARITY_POOL, SLUICE_ALGORITHM_TICKET, 0)
#define START_TUNABLE (SLUICE_GRANULARITY_POOL + 5 * SLUICE_ALGORITHM_TICKET)

/* Every class that is tuned already begins anew; new pools get the same from policy.pool. The control server would
 * tune them again meanwhile. */
static void phase_reset(struct demo *demo)
{
    struct console *console = demo->console;
    struct sluice_pool_info info;

    client_switch(false);
    for (unsigned pool = 0; pool < console->counters.system->pools_max; pool++) {
        if (!counters_pool(&console->counters, pool, &info))
            continue;
        for (unsigned i = 0; i < console->counters.system->classes; i++)
            if (SLUICE_POLICY_SET(info.policy[i]) != START_POLICY)
                policy_change(console, pool, i, START_POLICY, NULL);
    }
    client_switch(true);
}

static int64_t phase_start(struct demo *demo)
{
    char *words[DEMO_WORDS_MAX + 2];
    char cpus[32], seconds[32];
    unsigned count = 0;

    while (demo->phase->words[count] != NULL) {
        words[count] = (char *)demo->phase->words[count];
        count++;
    }
    snprintf(cpus, sizeof(cpus), "cpus=%lu",
             demo->phase->cpus > 0 ? (unsigned long)demo->phase->cpus : (unsigned long)demo->cpus);
    snprintf(seconds, sizeof(seconds), "seconds=%lu", (unsigned long)demo->seconds);
    words[count++] = cpus;
    words[count++] = seconds;
    printf("phase %u: %s (stress", demo->number, demo->phase->title);
    for (unsigned i = 0; i < count; i++)
        printf(" %s", words[i]);
    printf(")\n");
    return program_start("stress/", count, words);
}

/* True when the user stopped the demo. */
static bool phase_watch(struct demo *demo, uint32_t process, struct sluice_end *end)
{
    uint64_t patience = sluice_deadline_ms(demo->seconds * 1000 + PATIENCE_MS);
    bool stopped = false;

    while (!program_ended(process, sluice_deadline_ms(LOOK_MS), end)) {
        demo_watch_look(demo);
        if (!stopped && key_interrupted(demo->console, sluice_deadline_ms(LOOK_MS))) {
            stopped = true;
            sluice_process_kill(process);
        } else if (sluice_clock() > patience) {
            sluice_process_kill(process);
        }
    }
    return stopped;
}

/* False: the user stopped the demo. */
static bool phase_run(struct demo *demo)
{
    struct sluice_end end;
    int64_t process;
    bool stopped;
    char text[96], what[160];

    phase_reset(demo);
    demo_watch_begin(demo);
    process = phase_start(demo);
    if (process < 0) {
        demo_check(demo, false, "the workload does not start");
        return true;
    }
    stopped = phase_watch(demo, (uint32_t)process, &end);
    demo_watch_end(demo);
    snprintf(what, sizeof(what), "the workload's own checks: %s", sluice_end_text(&end, text, sizeof(text)));
    demo_check(demo, end.cause == SLUICE_END_EXIT && end.status == 0, what);
    demo_report(demo);
    return !stopped;
}

static void demo_run(struct demo *demo)
{
    bool go_on = true;

    for (unsigned i = 0; i < demo_phases_count && go_on; i++) {
        demo->phase = &demo_phases[i];
        demo->number = i + 1;
        go_on = phase_run(demo);
    }
    if (!go_on)
        demo_check(demo, false, "stopped by ctrl-c");
}

/* Runs with control on and the starting policy for new pools, then puts both back. */
static void demo_run_prepared(struct demo *demo)
{
    struct sluice_tunable_info start;
    struct control_status status;
    unsigned index;

    if (client_status(&status) < 0) {
        demo_check(demo, false, "the control server does not answer");
        return;
    }
    if (!tunable_find("policy.pool", &index, &start) || tunable_store(index, START_TUNABLE) < 0) {
        demo_check(demo, false, "policy.pool cannot be set");
        return;
    }
    demo_run(demo);
    tunable_store(index, start.value);
    client_switch(status.on != 0);
}

static bool demo_end(struct demo *demo)
{
    bool good = demo->failures == 0;

    if (good)
        printf("DEMO ok\n");
    else
        printf("DEMO failed: %s\n", demo->failed);
    printf("RESULT demo=%s phases=%u checks=%u failures=%u\n", good ? "ok" : "failed", demo_phases_count,
           demo->checks, demo->failures);
    return good;
}

static bool demo_with(struct demo *demo)
{
    struct counters *counters = &demo->console->counters;
    bool good;

    if (sample_init(&demo->before, counters) && sample_init(&demo->now, counters))
        demo_run_prepared(demo);
    else
        demo_check(demo, false, "no memory for snapshots of the counters");
    good = demo_end(demo);
    sample_free(&demo->before);
    sample_free(&demo->now);
    return good;
}

bool command_demo(struct console *console, unsigned count, char **words)
{
    unsigned online = console->counters.system->cpus;
    uint64_t seconds = DEMO_SECONDS, cpus = online < DEMO_CPUS ? online : DEMO_CPUS;
    struct demo *demo;
    bool good = false;

    if (count > 0 && !name_number(words[0], "seconds", 3, 3600, &seconds))
        return false;
    if (count > 1 && !name_number(words[1], "cpus", 1, online, &cpus))
        return false;
    demo = calloc(1, sizeof(*demo));
    if (demo != NULL) {
        demo->console = console;
        demo->seconds = seconds;
        demo->cpus = cpus;
        good = demo_with(demo);
    } else {
        printf("DEMO failed: no memory\n");
    }
    console->failed |= !good;
    free(demo);
    return good;
}
