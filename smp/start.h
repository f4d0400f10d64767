// SPDX-License-Identifier: MIT
/*
 * Starting the other CPUs, all at once.
 * Owns: who started. Entry points: below. Context: boot. Locks: none. Tests: tests/boot/.
 *
 *      boot CPU                               each other CPU
 *      cpus_make: an area for each
 *      cpus_start: INIT to all, wait once,
 *                  start-up to all     ---->  trampoline, finds its area by its APIC id
 *                                             cpu_announce: WAITING -> STARTED, waits for the release
 *      all STARTED, or time is up:
 *      WAITING -> GIVEN_UP, numbers closed up
 *      cpus_release                    ---->  joins the grace periods, goes idle
 */
#pragma once
#include <stdint.h>

struct cpu;

/* smp/cpu.c: a zeroed area with its stack; bytes that one takes, about. */
struct cpu *cpu_area_make(unsigned number, uint32_t apic_id, uint32_t node);
uint64_t cpu_area_bytes(void);

/* cpus[] for the machine's CPUs, the boot CPU first: their number, at most max_cpus. */
unsigned cpus_make(unsigned max_cpus);
/* Starts cpus[1..count-1]; cpu_count is then the number that take part, with numbers 0..cpu_count-1. */
void cpus_start(unsigned count);
void cpus_release(void); /* returns when all of them are online */
/* On the other CPU: returns once it may take part; never, if it came too late. */
void cpu_announce(struct cpu *cpu);
