// SPDX-License-Identifier: MIT
/*
 * RAM made of an array, with frame records and a table of pools, for host tests of mm/.
 * Entry points: below; weak stand-ins for the event log and for what pools want of the transition engine.
 * Context: host tests, after fake_cpus_init. Link with mm/frame.c and mm/pool.c.
 */
#pragma once
#include "mm/frame.h"
#include "mm/pool.h"

#define FAKE_POOLS 8u

/* Frames 0.. of zeroed RAM, all RESERVED; no pool yet. Forgets what was before. */
void fake_memory_init(uint64_t frames);
/* The system pool over the frames [first, first + count). */
struct pool *fake_system_pool(uint64_t first, uint64_t count);
/* The policy of new pools, and of all classes of a pool. */
extern uint32_t fake_policy;
void fake_policy_set(struct pool *pool, uint32_t policy);
