// SPDX-License-Identifier: MIT
/*
 * Faults as messages.
 * Entry points: fault_deliver, fault_send (a forwarded fault goes on), thread_exit. Context: kernel; the thread runs
 * here or is owned by the caller. Locks: class endpoint, inside. Tests: tests/user/isolation/.
 */
#include "kernel/ipc/fault.h"
#include "kernel/abi/ipc.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/call.h"
#include "kernel/log/log.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"

/* Nobody will hear of it: the first server's fault, or that of a thread whose pager is gone. The console does, of one a
 * second: anybody can make such threads, and printing is slow. */
static void untold(const struct thread *thread)
{
    static uint64_t told_tsc; /* atomic: when the last one was printed */
    if (thread->in_fault != FAULT_SENDING)
        return;
    log_event(SLUICE_EVENT_FAULT, thread->id, thread->fault_address, thread->fault_error);
    uint64_t last = atomic_load_relaxed(&told_tsc), now = clock_tsc(); /* relaxed: the exchange decides */
    if ((!last || now - last > tsc_hz) && atomic_cas(&told_tsc, last, now))
        kprintf("sluice: thread %u stopped: vector %lu error %lx address %lx rip %lx\n", thread->id,
                thread->fault_vector, thread->fault_error, thread->fault_address, thread->frame.rip);
}

int64_t fault_send(struct thread *thread)
{
    enum thread_wait kind = thread->in_fault == FAULT_EXIT ? WAIT_SEND : WAIT_CALL;
    if (thread->step != 0)
        return endpoint_send_continue(thread, kind);
    if (!cap_alive(&thread->fault_endpoint)) {
        untold(thread);
        return SYSCALL_EXIT;
    }
    int64_t result = endpoint_send(thread, &thread->fault_endpoint, kind, SLUICE_FOREVER);
    if (result == SYSCALL_BLOCKED || result == SYSCALL_FORWARD)
        return result;
    return SYSCALL_EXIT; /* an exit was delivered, or nobody can be told */
}

void fault_deliver(struct thread *thread, uint64_t vector, uint64_t error, uint64_t address)
{
    cpu_counter_inc(faults);
    thread->in_fault = FAULT_SENDING;
    thread->fault_vector = vector;
    thread->fault_error = error;
    thread->fault_address = address;
    /* The call that faulted keeps its step: it goes on from there when the fault is mended. */
    thread->fault_step = thread->step;
    thread->step = 0;
    syscall_settle(thread, fault_send(thread));
}

int64_t sys_thread_exit(struct thread *thread, uint64_t *args)
{
    log_event(SLUICE_EVENT_THREAD_EXIT, thread->id, args[0], 0);
    thread->in_fault = FAULT_EXIT;
    thread->fault_address = args[0];
    thread->fault_error = 0;
    return fault_send(thread);
}
