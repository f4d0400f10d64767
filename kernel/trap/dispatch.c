// SPDX-License-Identifier: MIT
/*
 * System calls: from entry.S to their handlers and back.
 * Owns: the dispatch table. Entry point: kernel_syscall, from entry.S only: like the fast path of IPC it keeps no
 * registers (Makefile). Context: kernel, interrupts off, the thread's own CPU. Locks: none here.
 * Tests: tests/user/syscalls/.
 */
#include "kernel/ipc/fast.h"
#include "kernel/sched/leave.h"
#include "kernel/trap/syscall_internal.h"

#define SYSCALL_ENTRY(name, number, arguments, kind, sentence) [number] = sys_##name,
int64_t (*const syscall_table[SLUICE_SYSCALL_COUNT])(struct thread *,
                                                     uint64_t *) = {SLUICE_SYSCALLS(SYSCALL_ENTRY)};
#undef SYSCALL_ENTRY

_Static_assert(SLUICE_SYS_call == 1 && SLUICE_SYS_reply_receive == 2, "entry.S");

/* The same, with the short forms of what has one. */
#define SYSCALL_ENTRY(name, number, arguments, kind, sentence) [number] = sys_##name,
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static int64_t (*const entry_table[SLUICE_SYSCALL_COUNT])(struct thread *, uint64_t *) = {
    SLUICE_SYSCALLS(SYSCALL_ENTRY)[SLUICE_SYS_signal] = fast_signal,
    [SLUICE_SYS_wait] = fast_wait,
};
#pragma GCC diagnostic pop
#undef SYSCALL_ENTRY

void kernel_syscall(struct thread *thread)
{
    uint64_t number = thread->frame.result;
    int64_t result = SLUICE_E_BAD_SYSCALL;
    cpu_counter_inc(syscalls);
    thread->step = 0;
    thread->batch_index = 0;
    if (__builtin_expect(number < SLUICE_SYSCALL_COUNT, 1))
        result = entry_table[number](thread, frame_args(&thread->frame));
    if (__builtin_expect(result > SYSCALL_BLOCKED, 1))
        thread->frame.result = (uint64_t)result;
    else if (__builtin_expect(result == SYSCALL_BLOCKED, 1))
        syscall_leave(thread);
    else
        syscall_settle(thread, result);
    if (sched_exit_due(cpu_self()))
        sched_leave(cpu_self(), thread);
}
