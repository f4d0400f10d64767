// SPDX-License-Identifier: MIT
/*
 * Probes: a thread that does something dangerous while its faults come to us, not to the memory server.
 * Owns: struct probe, its thread, its endpoint. Entry points: below. Context: one user thread uses a probe at a time;
 * a probe's body runs without thread-local storage: no libc. Locks: none; the endpoint orders the two.
 * Tests: tests/user/.
 */
#pragma once
#include "tests/user/lib/raw.h"
#include <stdbool.h>
#include <stdint.h>

enum probe_kind {
    PROBE_DONE,   /* it came to its end */
    PROBE_FAULT,  /* a page fault stopped it */
    PROBE_TRAP,   /* another exception stopped it */
    PROBE_SILENT, /* neither came in time: it is blocked, or runs on */
};

struct probe_outcome {
    enum probe_kind kind;
    uint64_t address, error, rip; /* of a fault; of a trap, address is its vector */
};

#define PROBE_STACK_BYTES 8192u
struct probe {
    uint64_t thread, endpoint; /* slots */
    void (*body)(struct probe *probe);
    volatile uint64_t argument;
    volatile uint64_t result;
    struct raw_call call;
    uint8_t *stack;
};

/* A probe on the process's processor `cpu` (an index). */
bool probe_init(struct probe *probe, unsigned cpu);
void probe_end(struct probe *probe);

/* Runs body(probe) to its end, a fault or 1 s; the thread is stopped afterwards. */
struct probe_outcome probe_run(struct probe *probe, void (*body)(struct probe *), uint64_t argument);
/* The same in two halves; between them the probe runs. probe_collect does not stop it when it is silent. */
bool probe_start(struct probe *probe, void (*body)(struct probe *), uint64_t argument);
struct probe_outcome probe_collect(struct probe *probe, uint64_t wait_ms);
bool probe_stop(struct probe *probe);
/* Does the system call in probe->call. */
struct probe_outcome probe_call(struct probe *probe);

const char *probe_kind_name(enum probe_kind kind);
