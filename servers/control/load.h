// SPDX-License-Identifier: MIT
/*
 * What one (pool, class) was used for lately: sums over the last periods in which older periods fade, and the inputs
 * of the rules that follow from them.
 * Owns: struct load, enum input. Entry points: load_begin, load_count, load_end, load_forget, load_inputs. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 *
 * An operation that an off policy forwards is counted as forwarded where it came from and as acquired where it was done:
 * the use of each CPU is what came from it.
 */
#pragma once
#include "kernel/abi/log.h"
#include <stdbool.h>
#include <stdint.h>

/* X(identifier, "name in reasons", "unit") */
#define CONTROL_INPUTS(X)                                                                                    \
    X(traffic, "acquisitions", "/s")                                                                         \
    X(rate, "acquisitions in the last period", "/s")                                                         \
    X(cpus, "CPUs", "")                                                                                      \
    X(dominant, "share of the busiest CPU", "/1000")                                                         \
    X(owner, "share of the policy's CPU", "/1000")                                                           \
    X(contended, "contended", "/1000")                                                                       \
    X(busy, "one lock would be held", "/1000 of the time")                                                   \
    X(queue, "waiting", "/100 on average")                                                                   \
    X(stall, "wait", " holds for each CPU")

enum input {
#define INPUT_ENUM(identifier, name, unit) INPUT_##identifier,
    CONTROL_INPUTS(INPUT_ENUM) INPUT_COUNT
#undef INPUT_ENUM
};

struct inputs {
    uint64_t value[INPUT_COUNT];
    bool known[INPUT_COUNT]; /* what was not measured decides nothing */
    unsigned dominant_cpu;
};

/* Touched by the owner's thread only. Sums fade by 1/memory a period. */
struct load {
    uint64_t acquired, contended, wait_cycles, queue, elapsed_cycles;
    uint64_t hold_cycles;    /* typical length of a hold, 0: not known yet */
    uint64_t fresh_acquired; /* of the period that load_begin began */
    uint64_t fresh_elapsed_cycles;
    uint64_t fresh_forwarded;
    uint64_t fresh_hold_cycles; /* least of the CPUs' means */
    unsigned cpus;
    uint64_t *cpu_use; /* [cpus], faded sums of operations that came from each */
};

/* `cpu_use` has room for `cpus` numbers and is cleared. */
void load_init(struct load *load, unsigned cpus, uint64_t *cpu_use);
/* One period: begin, count once for each CPU that did something, end. */
void load_begin(struct load *load, uint64_t memory_periods);
void load_count(struct load *load, unsigned cpu, const struct sluice_lock_counters *difference);
void load_end(struct load *load, uint32_t policy, uint64_t elapsed_cycles);
/* After a change of policy: contention and waits start anew, the CPUs' use stays. */
void load_forget(struct load *load);
void load_inputs(const struct load *load, uint32_t policy, uint64_t cycles_hz, struct inputs *inputs);
