// SPDX-License-Identifier: MIT
/*
 * The fast path of IPC: a call to a receiver that waits on this CPU, and the answer to a caller of this CPU.
 * Entry points: below, from kernel_syscall. Context: interrupts off, the thread is the running one.
 * Locks: class endpoint. Tests: tests/user/ipc/.
 *
 * Each returns the thread that runs next, its space loaded, or NULL: nothing was changed, take the slow path. Why is
 * counted (ipc_slow_* in kernel/abi/log.h).
 */
#pragma once

struct thread;

struct thread *fast_call(struct thread *caller);
struct thread *fast_reply_receive(struct thread *server);
