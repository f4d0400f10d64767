// SPDX-License-Identifier: MIT
/*
 * Sending on an endpoint, as the system calls and faults share it.
 * Entry points: endpoint_send, endpoint_send_continue. Context: kernel. Locks: class endpoint, inside.
 * Tests: tests/user/ipc/.
 */
#pragma once
#include "kernel/cap/object.h"
#include "kernel/thread/thread.h"

/* kind WAIT_CALL or WAIT_SEND. 0, WOULD_BLOCK, a transfer's error, or SYSCALL_BLOCKED, _FORWARD, _FAULT; after a
 * _FORWARD with thread->step != 0 go on with endpoint_send_continue. */
int64_t endpoint_send(struct thread *thread, const struct cap *cap, enum thread_wait kind, uint64_t deadline);
/* From where a receiver was taken off its queue, thread->wait_badge being set. */
int64_t endpoint_send_claimed(struct thread *thread, struct thread *receiver, enum thread_wait kind);
int64_t endpoint_send_continue(struct thread *thread, enum thread_wait kind);
