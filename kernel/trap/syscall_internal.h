// SPDX-License-Identifier: MIT
/*
 * What dispatch.c and syscall.c share: the table, and how a thread that waits leaves its CPU's hands.
 * Owns: nothing. Context: kernel, interrupts off. Locks: none. Tests: tests/user/syscalls/.
 */
#pragma once
#include "kernel/abi/ipc.h"
#include "kernel/thread/wait.h"
#include "kernel/trap/syscall.h"

extern int64_t (*const syscall_table[SLUICE_SYSCALL_COUNT])(struct thread *, uint64_t *);

/* The absolute time at which the wait of this call ends. */
static inline uint64_t syscall_deadline(const struct thread *thread)
{
    uint64_t number = thread->frame.result;
    if (thread->in_fault)
        return SLUICE_FOREVER;
    if (number == SLUICE_SYS_wait)
        return thread->frame.word[0];
    bool message = number == SLUICE_SYS_call || number == SLUICE_SYS_send || number == SLUICE_SYS_receive ||
                   number == SLUICE_SYS_reply_receive;
    return message ? thread->frame.deadline : SLUICE_FOREVER;
}

static inline void syscall_deadline_arm(struct thread *thread, uint64_t deadline)
{
    if (deadline != SLUICE_FOREVER && thread->state == THREAD_BLOCKED)
        thread_deadline_cpu(thread, deadline);
}

/* The thread leaves this CPU's hands; its deadline stays with its home. */
static inline void syscall_leave(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    if (thread->home != cpu->number)
        return;
    thread_block_cpu(cpu, thread);
    /* Whoever woke it on another CPU may have written its registers: then this deadline means nothing, and ends when it
     * arrives here. */
    syscall_deadline_arm(thread, syscall_deadline(thread));
}
