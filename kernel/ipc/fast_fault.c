// SPDX-License-Identifier: MIT
/*
 * The fast path of page faults: straight to the pager that waits on this CPU.
 * Entry point: fast_fault, from kernel_trap. Context: see fast.h. Locks: class endpoint, around the queue only.
 * Tests: tests/user/isolation/, tests/user/memory/, stress/bench/.
 *
 * What it does is what fault.c and call.c do in these circumstances. The pager finds the fault in its own frame: that of
 * the thread which faulted holds what it goes on with.
 */
#include "kernel/ipc/fast_internal.h"

static void message_write(struct frame *frame, const struct thread *thread, uint64_t badge)
{
    frame->cap = badge;
    frame->tag = SLUICE_TAG(SLUICE_LABEL_PAGE_FAULT, 4, 0);
    frame->word[0] = thread->fault_address;
    frame->word[1] = thread->fault_error;
    frame->word[2] = thread->frame.rip;
    frame->word[3] = thread->id;
    frame->word[4] = frame->word[5] = 0;
    frame->result = 0;
}

/* The pager's thread that is to run, off its queue; NULL: the slow path has to find out. */
static struct thread *pager_take(struct cpu *cpu, const struct cap *cap)
{
    struct endpoint *endpoint = (struct endpoint *)cap->object;
    uint32_t held = fast_endpoint_enter(cpu, pool_of(&endpoint->object), endpoint);
    if (held == GATE_ELSEWHERE) {
        FAST_SLOW(forward);
        return NULL;
    }
    bool near = held == FAST_NEAR;
    struct thread *pager = near ? near_first_cpu(cpu, endpoint) : endpoint->receivers.first;
    bool runs = pager && FAST_PARTNER(cpu, pager);
    if (runs && near)
        near_unlink_cpu(cpu, pager);
    else if (runs)
        waitq_take_first(&endpoint->receivers, pager);
    if (!near)
        gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
    if (runs) {
        cpuset_track_self(&endpoint->used, cpu);
        return pager;
    }
    if (pager)
        fast_partner_slow(cpu, pager);
    else
        FAST_SLOW(no_receiver);
    return NULL;
}

struct thread *fast_fault(struct thread *thread, uint64_t error, uint64_t address)
{
    struct cpu *cpu = cpu_self();
    const struct cap *cap = &thread->fault_endpoint;
    if (!cap_alive(cap)) {
        FAST_SLOW(capability);
        return NULL;
    }
    struct thread *pager = pager_take(cpu, cap);
    if (!pager)
        return NULL;
    thread->in_fault = FAULT_SENDING;
    thread->fault_vector = 14; /* #PF: Intel SDM vol. 3, 6.15 */
    thread->fault_error = error;
    thread->fault_address = address;
    thread->fault_step = 0;
    message_write(&pager->frame, thread, cap->badge);
    reply_begin_near_cpu(thread, pager);
    cpu_counter_inc(ipc_fast_faults);
    fast_wait_begin(thread, WAIT_REPLY);
    fast_switch(cpu, thread, pager);
    return pager;
}
