// SPDX-License-Identifier: MIT
/*
 * A thread's saved registers, under the names the kernel uses.
 * Owns: struct frame and its accessors. x86_64/entry.S saves into the frame of the current thread and restores from
 * the one that is resumed; the order below is the order there (asserted below).
 * Context: a frame belongs to its thread: the home CPU touches it while the thread runs, whoever claimed the thread
 * while it is blocked (kernel/thread/thread.h). Locks: none. Tests: tests/user/syscalls/.
 */
#pragma once
#include <stdint.h>

/* How the thread came into the kernel, in frame.vector: at or below 255 a trap or interrupt. */
#define FRAME_SYSCALL                                                                                        \
    256u /* leave by SYSRET; stays there while the thread runs in user mode, so no SYSCALL has to set it */
#define FRAME_WRITTEN 257u /* registers were set by another thread: leave by IRET */

struct frame {
    uint64_t cap; /* rdi: argument 0; out: badge */
    uint64_t tag; /* rsi: argument 1 */
    uint64_t word
        [6]; /* rdx r10 r8 r9 r12 r13: words of a message; arguments 2.. of a call; word[0] is the second result */
    uint64_t deadline; /* r14 */
    uint64_t result;   /* rax: number in, result out */
    uint64_t kept[3];  /* rbx rbp r15 */
    uint64_t rcx, r11;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss; /* as the CPU pushes them */
};
_Static_assert(sizeof(struct frame) == 22 * 8, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, tag) == 8, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, deadline) == 64, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, kept) == 80, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, rcx) == 104, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, vector) == 120, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, rip) == 136, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, rflags) == 152, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, rsp) == 160, "entry.S");
_Static_assert(__builtin_offsetof(struct frame, ss) == 168, "entry.S");

/* The six arguments of a system call lie side by side; args[2] is also where a second result goes. */
static inline uint64_t *frame_args(struct frame *f)
{
    return &f->cap;
}
