// SPDX-License-Identifier: MIT
/*
 * Ways into the kernel and out of it. From user mode the registers go straight into the current thread's frame
 * (kernel/trap/frame.h), then C runs on the CPU's stack and returns the thread to resume.
 * Entry points: entry_syscall (SYSCALL), entry_vectors (interrupt descriptor table), entry_resume, cpu_idle_wait.
 * Context: interrupts off from entry to exit. Locks: none. Tests: tests/user/syscalls/, tests/boot/.
 * rbp is the user's when C is called: a back-trace ends where it leaves the CPU's stack.
 *
 * From the idle instructions an interrupt is taken as if the idle thread had been in user mode: what it interrupted
 * is forgotten. Any other trap inside the kernel is a panic, on the stack that it found.
 */
#include "kernel/boot/x86_64/layout.h"

/* Offsets in struct cpu, struct thread and struct frame; asserted where they are declared. */
#define SYS_CALL 1 /* kernel/abi/syscalls.h; asserted in kernel/trap/syscall.c */
#define SYS_REPLY_RECEIVE 2
#define CPU_STACK_TOP 16
#define CPU_SCRATCH 136
#define CPU_CURRENT 128
#define CPU_IDLE 40
#define THREAD_FRAME 64
#define FRAME_CAP 0
#define FRAME_TAG 8
#define FRAME_DEADLINE 64
#define FRAME_KEPT 80
#define FRAME_RCX 104
#define FRAME_VECTOR 120
#define FRAME_RIP 136
#define FRAME_RFLAGS 152
#define FRAME_RSP 160
#define FRAME_SS 168
#define VECTOR_SYSCALL 256 /* FRAME_SYSCALL of kernel/trap/frame.h */

    .macro push_registers
    push %r15
    push %rbp
    push %rbx
    push %rax
    push %r14
    push %r13
    push %r12
    push %r9
    push %r8
    push %r10
    push %rdx
    push %rsi
    push %rdi
    .endm

    .macro pop_registers
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    pop %r12
    pop %r13
    pop %r14
    pop %rax
    pop %rbx
    pop %rbp
    pop %r15
    .endm

    .macro leave_by_sysret          // rsp: the frame's rcx
    mov FRAME_RIP - FRAME_RCX(%rsp), %rcx
    mov FRAME_RFLAGS - FRAME_RCX(%rsp), %r11
    mov FRAME_RSP - FRAME_RCX(%rsp), %rsp
    swapgs
    sysretq
    .endm

    .macro leave_with_message       // rax: the thread that runs; rdx: the one in whose frame its message lies
    lea THREAD_FRAME + FRAME_TAG(%rdx), %rsp
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    pop %r12
    pop %r13
    mov THREAD_FRAME + FRAME_CAP(%rax), %rdi
    mov THREAD_FRAME + FRAME_DEADLINE(%rax), %r14
    lea THREAD_FRAME + FRAME_KEPT(%rax), %rsp
    xor %eax, %eax                  // a message that came has result 0
    pop %rbx
    pop %rbp
    pop %r15
    leave_by_sysret
    .endm

    .section .text.entry, "ax"
    .globl cpu_idle_turn, entry_syscall, entry_syscall_slow, entry_resume, cpu_idle_wait, entry_idle_begin, entry_idle_end, entry_vectors

    .balign 64
entry_syscall:
    swapgs
    mov %rsp, %gs:CPU_SCRATCH
    mov %gs:CPU_CURRENT, %rsp
    add $THREAD_FRAME + FRAME_SS, %rsp
    push %gs:CPU_SCRATCH            // cs and ss are in the frame since the thread started
    mov %r11, FRAME_RFLAGS - FRAME_RSP(%rsp)
    mov %rcx, FRAME_RIP - FRAME_RSP(%rsp)
    lea FRAME_RCX - FRAME_RSP(%rsp), %rsp
    push_registers
    lea -THREAD_FRAME(%rsp), %rdi
    cmp $SYS_CALL, %rax
    je 1f
    cmp $SYS_REPLY_RECEIVE, %rax
    je 2f
entry_syscall_slow:                 // rdi: the running thread; also where the fast path gives up
    mov %gs:CPU_STACK_TOP, %rsp
    call kernel_syscall             // comes back when this thread goes on, and nothing is due
    mov %gs:CPU_CURRENT, %rax
    lea THREAD_FRAME(%rax), %rsp
    pop_registers
    leave_by_sysret

1:  mov %gs:CPU_STACK_TOP, %rsp
    call fast_call
    leave_with_message
2:  mov %gs:CPU_STACK_TOP, %rsp
    call fast_reply_receive
    leave_with_message

resume:                             // rax: the thread, in whatever way it came in
    cmpl $VECTOR_SYSCALL, THREAD_FRAME + FRAME_VECTOR(%rax)
    lea THREAD_FRAME(%rax), %rsp
    jne 1f
    pop_registers
    leave_by_sysret
1:  movl $VECTOR_SYSCALL, FRAME_VECTOR(%rsp) // what the next entry is, unless it is a trap that says otherwise
    pop_registers
    pop %rcx
    pop %r11
    add $16, %rsp                   // vector, error
    swapgs
    iretq

entry_resume:
    mov %rdi, %rax
    jmp resume

    .balign 16
entry_trap:                         // on the stack: vector, error, and what the CPU pushed
    testb $3, 24(%rsp)
    jz entry_trap_kernel
    swapgs
    push %r11
    push %rcx
    push_registers
    lea -THREAD_FRAME(%rsp), %rdi
    mov %gs:CPU_STACK_TOP, %rsp
    push $2                         // AC off, so that SMAP holds; DF off
    popf
    call kernel_trap
    jmp resume

entry_trap_kernel:
    cmpq $entry_idle_begin, 16(%rsp)
    jb 1f
    cmpq $entry_idle_end, 16(%rsp)
    ja 1f
    mov (%rsp), %rax
    mov %gs:CPU_IDLE, %rdi
    mov %rax, THREAD_FRAME + FRAME_VECTOR(%rdi)
    mov %gs:CPU_STACK_TOP, %rsp
    call kernel_trap
    jmp resume
1:  push %r11
    push %rcx
    push_registers
    cld
    mov %rsp, %rdi
    call trap_in_kernel

entry_critical:                     // NMI, #DF, #MC: on a stack of their own, GS base unknown
    push %r11
    push %rcx
    push_registers
    cld
    mov $MSR_GS_BASE, %ecx
    rdmsr
    test %edx, %edx                 // the kernel's lies in the upper half
    js 1f
    swapgs
1:  mov %rsp, %rdi
    call trap_critical

cpu_idle_wait:
    mov %gs:CPU_STACK_TOP, %rsp
entry_idle_begin:
    sti
    hlt
    jmp entry_idle_begin
cpu_idle_turn:
    sti
    nop                             // the shadow of STI ends with it; QEMU's does not with PAUSE
    pause
    cli
entry_idle_end:
    ret

/* One stub of 16 bytes for each vector: pushes an error code where the CPU pushes none, and the vector. */
    .balign 16
entry_vectors:
    .set vector, 0
    .rept 256
    .balign 16
    .if !(vector == 8 || vector >= 10 && vector <= 14 || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    push $0
    .endif
    push $vector
    .if vector == 2 || vector == 8 || vector == 18
    jmp entry_critical
    .else
    jmp entry_trap
    .endif
    .set vector, vector + 1
    .endr
