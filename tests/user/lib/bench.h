// SPDX-License-Identifier: MIT
/*
 * The bench: one object of each type, in a pool of its own, for tests that try system calls on them.
 * Owns: bench[] (slots by item). Entry points: bench_init, bench_end. Context: one thread. Locks: none.
 * Tests: tests/user/syscalls/, tests/user/hostile/.
 */
#pragma once
#include "kernel/abi/object.h"
#include <stdbool.h>
#include <stdint.h>

/* The first ones have the numbers of enum sluice_type; an item that we were not given is slot 0. */
enum bench_item {
    BENCH_NULL = 0,
    BENCH_TYPES_END = SLUICE_TYPE_COUNT - 1,
    BENCH_FREE,      /* an empty slot */
    BENCH_DESTROYED, /* a slot whose object is gone */
    BENCH_REVOKED,   /* a slot whose capability was revoked, its object lives */
    BENCH_REUSED,    /* was a notification, destroyed; holds an endpoint now */
    BENCH_COUNT
};

#define BENCH_POOL_PAGES 256u
#define BENCH_REGION_PAGES 16u
/* Somewhere in our own address space where nothing is mapped and nothing will be. */
#define BENCH_ADDRESS 0x0000500000000000ull

extern uint64_t bench[BENCH_COUNT];

/* True when everything but the types that only some programs are given is there. */
bool bench_init(void);
/* Gives everything back: 0, or the first error. */
int64_t bench_end(void);
