// SPDX-License-Identifier: MIT
/*
 * What the rest of the kernel needs of the machine: clocks, timer, interrupt lines, ports, halting, the boot console.
 * Owns: nothing; implemented in kernel/boot/x86_64 and kernel/trap/x86_64. Context: kernel, interrupts off.
 * Locks: console.lock (a leaf) inside console_write. Tests: tests/boot/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct thread;

extern uint64_t tsc_hz;             /* cycles of clock_tsc a second; fixed after boot */
uint64_t clock_tsc(void);           /* the clock everything is in; the same on all CPUs */
uint64_t clock_ns_of(uint64_t tsc); /* since boot */
uint64_t clock_tsc_of(uint64_t ns); /* saturates at UINT64_MAX, which means never */
void timer_arm_cpu(uint64_t tsc);   /* interrupt of this CPU at or soon after that time */
void timer_disarm_cpu(void);

void ipi_send(uint32_t apic_id); /* the one inter-processor interrupt; its reason is the pending word */
void ipi_stop_others(void);      /* NMI: panic on another CPU */
void interrupt_ack(void);        /* end of interrupt */
void irq_line_unmask(unsigned line, uint32_t apic_id);
void irq_line_mask(unsigned line);

uint32_t port_read(uint16_t port, unsigned bytes);
void port_write(uint16_t port, unsigned bytes, uint32_t value);
_Noreturn void machine_halt(unsigned status);

void console_write(const char *text, uint64_t bytes); /* polled; boot and panics, root's first words */
void kprintf(const char *format, ...)
    __attribute__((format(printf, 1, 2))); /* %s %c %d %u %x %lx %lu %p %% */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Boot cannot go on: one line, then the machine halts with SLUICE_EXIT_BOOT_FAILED. */
_Noreturn void boot_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef DEBUG
#define assert(condition)                                                                                    \
    ((condition) ? (void)0 : panic("%s:%d: assertion %s", __FILE__, __LINE__, #condition))
#else
#define assert(condition) ((void)0)
#endif

/* CPU state that only x86 has; one instruction or two each. Page tables: mm/x86_64/translation.h. */
uint64_t mmu_fault_address(void); /* of the page fault that is being handled */
_Noreturn void
cpu_idle_wait(void); /* resets the stack, enables interrupts, halts; an interrupt enters kernel_trap */
void cpu_idle_turn(
    void); /* idle: lets interrupts in for a moment; one enters kernel_trap, and this does not return */
void cpu_relax(void);
