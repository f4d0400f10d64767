// SPDX-License-Identifier: MIT
/*
 * What each CPU needs because it is an x86: descriptor table, task state, stacks for faults that may find no good one.
 * Owns: struct cpu_x86. Entry points: below. Context: the CPU itself; `stopped` is read by the CPU that panics.
 * Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdint.h>

struct cpu;
struct thread;

#define IST_STACK_BYTES 4096u
enum ist_stack { IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_STACKS };

/* 64-bit task state (Intel SDM vol. 3, 7.7). */
struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3]; /* [0]: end of the current thread's frame */
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t port_map;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == 104, "SDM");

struct cpu_x86 {
    /* Fixed after init, but for tss.rsp[0]: this CPU only. */
    uint64_t gdt[7];
    uint32_t reserved; /* keeps rsp[0] and the rest of the task state aligned */
    struct task_state tss;
    /* Atomic: where this CPU was when another one's panic stopped it. */
    uint64_t stopped_rip;
    uint32_t stopped_mode; /* enum stopped_mode of kernel/log/panic.h */
    uint8_t ist[IST_STACKS][IST_STACK_BYTES] __attribute__((aligned(16)));
};

/* The frame that entry.S makes on the stack when the CPU was in the kernel: a trap there, or NMI, #DF, #MC anywhere. */
struct kernel_frame {
    uint64_t rdi, rsi, rdx, r10, r8, r9, r12, r13, r14, rax, rbx, rbp, r15, rcx, r11;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Boot CPU, first of all: the interrupt descriptor table, so that faults of boot are told. */
void idt_init(void);
/* Every CPU: descriptor tables, GS base, system-call entry, protection bits. */
void cpu_x86_init_cpu(struct cpu *cpu);
/* entry.S calls these; neither returns. */
_Noreturn void trap_in_kernel(struct kernel_frame *frame);
_Noreturn void trap_critical(struct kernel_frame *frame);
