// SPDX-License-Identifier: MIT
/*
 * Panics: what the trap code needs of them, and what they need of the machine.
 * Entry points: below; panic itself is in kernel/boot/platform.h. Context: any. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct cpu;

/* Where a back-trace begins, and the stack it must stay on. */
struct panic_place {
    uint64_t address; /* of the instruction that failed; 0: the first return address is the place */
    uint64_t frame_pointer;
    uint64_t stack_bottom, stack_top;
};

enum stopped_mode { STOPPED_NOT, STOPPED_USER, STOPPED_IDLE, STOPPED_KERNEL };
struct panic_stop {
    uint64_t address;
    uint32_t mode; /* enum stopped_mode */
};

/* Takes the console and the right to speak; does not return on a CPU that is too late. */
void panic_begin(void);
/* Back-trace, the other CPUs, the end. */
_Noreturn void panic_end(const struct panic_place *place);
bool panic_running(void);
/* The machine ends: nobody else goes on, nobody takes the NMI for a failure. */
void panic_stop_others(void);
void console_seize(void);

/* kernel/trap/x86_64/trap_kernel.c */
unsigned panic_cpu(void); /* this CPU's number, however early it is */
_Noreturn void panic_wait(void);
struct panic_place panic_place_here(const void *frame_pointer);
struct panic_stop panic_stop_of(const struct cpu *cpu);
