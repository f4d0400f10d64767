// SPDX-License-Identifier: MIT
/*
 * The x86 side of starting a CPU: its stacks and tables, the trampoline in low memory, INIT and start-up messages.
 * Entry points: below. Context: boot. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct cpu;

void cpu_area_make_x86(struct cpu *cpu); /* kernel stack and struct cpu_x86 */
uint64_t cpu_area_bytes_x86(void);

/* Copies the trampoline below 1 MiB; false when no page is free there. */
bool bringup_prepare(void);
void bringup_send_init(uint32_t apic_id);
void bringup_send_startup(uint32_t apic_id);
_Noreturn void bringup_park(void); /* a CPU that must not take part */
