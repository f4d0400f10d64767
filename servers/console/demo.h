// SPDX-License-Identifier: MIT
/*
 * The demo's parts: what a phase is (demo_table.c), watching pools while it runs (demo_watch.c), judging and printing
 * what became of them (demo_report.c), the order of it all (demo.c).
 * Owns: struct demo. Context: the console's thread. Locks: none. Tests: tests/boot/demo.t.
 */
#pragma once
#include "servers/console/client.h"
#include "servers/console/console.h"
#include "servers/console/sample.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEMO_WORDS_MAX 8u
#define DEMO_EXPECTATIONS_MAX 3u
#define DEMO_POOLS_MAX 1024u
#define DEMO_DECISIONS_MAX DECISION_RING

/* The kind of policy that the control server has to reach for a lock class of some pools. */
struct demo_expectation {
    const char *pools; /* pattern of their names */
    const char *lock_class;
    uint8_t granularities; /* bit g: enum sluice_granularity g is right */
    uint8_t algorithms;
    const char *reason; /* for people */
};

struct demo_phase {
    const char *title;
    const char *words[DEMO_WORDS_MAX]; /* workload and its arguments; `cpus=` and `seconds=` are added */
    unsigned cpus;                     /* 0: as many as the demo uses */
    size_t operations;                 /* offset in struct sluice_cpu_counters: what counts as an operation */
    const char *operation;             /* its name */
    struct demo_expectation expectations[DEMO_EXPECTATIONS_MAX];
};

/* One pool as it was seen during a phase. */
struct demo_pool {
    unsigned pool;
    struct sluice_pool_info first; /* when it was first seen */
    struct sluice_pool_info last;  /* policies: the last steady ones */
    bool judged[SLUICE_CLASSES_MAX];
    struct sluice_lock_counters before[SLUICE_CLASSES_MAX], now[SLUICE_CLASSES_MAX];
};

struct demo {
    struct console *console;
    const struct demo_phase *phase;
    unsigned number; /* of the phase, from 1 */
    uint64_t seconds, cpus;
    struct demo_pool pools[DEMO_POOLS_MAX];
    unsigned pools_count;
    struct sample before, now;
    uint64_t decisions_from;
    struct control_decision decisions[DEMO_DECISIONS_MAX];
    unsigned decisions_count;
    unsigned checks, failures;
    char failed[192]; /* the first failure */
};

extern const struct demo_phase demo_phases[];
extern const unsigned demo_phases_count;

/* demo_watch.c */
void demo_watch_begin(struct demo *demo);
void demo_watch_look(struct demo *demo); /* often while the phase runs: pools come and go */
void demo_watch_end(struct demo *demo);

/* demo_report.c */
void demo_check(struct demo *demo, bool good, const char *what);
void demo_report(struct demo *demo);
