// SPDX-License-Identifier: MIT
/*
 * The code of threadlets (stress/lib/threadlet.h): position-independent, no stack, no data. Each begins with its
 * argument in rdi and keeps it in rbx; call numbers are those of kernel/abi/syscalls.h.
 * Context: a thread whose space holds a copy of this. Locks: none. Tests: tests/user/measure/, stress/pools.
 */
#define SYS_REPLY_RECEIVE 2
#define SYS_RECEIVE 4
#define SYS_SIGNAL 8
#define SYS_WAIT 9
#define SYS_YIELD 12
#define SYS_THREAD_EXIT 35

    .section .rodata.threadlet, "a"
    .balign 16
    .globl threadlet_code_start, threadlet_code_end
    .globl threadlet_echo, threadlet_spin, threadlet_signal, threadlet_touch, threadlet_pong
threadlet_code_start:

/* What was received is the answer: tag and words are left as they came. */
threadlet_echo:
    mov %rdi, %rbx
    mov $-1, %r14
    mov $SYS_RECEIVE, %eax
1:  mov %rbx, %rdi
    syscall
    test %rax, %rax
    js threadlet_exit
    mov $SYS_REPLY_RECEIVE, %eax
    jmp 1b

threadlet_touch:
    mov %rdi, %rbx
    mov $-1, %r14
    mov $SYS_RECEIVE, %eax
1:  mov %rbx, %rdi
    syscall
    test %rax, %rax
    js threadlet_exit
    movb $1, (%rdx)
    mov $SYS_REPLY_RECEIVE, %eax
    jmp 1b

threadlet_spin:
    pause
    jmp threadlet_spin

threadlet_signal:
    mov %rdi, %rbx
1:  mov %rbx, %rdi
    mov $1, %esi
    mov $SYS_SIGNAL, %eax
    syscall
    test %rax, %rax
    js threadlet_exit
    mov $SYS_YIELD, %eax
    syscall
    jmp 1b

threadlet_pong:
    mov %rdi, %rbx
1:  mov %rbx, %rdi
    mov $1, %esi
    mov $-1, %rdx
    mov $SYS_WAIT, %eax
    syscall
    test %rax, %rax
    js threadlet_exit
    mov %rbx, %rdi
    mov $2, %esi
    mov $SYS_SIGNAL, %eax
    syscall
    jmp 1b

threadlet_exit:
    xor %edi, %edi
    mov $SYS_THREAD_EXIT, %eax
    syscall
    jmp threadlet_exit

threadlet_code_end:
    .section .note.GNU-stack, "", @progbits
