// SPDX-License-Identifier: MIT
/*
 * The parts of stress/bench.
 * Owns: struct bench. Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#pragma once
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/bench/operations.h"
#include "stress/lib/resources.h"
#include "stress/lib/threadlet.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS_MAX 200u
#define BENCH_WARM_ROUNDS 8u
#define BENCH_TURN_ROUNDS 4u

/* Where pages are mapped and unmapped; nothing else lies there. */
#define BENCH_ADDRESS 0x0000500000000000ull
#define BENCH_RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)
#define BENCH_PAGES 512u
#define BENCH_SPARE_PAGES 64u

/* The operations by number; a number is the marker region as well. */
#define BENCH_NUMBER(name, rounds, before, after) BENCH_##name,
enum bench_number {
    BENCH_NONE,
    BENCH_OPERATIONS(BENCH_NUMBER) BENCH_CROSS_OPERATIONS(BENCH_NUMBER) BENCH_COUNT,
    BENCH_OWN_COUNT = BENCH_call_cross
};
#undef BENCH_NUMBER

/* What the operations work on, all in the process's own pool. Fixed after init, but for the last group. */
struct bench {
    struct threadlet_code code;
    struct resource_region region; /* pages to map */
    struct resource_region spare;  /* to split and to make a pool of; never mapped */
    uint64_t space;                /* another address space, where the threadlets of `far` live */
    uint64_t cspace;               /* another cspace */
    uint64_t near_endpoint, far_endpoint, long_endpoint, cap_endpoint; /* their threadlets answer */
    uint64_t sink;                                                     /* its threadlet only receives */
    uint64_t caller; /* its threadlet calls, for ever; nobody else does */
    uint64_t lonely; /* a notification that nobody waits for */
    uint64_t ping;   /* a threadlet waits for bit 0 and signals bit 1 */
    uint64_t told;   /* the end of a policy transition */
    uint64_t thread; /* stopped; below our priority where it runs */
    uint64_t slot;   /* empty */
    struct sluice_batch_entry *entries;
    uint8_t *buffer; /* for long parts */
    /* Between processors: 0 and NULL with one. */
    uint64_t cross_endpoint, cross_ping; /* their threadlets are on the second processor */
    uint64_t *active;                    /* threads that spin in our space, one on each other processor */
    uint64_t cpus;
    struct meeting *meeting; /* of the workers, if there are several */
    /* Of the operation that runs. */
    uint8_t *page;           /* the next to touch */
    volatile uint32_t began; /* in memory: no operation has to keep a register for it */
    uint32_t *sample;
    uint32_t rounds;
    uint64_t rounds_max;
    union {
        struct sluice_registers registers;
        struct sluice_cap_info cap_info;
        struct sluice_cpu_info cpu_info;
        struct sluice_tunable_info tunable_info;
    } out; /* what the kernel describes */
    uint64_t value;
    uint32_t policy;
};

struct operation {
    const char *name;
    uint32_t rounds;
    /* 1: what it needs is not there, it is left out. */
    int64_t (*before)(struct bench *bench);
    /* Warms up, then runs `rounds` times between markers; ticks go to bench->sample. Negative: an operation failed. */
    int64_t (*loop)(struct bench *bench);
    int64_t (*after)(struct bench *bench);
};
extern const struct operation operations[BENCH_COUNT]; /* operations.c; [0] is nobody */

#define BENCH_DECLARE(name, rounds, before, after)                                                           \
    int64_t bench_##name##_loop(struct bench *bench);                                                        \
    int64_t bench_##before(struct bench *bench);                                                             \
    int64_t bench_##after(struct bench *bench);
BENCH_OPERATIONS(BENCH_DECLARE)
BENCH_CROSS_OPERATIONS(BENCH_DECLARE)
#undef BENCH_DECLARE

/* prepare.c */
bool bench_init(struct bench *bench);
/* A thread with its own cspace, in whose slot 1 `argument` lies; at this index of our processors. 0: there is none. */
uint64_t bench_thread_make(uint64_t space, uint64_t argument, unsigned priority, unsigned cpu);

/* cross.c: what mode=cross needs beside that. */
bool cross_init(struct bench *bench);

/* policies.c: every class of every pool that there is (or of ours only) gets this policy. False: one did not take it.
 * `off` names our first processor; with several processors, pools that are not ours get `object` for it. */
bool policies_set(struct bench *bench, uint32_t policy);
bool policies_set_own(struct bench *bench, uint32_t policy);

/* workers.c: a process for each of `cpus` processors does what this one was asked for. 0: all did. */
int workers_run(uint64_t cpus, int argc, char **argv);
/* Are we one of those? Then the page where they meet is ours to join. */
bool worker_is(void);
bool worker_join(struct bench *bench);
/* Returns when every worker came here as often as this one; at once when there is only one. */
void workers_meet(const struct bench *bench);

/* report.c: measures one operation and prints its line, if it is not one of several workers; false: it failed. */
bool bench_measure(struct bench *bench, enum bench_number number, const char *policy);
