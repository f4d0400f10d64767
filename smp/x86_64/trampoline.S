// SPDX-License-Identifier: MIT
/*
 * Where another CPU wakes up: from real mode straight to 64-bit mode on the early tables, which map low memory at its
 * own address, then to the kernel's tables and the stack of its area. Copied to a page below 1 MiB.
 * Entry point: trampoline_begin. Context: a CPU after its start-up message, interrupts off. Locks: none; before it has
 * its own stack it uses only registers. Tests: tests/boot/.
 */
#include "kernel/boot/x86_64/layout.h"

    .section .rodata
    .globl trampoline_begin, trampoline_end, trampoline_target, trampoline_efer
    .code16
trampoline_begin:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov trampoline_root - trampoline_begin, %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    mov trampoline_efer - trampoline_begin, %eax
    wrmsr
    mov $CR0_KERNEL, %eax
    lgdtl trampoline_gdt_pointer - trampoline_begin
    mov %eax, %cr0
    ljmpl *trampoline_target - trampoline_begin
    .code64
trampoline64:
    mov $trampoline_high, %rax
    jmp *%rax
    .balign 8
trampoline_target:
    .long trampoline64 - trampoline_begin   // the page's address is added when it is copied
    .word SELECTOR_KERNEL_CODE
trampoline_gdt_pointer:
    .word 23
    .long early_gdt - KERNEL_OFFSET
    .balign 4
trampoline_root:
    .long early_pml4 - KERNEL_OFFSET
trampoline_efer:
    .long 0                                 // boot_efer, when it is copied
trampoline_end:

#define CPU_APIC_ID 12                      /* struct cpu, asserted in bringup.c */
#define CPU_STACK_TOP 16
#define CPUID_TOPOLOGY 0xb

    .text
    .code64
trampoline_high:
    mov kernel_root, %rax
    mov %rax, %cr3
    xor %eax, %eax                          // which CPU is this? as apic_id_cpu() in apic.c
    cpuid
    cmp $CPUID_TOPOLOGY, %eax
    jb 1f
    mov $CPUID_TOPOLOGY, %eax
    xor %ecx, %ecx
    cpuid
    mov %edx, %edi
    test %ebx, %ebx
    jnz 2f
1:  mov $1, %eax
    cpuid
    mov %ebx, %edi
    shr $24, %edi
2:  mov $cpus, %rsi                         // ends with a NULL
3:  mov (%rsi), %rax
    test %rax, %rax
    jz 5f
    cmp %edi, CPU_APIC_ID(%rax)
    je 4f
    add $8, %rsi
    jmp 3b
4:  mov CPU_STACK_TOP(%rax), %rsp
    xor %ebp, %ebp
    mov %rax, %rdi
    call boot_other_cpu
5:  cli
    hlt
    jmp 5b
