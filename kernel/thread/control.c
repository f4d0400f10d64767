// SPDX-License-Identifier: MIT
/*
 * The thread_* system calls, yield.
 * Owns: nothing beyond the handlers. Context: the target thread's home CPU: calls from elsewhere are forwarded there,
 * as operations on an off pool are. Locks: none. Tests: tests/user/threads/.
 */
#include "kernel/abi/ipc.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/switch.h"
#include "kernel/sched/x86_64/segment.h"
#include "kernel/thread/wait.h"
#include "kernel/trap/registers.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"

/* Longest time slice: as long as the tunable's may be. Equals, which may be others' programs, wait for it to pass. */
#define SLICE_US_MAX 1000000ull

/* The target, if this CPU is its home; else SYSCALL_FORWARD. */
static int64_t target_find(struct thread *thread, uint64_t slot, struct thread **target)
{
    struct cap cap;
    int error = cap_lookup(thread->cspace, slot, SLUICE_TYPE_THREAD, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    *target = (struct thread *)cap.object;
    cpu_self()->forward_cpu =
        atomic_load_relaxed(&(*target)->home); /* relaxed: exact if it is here, else a direction */
    if (cpu_self()->forward_cpu != cpu_number())
        return SYSCALL_FORWARD;
    return (*target)->state == THREAD_DEAD ? SLUICE_E_DIED : 0;
}

static int64_t target_find_stopped(struct thread *thread, uint64_t slot, struct thread **target)
{
    int64_t result = target_find(thread, slot, target);
    if (!result && ((*target)->state != THREAD_STOPPED || *target == thread))
        return SLUICE_E_BUSY;
    return result;
}

static void target_run(struct thread *target, enum thread_resume resume)
{
    target->resume = (uint8_t)resume;
    target->in_fault = FAULT_NONE;
    if (!thread_arrive_cpu(target))
        return;
    target->state = THREAD_READY;
    sched_ready_cpu(cpu_self(), target);
}

int64_t sys_thread_start(struct thread *thread, uint64_t *args)
{
    struct thread *target;
    int64_t result = target_find_stopped(thread, args[0], &target);
    if (result)
        return result;
    if (args[1] >= SLUICE_USER_MAX || args[2] >= SLUICE_USER_MAX)
        return SLUICE_E_BAD_ADDRESS;
    frame_init_user(&target->frame, args[1], args[2], args[3]);
    target_run(target, RESUME_USER);
    return 0;
}

int64_t sys_thread_resume(struct thread *thread, uint64_t *args)
{
    struct thread *target;
    int64_t result = target_find_stopped(thread, args[0], &target);
    if (!result)
        target_run(target, (enum thread_resume)target->resume);
    return result;
}

int64_t sys_thread_stop(struct thread *thread, uint64_t *args)
{
    struct thread *target;
    int64_t result = target_find(thread, args[0], &target);
    if (result)
        return result;
    if (target->state == THREAD_STOPPED)
        return 0;
    if (target == thread) {
        target->requests |= REQUEST_STOP; /* done at kernel exit, when this call has its result */
        sched_reconsider();
        return 0;
    }
    if (target->state == THREAD_READY) {
        thread_stop_cpu(target);
        return 0;
    }
    target->requests |= REQUEST_STOP;
    thread_cancel_cpu(target, SLUICE_E_CANCELED);
    if (target->state == THREAD_STOPPED)
        return 0;
    thread->partner = target;
    thread->remote_cpu = cpu_number();
    thread->wait_next = target->stoppers;
    target->stoppers = thread;
    thread_wait_begin(thread, WAIT_CONTROL, NULL);
    return SYSCALL_BLOCKED;
}

int64_t sys_thread_read(struct thread *thread, uint64_t *args)
{
    struct thread *target;
    struct sluice_registers registers;
    int64_t result = target_find_stopped(thread, args[0], &target);
    if (result)
        return result;
    frame_read(&target->frame, &registers);
    registers.fs_base = target->fs_base;
    thread->fault_error = SLUICE_FAULT_WRITE;
    if (user_copy_out(thread->aspace, args[1], &registers, sizeof(registers), &thread->fault_address))
        return SYSCALL_FAULT;
    return 0;
}

int64_t sys_thread_write(struct thread *thread, uint64_t *args)
{
    struct thread *target;
    struct sluice_registers registers;
    int64_t result = target_find_stopped(thread, args[0], &target);
    if (result)
        return result;
    thread->fault_error = 0;
    if (user_copy_in(thread->aspace, &registers, args[1], sizeof(registers), &thread->fault_address))
        return SYSCALL_FAULT;
    if (registers.rip >= SLUICE_USER_MAX || registers.rsp >= SLUICE_USER_MAX ||
        registers.fs_base >= SLUICE_USER_MAX)
        return SLUICE_E_BAD_ADDRESS;
    frame_write(&target->frame, &registers);
    target->fs_base = registers.fs_base;
    target->resume = RESUME_USER;
    return 0;
}

int64_t sys_thread_move(struct thread *thread, uint64_t *args)
{
    struct thread *target;
    struct cap cpu;
    int error = cap_lookup(thread->cspace, args[1], SLUICE_TYPE_CPU, SLUICE_RIGHT_CONTROL, &cpu);
    int64_t result = error ? error : target_find(thread, args[0], &target);
    if (result)
        return result;
    target->next_home = (uint32_t)cpu.badge;
    target->requests &= (uint8_t)~REQUEST_MOVE;
    if (target->next_home == cpu_number())
        return 0;
    target->requests |= REQUEST_MOVE;
    if (target == thread)
        sched_reconsider(); /* moves at kernel exit, when this call has its result */
    else if (target->state == THREAD_READY)
        thread_arrive_cpu(target); /* sends it away */
    return 0;                      /* a blocked one moves when it wakes, a stopped one when it starts */
}

static int64_t configure(struct thread *thread, struct thread *target, const uint64_t *args)
{
    struct cap endpoint = {0};
    if (args[1] > thread->priority)
        return args[1] > SLUICE_PRIORITY_MAX ? SLUICE_E_BAD_ARGUMENT : SLUICE_E_NO_RIGHT;
    if (args[2] > SLICE_US_MAX)
        return SLUICE_E_BAD_ARGUMENT;
    if (args[4] >= SLUICE_USER_MAX)
        return SLUICE_E_BAD_ADDRESS;
    if (args[3]) {
        int error = cap_lookup(thread->cspace, args[3], SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_WRITE, &endpoint);
        if (error)
            return error;
        target->fault_endpoint = endpoint;
    }
    target->priority = (uint8_t)args[1];
    target->slice_us = (uint32_t)args[2];
    target->fs_base = args[4];
    return 0;
}

int64_t sys_thread_configure(struct thread *thread, uint64_t *args)
{
    struct thread *target = thread;
    int64_t result;
    if (args[0] != SLUICE_SLOT_NULL) {
        result = target_find(thread, args[0], &target);
        if (!result && target != thread && target->state != THREAD_STOPPED)
            result = SLUICE_E_BUSY;
        if (result)
            return result;
    }
    result = configure(thread, target, args);
    if (!result && cpu_self()->current == target) {
        segment_base_load(target->fs_base);
        sched_reconsider();
    }
    return result;
}

int64_t sys_yield(struct thread *thread, uint64_t *args)
{
    (void)args;
    if (sched_equal_waits(cpu_self(), thread))
        sched_yield();
    return 0;
}
