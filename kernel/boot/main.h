// SPDX-License-Identifier: MIT
/*
 * Where assembly enters C.
 * Entry points: below. Context: interrupts off. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdint.h>

struct cpu;

/* start.S: which loader, and the physical address of what it says. */
_Noreturn void boot_main(uint64_t loader, uint64_t information);
/* trampoline.S: another CPU, with its area found. */
_Noreturn void boot_other_cpu(struct cpu *cpu);
