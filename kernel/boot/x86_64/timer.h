// SPDX-License-Identifier: MIT
/*
 * Learning the local timer's rate, and setting it up on each CPU.
 * Entry points: below. Context: the CPU itself, interrupts off. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdint.h>

/* Boot CPU, around the stretch of time in which the clock is measured. */
void timer_measure_begin(void);
void timer_measure_end(uint64_t clock_ticks);
/* Every CPU. */
void timer_init_cpu(void);
