// SPDX-License-Identifier: MIT
/*
 * The code of threadlets (stress/lib/threadlet.h): position-independent, no stack, no data. Each begins with its
 * argument in rdi and keeps it in rbx; call numbers are those of kernel/abi/syscalls.h.
 * Context: a thread whose space holds a copy of this. Locks: none. Tests: stress/bench/, stress/pools.
 */
#define SYS_CALL 1
#define SYS_REPLY_RECEIVE 2
#define SYS_RECEIVE 4
#define SYS_IPC_WINDOW 7
#define SYS_SIGNAL 8
#define SYS_WAIT 9
#define SYS_YIELD 12
#define SYS_CAP_DELETE 18
#define SYS_THREAD_EXIT 35
/* stress/lib/threadlet.h */
#define THREADLET_BUFFER 0x20000
#define THREADLET_BUFFER_BYTES 4096
#define THREADLET_TAKEN 2

    .section .rodata.threadlet, "a"
    .balign 16
    .globl threadlet_code_start, threadlet_code_end
    .globl threadlet_echo, threadlet_spin, threadlet_signal, threadlet_pong
    .globl threadlet_long, threadlet_take, threadlet_sink, threadlet_caller, threadlet_touch
threadlet_code_start:

/* What was received is the answer: tag and words are left as they came. */
threadlet_echo:
    mov %rdi, %rbx
    mov $-1, %r14
    mov $SYS_RECEIVE, %eax
    jmp 2f
1:  mov $SYS_REPLY_RECEIVE, %eax
2:  mov %rbx, %rdi
    syscall
    test %rax, %rax
    jns 1b
    jmp threadlet_exit

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

threadlet_long:
    mov %rdi, %rbx
    mov $THREADLET_BUFFER, %edi
    mov $THREADLET_BUFFER_BYTES, %esi
    xor %edx, %edx
    xor %r10d, %r10d
    mov $SYS_IPC_WINDOW, %eax
    syscall
    mov %rbx, %rdi
    jmp threadlet_echo

threadlet_take:
    mov %rdi, %rbx
    xor %edi, %edi
    xor %esi, %esi
    mov $THREADLET_TAKEN, %edx
    mov $1, %r10d
    mov $SYS_IPC_WINDOW, %eax
    syscall
    mov $-1, %r14
    mov %rbx, %rdi
    mov $SYS_RECEIVE, %eax
1:  syscall
    test %rax, %rax
    js threadlet_exit
    xor %edi, %edi
    mov $THREADLET_TAKEN, %esi
    mov $SYS_CAP_DELETE, %eax
    syscall
    test %rax, %rax
    js threadlet_exit
    mov %rbx, %rdi
    xor %esi, %esi
    mov $SYS_REPLY_RECEIVE, %eax
    jmp 1b

threadlet_sink:
    mov %rdi, %rbx
    mov $-1, %r14
1:  mov %rbx, %rdi
    mov $SYS_RECEIVE, %eax
    syscall
    test %rax, %rax
    js threadlet_exit
    jmp 1b

threadlet_caller:
    mov %rdi, %rbx
    mov $-1, %r14
1:  mov %rbx, %rdi
    xor %esi, %esi
    mov $SYS_CALL, %eax
    syscall
    test %rax, %rax
    js threadlet_exit
    jmp 1b

threadlet_exit:
    xor %edi, %edi
    mov $SYS_THREAD_EXIT, %eax
    syscall
    jmp threadlet_exit

threadlet_code_end:
    .section .note.GNU-stack, "", @progbits
