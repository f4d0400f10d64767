// SPDX-License-Identifier: MIT
/*
 * Threads: blocking, waking, arriving home, ending.
 * Owns: thread.state and the requests (stop, destroy, move) that wait for a thread to come home. Entry points:
 * thread.h. Context: _cpu forms on the thread's home CPU; thread_wake by whoever owns the blocked thread.
 * Locks: none. Tests: tests/user/threads/.
 *
 *   STOPPED --start, resume--> READY --handler returned BLOCKED or FORWARD--> BLOCKED
 *      ^                         ^                                                |
 *      +--stop asked, fault------+----------- thread_arrive_cpu <--MAILBOX_WAKE---+---> DEAD (destroy asked)
 */
#include "kernel/thread/thread.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/cap/reaper.h"
#include "kernel/ipc/reply.h"
#include "kernel/sched/fpu.h"
#include "kernel/sched/sched.h"
#include "kernel/thread/wake.h"
#include "kernel/trap/registers.h"
#include "kernel/trap/syscall.h"
#include "smp/cpu.h"

/* Priority of a new thread: the middle, so that there is room on both sides. */
#define THREAD_PRIORITY_DEFAULT 32u

void thread_init(struct thread *thread, struct aspace *aspace, struct cspace *cspace)
{
    static struct number_source numbers; /* threads are created on all CPUs */
    thread->home = thread->next_home = cpu_number();
    thread->id = (uint32_t)number_draw(&cpu_self()->thread_numbers, &numbers);
    thread->aspace = aspace;
    thread->cspace = cspace;
    thread->state = THREAD_STOPPED;
    thread->priority = THREAD_PRIORITY_DEFAULT;
    frame_init_user(&thread->frame, 0, 0, 0);
}

void thread_deadline_cpu(struct thread *thread, uint64_t deadline_ns)
{
    uint64_t tsc = clock_tsc_of(deadline_ns);
    if (thread->deadline_tsc)
        return; /* it had been forwarded, and came by its home on its way */
    if (tsc <= clock_tsc())
        thread_deadline_reached_cpu(thread); /* no interrupt is needed to know it */
    else
        deadline_add(cpu_self(), thread, tsc);
}

/* Takes a ready or stopped thread out of everything on this CPU. */
static void thread_unlink_cpu(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    if (thread->queued)
        runq_remove(cpu, thread);
    if (cpu->next == thread)
        cpu->next = NULL;
    if (thread->deadline_tsc)
        deadline_remove(cpu, thread);
    if (cpu->current == thread)
        sched_reconsider();
}

static void stoppers_wake(struct thread *thread)
{
    while (thread->stoppers) {
        struct thread *stopper = thread->stoppers;
        thread->stoppers = stopper->wait_next;
        /* A cancel that is late does not look here any more: this thread may be gone then. */
        stopper->partner = NULL;
        thread_wake_result(stopper, 0);
    }
}

/* Nothing of it stays loaded here: its registers may change before it runs again, or its new home runs it at once. */
static void thread_leave_cpu(struct thread *thread)
{
    fpu_release_cpu(thread);
    if (cpu_self()->current == thread)
        sched_abandon_running();
}

void thread_stop_cpu(struct thread *thread)
{
    thread_unlink_cpu(thread);
    thread_leave_cpu(thread);
    thread->state = THREAD_STOPPED;
    thread->wait_kind = WAIT_NONE;
    thread->cancel_result = 0;
    thread->requests &= (uint8_t)~REQUEST_STOP;
    if (thread->in_fault)
        thread->step = thread->fault_step; /* of the call that faulted: when it is resumed it goes on there */
    thread->in_fault = FAULT_NONE;
    stoppers_wake(thread);
}

static void thread_die_cpu(struct thread *thread)
{
    thread_unlink_cpu(thread);
    thread->state = THREAD_DEAD;
    fpu_release_cpu(thread);
    stoppers_wake(thread);
    reply_abandon_cpu(thread); /* its last debt: whoever waits for its answer */
    object_retire(&thread->object);
}

bool thread_arrive_cpu(struct thread *thread)
{
    if (thread->requests & REQUEST_DESTROY) {
        thread_die_cpu(thread);
        return false;
    }
    if ((thread->requests & REQUEST_STOP) || thread->in_fault == FAULT_STOP) {
        thread_stop_cpu(thread);
        return false;
    }
    if (thread->requests & REQUEST_MOVE) {
        thread_unlink_cpu(thread);
        thread->state = THREAD_BLOCKED;
        thread_leave_cpu(thread);
        uint32_t home = thread->next_home;
        reply_share_cpu(thread);
        thread->requests &= (uint8_t)~REQUEST_MOVE;
        atomic_store_relaxed(&thread->home, home); /* relaxed: the mailbox orders it */
        cpu_send(home, &thread->node, MAILBOX_WAKE);
        return false;
    }
    return true;
}

static void thread_wake_cpu(struct thread *thread)
{
    thread->wait_kind = WAIT_NONE;
    thread->cancel_result = 0;
    if (thread->deadline_tsc)
        deadline_remove(cpu_self(), thread);
    if (!thread_arrive_cpu(thread))
        return;
    thread->state = THREAD_READY;
    sched_ready_cpu(cpu_self(), thread);
}

void thread_wake(struct thread *thread)
{
    if (thread->home == cpu_number())
        thread_wake_cpu(thread);
    else
        cpu_send(thread->home, &thread->node, MAILBOX_WAKE);
}

void thread_wake_result(struct thread *thread, int64_t result)
{
    struct cpu *cpu = cpu_self();
    if (__builtin_expect(thread->ready_on == cpu->number, 1)) {
        thread->frame.result = (uint64_t)result;
        thread_wake_plain_cpu(cpu, thread);
        return;
    }
    if (thread->in_fault)
        thread->in_fault = FAULT_STOP; /* nobody mends its fault: it must not go on at the same instruction */
    else
        thread->frame.result = (uint64_t)result;
    thread_wake(thread);
}

void thread_wake_again(struct thread *thread)
{
    thread->resume = RESUME_SYSCALL;
    thread_wake(thread);
}

void thread_destroy(struct thread *thread)
{
    if (!object_kill(&thread->object))
        return;
    if (thread->home == cpu_number() && thread->state == THREAD_STOPPED) {
        thread_die_cpu(thread);
        return;
    }
    thread->reaper.object = &thread->object;
    /* pairs with thread_arrive_cpu() in thread.c: home is read late; a thread that moved is sent after */
    cpu_send(atomic_load_relaxed(&thread->home), &thread->reaper.node, MAILBOX_THREAD_DESTROY);
}

void thread_destroy_handle(struct mailbox_node *node)
{
    struct object_reaper *reaper =
        (struct object_reaper *)((char *)node - offsetof(struct object_reaper, node));
    struct thread *thread = (struct thread *)reaper->object;
    if (thread->home != cpu_number()) {
        cpu_send(thread->home, node, MAILBOX_THREAD_DESTROY);
        return;
    }
    thread->requests |= REQUEST_DESTROY;
    if (thread->state == THREAD_BLOCKED)
        thread_cancel_cpu(thread, SLUICE_E_CANCELED);
    else
        thread_die_cpu(thread);
}
