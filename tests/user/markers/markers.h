// SPDX-License-Identifier: MIT
/*
 * Loops of a known number of instructions between markers (x86_64/loop.S). Their numbers are their marker regions.
 * Context: the test's one thread. Locks: none. Tests: tests/sim/count.t.
 */
#pragma once
#include <stdint.h>

/* 1 + 2 * rounds instructions. */
void marked_count_short(uint64_t rounds); /* region 1 */
void marked_count_long(uint64_t rounds);  /* region 2 */
/* 1 + 4 * rounds, and those of the kernel for as many null calls. */
void marked_null_short(uint64_t rounds); /* region 3 */
void marked_null_long(uint64_t rounds);  /* region 4 */
/* One REP STOSB. */
void marked_fill(void *bytes, uint64_t count); /* region 5 */
