// SPDX-License-Identifier: MIT
/*
 * The way out of the kernel: what is pending is handled, the thread to run is picked, the timer is set.
 * Owns: cpu->current, next, due, slices, the local timer. Entry points: sched.h. Context: interrupts off, at the
 * end of every entry; nothing is held but, until here, the kernel's one lock. Locks: none.
 * Tests: tests/host/test_runq.c, tests/user/threads/.
 *
 * A CPU whose running thread has no ready equal and which has no deadline near sets no timer: it takes no ticks. A slice
 * that was begun when it had one is not called off, because the next equal is often a moment away: its end is then one
 * tick that finds nothing to do. A thread that began in the middle of a slice gets a whole one when that ends.
 */
#include "kernel/sched/sched.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/reaper.h"
#include "kernel/sched/fpu.h"
#include "kernel/sched/switch.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/aspace.h"
#include "smp/epoch.h"
#include "smp/messages.h"
#include "tunables/tunables.h"

/* How long messages may keep a CPU in the kernel, and how long it then stays outside: long beside a message, short beside
 * what a person or a device notices. */
#define MESSAGES_US 200u

void sched_reconsider(void)
{
    cpu_self()->due |= DUE_PICK;
}

void sched_yield(void)
{
    cpu_self()->slice_over = 1;
    cpu_self()->due |= DUE_PICK;
}

/* Beside others, or before the running one: decided at exit. */
void sched_ready_queue_cpu(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    cpu->due |= DUE_PICK;
    if (!cpu->next)
        cpu->next = thread;
    else
        runq_add_tail(cpu, thread);
}

/* Its slice is a new one; what is left of the old one comes on top of it (sched_timer). */
static struct thread *pick_queued(struct cpu *cpu)
{
    struct thread *thread = runq_first(cpu);
    if (!thread)
        return cpu->idle;
    runq_remove(cpu, thread);
    cpu->slice_fresh = 1;
    return thread;
}

/* The running thread blocked or ended: a thread that was just handed a message goes first among its equals, and goes
 * on in the slice of the one that handed it over. */
static struct thread *pick_after_block(struct cpu *cpu, struct thread *next)
{
    if (next && !cpu->slice_over && !(cpu->ready_map >> next->priority >> 1))
        return next;
    if (next)
        runq_add_tail(cpu, next);
    return pick_queued(cpu);
}

static struct thread *pick_beside_running(struct cpu *cpu, struct thread *running, struct thread *next)
{
    bool over = cpu->slice_over;
    if (!over && !cpu->ready_map && (!next || next->priority <= running->priority)) {
        cpu->next = next; /* it goes on waiting where it is found at once */
        return running;
    }
    if (next)
        runq_add_tail(cpu, next);
    int priority = runq_priority(cpu);
    if (priority < running->priority || (priority == running->priority && !over))
        return running;
    if (over)
        runq_add_tail(cpu, running);
    else
        runq_add_head(cpu, running);
    return pick_queued(cpu);
}

static struct thread *pick(struct cpu *cpu)
{
    struct thread *running = cpu->current, *next = cpu->next;
    cpu->next = NULL;
    cpu->due &= ~(uint32_t)DUE_PICK;
    bool ready = running != cpu->idle && running->state == THREAD_READY && !running->queued;
    struct thread *thread = ready ? pick_beside_running(cpu, running, next) : pick_after_block(cpu, next);
    cpu->slice_over = 0;
    if (!cpu->slice_end_tsc && sched_equal_waits(cpu, thread))
        cpu->due |= DUE_TIMER;
    return thread;
}

static uint64_t slice_cycles(const struct thread *thread)
{
    return (thread->slice_us ? thread->slice_us : tunable(sched_slice)) * (tsc_hz / 1000000);
}

/* The nearer of two times, 0 being never. */
static uint64_t nearer(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static void timer_set(struct cpu *cpu)
{
    struct thread *running = cpu->current;
    cpu->due &= ~(uint32_t)DUE_TIMER;
    if (running == cpu->idle) {
        cpu->slice_end_tsc = 0;
    } else if (!cpu->slice_end_tsc && sched_equal_waits(cpu, running)) {
        cpu->slice_end_tsc = clock_tsc() + slice_cycles(running);
        cpu->slice_fresh = 0;
    }
    uint64_t tsc = cpu->deadlines ? cpu->deadlines->deadline_tsc : 0;
    tsc = nearer(tsc, cpu->slice_end_tsc);
    tsc = nearer(tsc, cpu->watchdog_tsc);
    tsc = nearer(tsc, cpu->messages_tsc);
    tsc = nearer(tsc, cpu->reaper.due_tsc);
    if (tsc == cpu->timer_tsc)
        return;
    cpu->timer_tsc = tsc;
    if (tsc)
        timer_arm_cpu(tsc);
    else
        timer_disarm_cpu();
}

void sched_timer(void)
{
    struct cpu *cpu = cpu_self();
    uint64_t now = clock_tsc();
    cpu_counter_inc(ticks);
    cpu->timer_tsc = 0;
    cpu->due |= DUE_TIMER;
    if (cpu->slice_end_tsc && cpu->slice_end_tsc <= now) {
        cpu->slice_end_tsc = 0;
        if (!cpu->slice_fresh && sched_equal_waits(cpu, cpu->current))
            sched_yield();
    }
    while (cpu->deadlines && cpu->deadlines->deadline_tsc <= now) {
        struct thread *thread = cpu->deadlines;
        deadline_remove(cpu, thread);
        thread_deadline_reached_cpu(thread);
    }
    if (cpu->reaper.due_tsc && cpu->reaper.due_tsc <= now)
        reaper_hurry_cpu();
    if (cpu->watchdog_tsc && cpu->watchdog_tsc <= now)
        cpu->watchdog_tsc = watchdog_check_cpu();
}

void sched_watchdog_set(uint64_t tsc)
{
    cpu_self()->watchdog_tsc = tsc;
    cpu_self()->due |= DUE_TIMER;
}

static void pending_handle(struct cpu *cpu)
{
    uint32_t bits = atomic_exchange(&cpu->pending, 0);
    if (cpu->messages_tsc) {
        cpu->messages_tsc = 0;
        cpu->due |= DUE_TIMER;
    }
    if (bits & PENDING_MAILBOX)
        mailbox_drain_cpu();
    gate_kernel_exit_cpu();
    if (bits & PENDING_TLB)
        aspace_catch_up_cpu();
    /* A thread that blocked or died here may be freed after the grace period, with its space: off its page tables. */
    if ((bits & PENDING_EPOCH) && cpu->current != cpu->idle && cpu->current->state != THREAD_READY)
        sched_abandon_running();
    if (bits & PENDING_EPOCH)
        epoch_ack_cpu(); /* last: everything above is over, nothing is held */
    if (bits & PENDING_RESCHEDULE)
        cpu->due |= DUE_PICK;
}

/* Requests that waited for the running thread to be between operations: stop, move. */
static void running_requests(struct cpu *cpu)
{
    struct thread *running = cpu->current;
    if (running != cpu->idle && running->state == THREAD_READY && !running->queued && running->requests)
        thread_arrive_cpu(running);
}

void sched_switch_cpu(struct cpu *cpu, struct thread *thread)
{
    if (thread == cpu->idle) {
        cpu->current = thread;
        fpu_switch(cpu, thread);
        aspace_enter_cpu(NULL);
        if (cpu->slice_end_tsc)
            cpu->due |= DUE_TIMER;
        return;
    }
    cpu_counter_inc(switches);
    sched_switch_thread(cpu, cpu->current, cpu->aspace, thread);
}

void sched_abandon_running(void)
{
    sched_switch_cpu(cpu_self(), cpu_self()->idle);
    cpu_self()->due |= DUE_PICK;
}

static void idle_begin(struct cpu *cpu)
{
    cpu->idle_began_tsc = clock_tsc();
    epoch_idle_enter_cpu();
    cpu_idle_wait();
}

void sched_idle_left(void)
{
    struct cpu *cpu = cpu_self();
    epoch_idle_leave_cpu();
    cpu_counter_add(idle_cycles, clock_tsc() - cpu->idle_began_tsc);
}

/* Is something pending, to be handled now? Work in many steps, such as the end of a pool, is a CPU's messages to itself.
 * They must not keep interrupts and the running thread out: after a while this CPU leaves with the word set, and its
 * timer brings it back. A system call that is under way goes on first. */
static inline bool pending_due(struct cpu *cpu, unsigned *turn, uint64_t *began_tsc)
{
    /* Relaxed: whoever sets it sends an interrupt as well, or found it set: then we are on our way here, or the timer is. */
    if (!atomic_load_relaxed(&cpu->pending))
        return false;
    if ((*turn)++ == 0)
        return true; /* most have no second: the clock need not be read */
    uint64_t now = clock_tsc(), most = MESSAGES_US * (tsc_hz / 1000000);
    if (*began_tsc == 0)
        *began_tsc = now;
    if (now - *began_tsc < most || cpu->current->resume != RESUME_USER)
        return true;
    cpu->messages_tsc = now + most;
    cpu->due |= DUE_TIMER;
    return false;
}

struct thread *sched_exit(void)
{
    struct cpu *cpu = cpu_self();
    uint64_t began_tsc = 0;
    unsigned turn = 0;
    for (;;) {
        gate_kernel_exit_cpu();
        if (pending_due(cpu, &turn, &began_tsc)) {
            pending_handle(cpu);
            continue;
        }
        if (cpu->due & DUE_PICK) {
            running_requests(cpu);
            struct thread *thread = pick(cpu);
            if (thread != cpu->current)
                sched_switch_cpu(cpu, thread);
            /* Leaving a space may have answered the last ticket of a thread of this CPU, or sent this CPU something; of
             * neither an interrupt would tell. */
            continue;
        }
        if (cpu->current == cpu->idle && cpu->reaper.waiting && !cpu->reaper.batch) {
            reaper_hurry_cpu();
            continue;
        }
        if (__builtin_expect(cpu->current->resume == RESUME_USER, 1))
            break;
        syscall_run(cpu->current);
    }
    if (cpu->due & DUE_TIMER)
        timer_set(cpu);
    if (cpu->current == cpu->idle)
        idle_begin(cpu);
    return cpu->current;
}
