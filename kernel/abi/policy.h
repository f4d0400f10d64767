// SPDX-License-Identifier: MIT
/*
 * The lock-policy word and its text form.
 * One 32-bit word for each (pool, lock class): granularity and algorithm, twice (what is being left, what is being
 * entered; equal when no transition runs), the CPU that `off` names, and a generation that each change bumps.
 * Shared by kernel, servers and host tools. Tests: tests/host/test_policy.c.
 *
 *      bits 0-3 granularity   4-7 algorithm   8-11 granularity left   12-15 algorithm left   16-23 cpu   24-31 generation
 *
 * Text: `off@3`, `kernel/ticket`, `pool/tas`, `object/mcs`.
 */
#pragma once
#include <stdint.h>

enum sluice_granularity {
    SLUICE_GRANULARITY_OFF, /* no lock: operations run on the policy's CPU only, others are forwarded to it */
    SLUICE_GRANULARITY_KERNEL, /* the kernel's one lock, held to the end of the operation */
    SLUICE_GRANULARITY_POOL,
    SLUICE_GRANULARITY_CLASS,
    SLUICE_GRANULARITY_OBJECT,
    SLUICE_GRANULARITY_SPLIT, /* as OBJECT, but what one CPU waits for on its own is that CPU's: endpoints only */
    SLUICE_GRANULARITY_COUNT
};
enum sluice_algorithm {
    SLUICE_ALGORITHM_TAS,
    SLUICE_ALGORITHM_TICKET,
    SLUICE_ALGORITHM_MCS,
    SLUICE_ALGORITHM_COUNT
};

#define SLUICE_GRANULARITY_NAMES                                                                             \
    {                                                                                                        \
        "off", "kernel", "pool", "class", "object", "split"                                                  \
    }
#define SLUICE_ALGORITHM_NAMES                                                                               \
    {                                                                                                        \
        "tas", "ticket", "mcs"                                                                               \
    }

#define SLUICE_POLICY(granularity, algorithm, cpu)                                                           \
    ((uint32_t)(granularity) | (uint32_t)(algorithm) << 4 | (uint32_t)(granularity) << 8 |                   \
     (uint32_t)(algorithm) << 12 | (uint32_t)(cpu) << 16)
#define SLUICE_POLICY_GRANULARITY(word) ((word)&15u)
#define SLUICE_POLICY_ALGORITHM(word) ((word) >> 4 & 15u)
#define SLUICE_POLICY_OLD_GRANULARITY(word) ((word) >> 8 & 15u)
#define SLUICE_POLICY_OLD_ALGORITHM(word) ((word) >> 12 & 15u)
#define SLUICE_POLICY_CPU(word) ((word) >> 16 & 255u)
#define SLUICE_POLICY_GENERATION(word) ((word) >> 24)
/* Those that every class has: the granularities below SPLIT. */
#define SLUICE_GRANULARITY_COMMON SLUICE_GRANULARITY_SPLIT
/* Both halves equal: no transition runs. */
#define SLUICE_POLICY_STEADY(word) (((word)&255u) == ((word) >> 8 & 255u))
/* The same lock set, whatever the generation. */
#define SLUICE_POLICY_SET(word) ((word)&0x00ffffffu)

/* Upper bound of lock classes, for arrays shared with user level; the table is smp/lock/classes.h. */
#define SLUICE_CLASSES_MAX 8u
