// SPDX-License-Identifier: MIT
/*
 * System calls inside the kernel: handlers, their results, forwarding.
 * Owns: the dispatch table (made of kernel/abi/syscalls.h). Entry points: kernel_syscall from entry.S,
 * syscall_run for forwarded, resumed and batched calls. Context: interrupts off, on the CPU the gate chose.
 * Locks: whatever the handlers take, none held here. Tests: tests/user/syscalls/.
 *
 * A handler works for `thread`, which is the running thread or one that was forwarded here. It reads args[0..5], may
 * set args[2] as second result, and returns a result, or one of the values below. Every path that has to run on
 * another CPU must be found before anything is changed, or noted in thread->step and thread->scratch, so that the
 * handler can be entered again from the top.
 */
#pragma once
#include "kernel/abi/error.h"
#include "kernel/abi/syscalls.h"
#include "smp/cpu.h"
#include "smp/lock/gate.h"
#include <stdint.h>

struct thread;

#define SYSCALL_BLOCKED (-1000) /* the thread waits; whoever wakes it sets the result */
#define SYSCALL_FORWARD (-1001) /* cpu_self()->forward_cpu: run the handler again there */
#define SYSCALL_FAULT (-1002) /* thread->fault_address/_error: take a page fault, then start the call again */
#define SYSCALL_AGAIN (-1003) /* preemption point: run the handler again after what is pending was handled */

#define SYSCALL_EXIT (-1004) /* the thread stops for good */

#define SYSCALL_HANDLER(name, number, arguments, kind, sentence)                                             \
    int64_t sys_##name(struct thread *thread, uint64_t *args);
SLUICE_SYSCALLS(SYSCALL_HANDLER)
#undef SYSCALL_HANDLER

static inline int64_t syscall_forward(const struct gate *gate)
{
    cpu_self()->forward_cpu = gate->cpu;
    return SYSCALL_FORWARD;
}

/* entry.S: the thread that entered by SYSCALL, with whatever call; returns when it goes on. */
void kernel_syscall(struct thread *thread);
/* entry.S: the same, from the top of the stack, and out of the kernel: where the fast path gives up. */
_Noreturn void entry_syscall_slow(struct thread *thread);
/* entry.S: leaves the kernel into this thread, its address space loaded. */
_Noreturn void entry_resume(struct thread *thread);
/* entry.S: a trap or interrupt came while `thread` (maybe idle) ran; frame.vector says which. Returns the thread to
 * resume, its address space loaded. */
struct thread *kernel_trap(struct thread *thread);
/* Runs the call in the thread's frame, from the top or at its step, and settles what the handler returned. */
void syscall_run(struct thread *thread);
/* What becomes of the thread after its handler returned `result`. */
void syscall_settle(struct thread *thread, int64_t result);
