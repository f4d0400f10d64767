// SPDX-License-Identifier: MIT
/*
 * Moving one message between two threads, both owned by the running operation.
 * Entry point: message_transfer. Context: kernel, any CPU. Locks: class cspace of the receiver, when capabilities
 * travel. Tests: tests/user/ipc/.
 */
#pragma once
#include <stdint.h>

struct thread;

/* Is the sender's tag well formed, its long part mapped? 0, BAD_ARGUMENT, or SYSCALL_FAULT. */
int64_t message_check(struct thread *from);
/* Words, capabilities and long part, into the receiver's frame, window and slots. 0; SYSCALL_FORWARD: call it again on
 * that CPU (progress lies in subject->scratch[0]); SYSCALL_FAULT: the sender's buffer is not mapped; TRUNCATED,
 * BAD_ADDRESS (the receiver's window), BAD_CAP, NO_RIGHT: nothing was delivered. */
int64_t message_transfer(struct thread *subject, struct thread *from, struct thread *to, uint64_t badge);
