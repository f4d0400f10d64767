// SPDX-License-Identifier: MIT
/*
 * The parts of test/measure.
 * Owns: struct measure. Context: the program's first thread. Locks: none. Tests: tools/measure.
 */
#pragma once
#include "stress/lib/resources.h"
#include "stress/lib/threadlet.h"
#include <stdbool.h>
#include <stdint.h>

/* Short enough that most runs see no timer interrupt. */
#define MEASURE_ROUNDS 200u
#define MEASURE_RUNS 20u

/* What the operations work on, all in the process's own pool. */
struct measure {
    struct threadlet_code code;
    struct resource_region region;
    uint64_t near_endpoint; /* served by a threadlet in our address space */
    uint64_t far_endpoint;  /* served by one in another */
    uint64_t lonely;        /* a notification that nobody waits on */
    uint64_t ping;          /* a threadlet waits on bit 0 and signals bit 1 */
    uint64_t space;         /* the other address space */
    uint64_t slot;          /* empty */
};

bool measure_init(struct measure *measure);
void measure_all(struct measure *measure, const char *policy);

uint64_t measure_best(void (*round)(void *), void *context);
void measure_print(const char *name, const char *policy, void (*round)(void *), void *context);
