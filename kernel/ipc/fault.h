// SPDX-License-Identifier: MIT
/*
 * Faults as messages: a thread's page fault or exception is a call to its fault endpoint.
 * Entry point: fault_deliver. Context: kernel; the thread runs here or is blocked and owned by the caller.
 * Locks: class endpoint, inside. Tests: tests/user/isolation/.
 */
#pragma once
#include <stdint.h>

struct thread;

/* A thread without a living fault endpoint stops for good. vector 14: a page fault at `address`. */
void fault_deliver(struct thread *thread, uint64_t vector, uint64_t error, uint64_t address);
/* Sends, or goes on sending, what thread->in_fault says; the result is to be settled. */
int64_t fault_send(struct thread *thread);
