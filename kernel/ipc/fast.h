// SPDX-License-Identifier: MIT
/*
 * The fast path of IPC: a call to a receiver that waits on this CPU, the answer to a caller of this CPU, and the same
 * for page faults. Entry points: below. Context: interrupts off, the thread is the running one, the CPU's `due` is 0.
 * Locks: class endpoint. Tests: tests/user/ipc/ (each message both ways), tests/user/isolation/, stress/bench/.
 *
 * Each of them leaves, with nothing changed, for the slow path as soon as something is not as usual. Why is counted: the
 * names are SLUICE_FAST_REASONS in kernel/abi/log.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct thread;

/* In two registers, to entry.S: who runs next, its space loaded, and the thread in whose frame its message still lies:
 * tag and words are loaded from there, the badge and all else from its own frame; the result is 0. */
struct fast_message {
    struct thread *to, *from;
};

/* entry.S only: these do not keep the registers that a C function has to keep (Makefile). */
struct fast_message fast_call(struct thread *caller);
struct fast_message fast_reply_receive(struct thread *server);
/* kernel_syscall only: handlers, which do not keep those registers either. */
int64_t fast_signal(struct thread *thread, uint64_t *args);
int64_t fast_wait(struct thread *thread, uint64_t *args);
/* kernel_trap: the pager, to run next, or NULL. */
struct thread *fast_fault(struct thread *thread, uint64_t error, uint64_t address);
