// SPDX-License-Identifier: MIT
/*
 * System calls that do not end at once: forwarding, faults, calls begun anew, batches. dispatch.c is where they enter.
 * Owns: nothing. Entry points: syscall_run, syscall_settle. Context: kernel, interrupts off, on the thread's own CPU or
 * where its call was forwarded to. Locks: none here. Tests: tests/user/syscalls/.
 */
#include "kernel/trap/syscall_internal.h"
#include "kernel/abi/ipc.h"
#include "kernel/boot/platform.h"
#include "kernel/ipc/fault.h"
#include "kernel/sched/sched.h"
#include "kernel/thread/wait.h"
#include "mm/user_page.h"

enum syscall_kind { PLAIN, MESSAGE, WAIT };

#define SYSCALL_KIND(name, number, arguments, kind, sentence) [number] = kind,
static const uint8_t syscall_kinds[SLUICE_SYSCALL_COUNT] = {SLUICE_SYSCALLS(SYSCALL_KIND)};
#undef SYSCALL_KIND

static int64_t syscall_dispatch(struct thread *thread)
{
    if (__builtin_expect(thread->in_fault, 0))
        return fault_send(thread);
    uint64_t number = thread->frame.result;
    if (__builtin_expect(number >= SLUICE_SYSCALL_COUNT, 0))
        return SLUICE_E_BAD_SYSCALL;
    return syscall_table[number](thread, frame_args(&thread->frame));
}

static void syscall_send_away(struct thread *thread, uint32_t cpu)
{
    uint64_t deadline = syscall_deadline(thread); /* its registers are not ours any more once it is sent */
    cpu_counter_inc(forwarded);
    thread->remote_cpu = cpu;
    thread_wait_begin(thread, WAIT_REMOTE, NULL);
    bool here = thread->home == cpu_number();
    if (here)
        thread_block_cpu(cpu_self(), thread);
    cpu_send(cpu, &thread->node, MAILBOX_SYSCALL);
    if (here)
        syscall_deadline_arm(thread, deadline); /* after: a cancel must not overtake the thread */
}

/* It runs here again after the mailbox and interrupts had their turn. */
static void syscall_again(struct thread *thread)
{
    if (thread->home != cpu_number() || thread->state != THREAD_READY) {
        cpu_send(cpu_number(), &thread->node, MAILBOX_SYSCALL);
        return;
    }
    thread->resume = RESUME_SYSCALL;
    sched_reconsider();
}

void syscall_settle(struct thread *thread, int64_t result)
{
    switch (result) {
    case SYSCALL_BLOCKED:
        syscall_leave(thread);
        break;
    case SYSCALL_FORWARD:
        syscall_send_away(thread, cpu_self()->forward_cpu);
        break;
    case SYSCALL_FAULT:
        thread->resume = RESUME_SYSCALL;
        fault_deliver(thread, 14, thread->fault_error | 4 /* from user mode */, thread->fault_address);
        break;
    case SYSCALL_AGAIN:
        syscall_again(thread);
        break;
    case SYSCALL_EXIT:
        thread->in_fault = FAULT_STOP;
        if (thread->home == cpu_number())
            thread_arrive_cpu(thread);
        else
            thread_wake(thread);
        break;
    default:
        if (thread->home == cpu_number() && thread->state == THREAD_READY) {
            thread->frame.result = (uint64_t)result;
            thread->resume = RESUME_USER;
        } else {
            thread_wake_result(thread, result);
        }
    }
}

void syscall_run(struct thread *thread)
{
    if (!thread->in_fault) /* else a call that faulted is to start again when the fault is mended */
        thread->resume = RESUME_USER;
    syscall_settle(thread, syscall_dispatch(thread));
}

/* One entry of a batch; its own arguments, the thread's step. */
static int64_t batch_entry_run(struct thread *thread, struct sluice_batch_entry *entry)
{
    if (entry->number >= SLUICE_SYSCALL_COUNT)
        return SLUICE_E_BAD_SYSCALL;
    if (syscall_kinds[entry->number] != PLAIN)
        return SLUICE_E_NOT_BATCHED;
    return syscall_table[entry->number](thread, entry->args);
}

#define BATCH_ENTRY_WORDS (sizeof(struct sluice_batch_entry) / sizeof(uint64_t) - 1) /* all but the result */

/* Where the entry lies, in the direct map, when it could be read in the short way; else NULL, and it was read in the long
 * way unless *faulted: then the thread has to take a page fault first. It has to be writable as well. */
static inline struct sluice_batch_entry *batch_entry_read(struct thread *thread, uint64_t address,
                                                          struct user_page *page, bool *faulted)
{
    struct sluice_batch_entry *entry = &thread->batch_entry;
    void *there = user_reach_again(page, thread->aspace, address, sizeof(*entry), USER_WRITE);
    if (__builtin_expect(there != NULL, 1)) {
        const uint64_t *from = there;
        uint64_t *to = &entry->number;
#pragma GCC unroll 8
        for (unsigned i = 0; i < BATCH_ENTRY_WORDS; i++)
            to[i] = from[i];
        return there;
    }
    thread->fault_error = SLUICE_FAULT_WRITE;
    *faulted = user_check(thread->aspace, address, sizeof(*entry), true, &thread->fault_address) ||
               user_copy_in(thread->aspace, entry, address, sizeof(*entry), &thread->fault_address);
    return NULL;
}

/* `there`, where it was found before the call, is good unless this CPU flushed something since (user_page.h). It was
 * writable then; if it is not any more, the caller unmapped it itself. */
static inline void batch_entry_answer(struct thread *thread, struct sluice_batch_entry *there,
                                      uint64_t address, struct user_page *page)
{
    const struct sluice_batch_entry *entry = &thread->batch_entry;
    if (__builtin_expect(!there || page->acked != cpu_self()->tlb_acked, 0))
        there = user_reach_again(page, thread->aspace, address, sizeof(*entry), USER_WRITE);
    if (__builtin_expect(there != NULL, 1)) {
        atomic_store_relaxed(&there->args[2], entry->args[2]);
        atomic_store_relaxed(&there->result, entry->result);
    } else {
        user_copy_out(thread->aspace, address, entry, sizeof(*entry), &thread->fault_address);
    }
}

int64_t sys_batch(struct thread *thread, uint64_t *args)
{
    /* In the thread: an entry that goes on at a later step must not find other arguments than those it checked. */
    struct sluice_batch_entry *entry = &thread->batch_entry;
    struct user_page page = {0};
    uint64_t count = args[1];
    if (count > SLUICE_BATCH_MAX)
        return SLUICE_E_BAD_ARGUMENT;
    while (thread->batch_index < count) {
        uint64_t address = args[0] + thread->batch_index * sizeof(*entry);
        struct sluice_batch_entry *there = NULL;
        bool faulted = false;
        if (thread->step == 0)
            there = batch_entry_read(thread, address, &page, &faulted);
        if (__builtin_expect(faulted, 0))
            return SYSCALL_FAULT;
        int64_t result = batch_entry_run(thread, entry);
        if (result <= SYSCALL_BLOCKED)
            return result; /* goes on with this entry, at its step */
        entry->result = result;
        thread->step = 0;
        thread->batch_index++;
        batch_entry_answer(thread, there, address, &page);
        if (atomic_load_relaxed(&cpu_self()->pending)) /* relaxed: only a hint to let others in */
            return thread->batch_index < count ? SYSCALL_AGAIN : (int64_t)count;
    }
    return (int64_t)count;
}

int64_t sys_null(struct thread *thread, uint64_t *args)
{
    (void)thread;
    (void)args;
    return 0;
}

int64_t sys_clock(struct thread *thread, uint64_t *args)
{
    (void)thread;
    (void)args;
    return (int64_t)clock_ns_of(clock_tsc());
}
