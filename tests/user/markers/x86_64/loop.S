// SPDX-License-Identifier: MIT
/*
 * Loops of a known number of instructions between markers (tests/user/markers/markers.h): rdi rounds, at least 1.
 * Context: the test's one thread. Locks: none. Tests: tests/sim/count.t.
 */
#define MARKER_CONSTANT 0x5b5b0000 /* stress/lib/x86_64/marker.h */

    .macro marker region, kind
    .byte 0x66, 0x0f, 0x1f, 0x80
    .long MARKER_CONSTANT | \region << 8 | \kind
    .endm

/* 1 + 2 * rounds */
    .macro count_loop name, region
    .globl \name
\name:
    marker \region, 1
    mov %rdi, %rcx
1:  dec %rcx
    jnz 1b
    marker \region, 2
    ret
    .endm

/* 1 + 4 * rounds at user level, and the kernel's part of as many null calls */
    .macro null_loop name, region
    .globl \name
\name:
    marker \region, 1
    mov %rdi, %rsi
1:  xor %eax, %eax
    syscall
    dec %rsi
    jnz 1b
    marker \region, 2
    ret
    .endm

/* 1: a REP instruction counts once for each byte and once more, to find that none is left */
    .macro fill_loop name, region
    .globl \name
\name:
    mov %rsi, %rcx
    xor %eax, %eax
    marker \region, 1
    rep stosb
    marker \region, 2
    ret
    .endm

    .text
    count_loop marked_count_short, 1
    count_loop marked_count_long, 2
    null_loop marked_null_short, 3
    null_loop marked_null_long, 4
    fill_loop marked_fill, 5
    .section .note.GNU-stack, "", @progbits
