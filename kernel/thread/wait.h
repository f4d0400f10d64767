// SPDX-License-Identifier: MIT
/*
 * Beginning to wait, inline.
 * Entry points: thread_wait_begin, thread_block_cpu. Context: kernel; see each. Locks: none. Tests: tests/user/ipc/.
 */
#pragma once
#include "kernel/thread/thread.h"
#include "smp/cpu.h"

/* Notes a wait; the handler then returns SYSCALL_BLOCKED. The thread must not be reachable by others before. */
static inline void thread_wait_begin(struct thread *thread, enum thread_wait kind, struct object *object)
{
    if (thread->home == cpu_number() && thread->state == THREAD_READY)
        thread->wait_sequence++;
    thread->wait_object = object;
    /* pairs with wait_claim() in cancel.c: what it waits for, before that it does */
    atomic_store_release(&thread->wait_kind, (uint8_t)kind);
}

/* Home CPU: the thread, running until now, is blocked. (It may be already: it had been forwarded, and came by its home on
 * its way.) */
static inline void thread_block_cpu(struct cpu *cpu, struct thread *thread)
{
    if (thread->state != THREAD_READY)
        return;
    thread->state = THREAD_BLOCKED;
    cpu->due |= DUE_PICK;
}
