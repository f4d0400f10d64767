// SPDX-License-Identifier: MIT
/*
 * The first instructions of a program and of a thread: an aligned stack, no caller, then C.
 * Entry points: _start (rdi: process info, or the root server's boot info), sluice_thread_entry (rdi: the thread).
 * Context: a thread that begins. Locks: none. Tests: tests/user/process/, tests/user/threads/.
 */
    .section .text.start, "ax"
    .globl _start
_start:
    xor %ebp, %ebp
    and $-16, %rsp
    call sluice_start
    ud2

    .globl sluice_thread_entry
sluice_thread_entry:
    xor %ebp, %ebp
    and $-16, %rsp
    call sluice_thread_run
    ud2

    .section .note.GNU-stack, "", @progbits
