// SPDX-License-Identifier: MIT
/*
 * The fast path of IPC, in a straight line.
 * Entry points: fast_call, fast_reply_receive, from entry.S. Context: see fast.h. Locks: class endpoint, around the
 * queue only. Tests: tests/user/ipc/ (each message is tried both ways), stress/bench/.
 *
 * It takes what most messages are: words, with or without a long part inside of one page, no deadline, a partner that
 * waits on this CPU and may run at once. What it does is what call.c and thread.c do in these circumstances. The words
 * of a call without one are not copied from frame to frame: entry.S loads them from the sender's.
 */
#include "kernel/ipc/call.h"
#include "kernel/ipc/fast_internal.h"
#include "kernel/ipc/fast_long.h"
#include "kernel/sched/sched.h"
#include "tunables/tunables.h"

#define SLOW(reason, thread)                                                                                 \
    do {                                                                                                     \
        FAST_SLOW(reason);                                                                                   \
        entry_syscall_slow(thread);                                                                          \
    } while (0)

/* The message is words only: everything else in the tag's lower half is 0. */
static inline bool message_plain(const struct frame *frame)
{
    return (uint32_t)frame->tag <= SLUICE_MESSAGE_WORDS && frame->deadline == SLUICE_FOREVER;
}

static __attribute__((cold, noinline)) _Noreturn void message_slow(struct thread *thread)
{
    const struct frame *frame = &thread->frame;
    if (SLUICE_TAG_CAPS(frame->tag))
        SLOW(caps, thread);
    if ((uint32_t)(frame->tag & ~SLUICE_TAG_LONG) > SLUICE_MESSAGE_WORDS)
        SLOW(tag, thread);
    SLOW(deadline, thread);
}

static __attribute__((cold, noinline)) _Noreturn void partner_slow(const struct thread *partner,
                                                                   struct thread *thread)
{
    fast_partner_slow(cpu_self(), partner);
    entry_syscall_slow(thread);
}

/* None that lives on this CPU is owed an answer. */
static __attribute__((noinline)) _Noreturn void caller_elsewhere(struct cpu *cpu, struct thread *server)
{
    if (!server->reply_to.object)
        SLOW(no_caller, server);
    if (!message_plain(&server->frame))
        SLOW(remote, server);
    fast_reply_remote(cpu, server);
}

/* The usual way out, unless something is due: then the message has to be where anybody finds it. */
static inline struct fast_message leave(struct cpu *cpu, struct thread *to, struct thread *from, bool is_long)
{
    if (is_long) {
        fast_message_put(to, from);
        to->frame.word[4] = to->window_address;
        from = to;
    }
    if (sched_exit_due(cpu)) {
        if (!is_long)
            fast_message_put(to, from);
        to->frame.result = 0;
        entry_resume(sched_exit());
    }
    return (struct fast_message){to, from};
}

/* The receiver is claimed, and the long part has to be moved in the long way: as endpoint_send() goes on. */
static __attribute__((cold, noinline)) _Noreturn void long_slow(struct thread *caller,
                                                                struct thread *receiver, uint64_t badge)
{
    FAST_SLOW(long);
    receiver->wait_kind = WAIT_NONE;
    caller->step = 0;
    caller->batch_index = 0;
    caller->wait_badge = badge;
    syscall_settle(caller, endpoint_send_claimed(caller, receiver, WAIT_CALL));
    entry_resume(sched_exit());
}

/* Is the message to be written here, for a receiver that lives on another CPU? Where several wait, the slow path looks for
 * one of this CPU. */
static inline bool receiver_remote(const struct cpu *cpu, const struct thread *receiver)
{
    return receiver->home != cpu->number && !receiver->wait_next && !tunable(ipc_remote);
}

/* The receiver is claimed. */
static __attribute__((always_inline)) inline struct fast_message
receiver_go(struct cpu *cpu, struct thread *caller, struct thread *receiver, uint64_t badge, bool is_long)
{
    if (is_long && __builtin_expect(!long_move(cpu, receiver, caller), 0))
        long_slow(caller, receiver, badge);
    receiver->frame.cap = badge;
    reply_begin_near_cpu(caller, receiver);
    counter_add(&cpu->counters->ipc_fast_calls, 1);
    fast_wait_begin(caller, WAIT_REPLY);
    fast_switch(cpu, caller, receiver);
    return leave(cpu, receiver, caller, is_long);
}

/* To a receiver that waits near. */
static __attribute__((noinline)) struct fast_message call_near(struct cpu *cpu, struct thread *caller,
                                                               struct cap_found *found, bool is_long)
{
    struct endpoint *endpoint = (struct endpoint *)found->object;
    struct thread *receiver = near_first_cpu(cpu, endpoint);
    if (__builtin_expect(!receiver, 0))
        SLOW(no_receiver, caller);
    if (__builtin_expect(!FAST_PARTNER(cpu, receiver), 0))
        partner_slow(receiver, caller);
    cpuset_track_self(&endpoint->used, cpu);
    near_unlink_cpu(cpu, receiver);
    gate_count(cpu, found->pool, LOCK_CLASS_endpoint);
    return receiver_go(cpu, caller, receiver, found->badge, is_long);
}

/* Inside of the gate; `held` is a constant where nothing is. */
static __attribute__((always_inline)) inline struct fast_message call_inside(struct cpu *cpu,
                                                                             struct thread *caller,
                                                                             const struct cap_found *found,
                                                                             uint32_t held, bool is_long)
{
    struct endpoint *endpoint = (struct endpoint *)found->object;
    struct thread *receiver = endpoint->receivers.first;
    if (__builtin_expect(!receiver, 0)) {
        gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
        SLOW(no_receiver, caller);
    }
    if (__builtin_expect(!FAST_PARTNER(cpu, receiver), 0)) {
        bool remote = !is_long && receiver_remote(cpu, receiver);
        if (remote)
            waitq_take_first(&endpoint->receivers, receiver);
        gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
        if (remote)
            fast_call_remote(cpu, caller, receiver, found->badge);
        partner_slow(receiver, caller);
    }
    cpuset_track_self(&endpoint->used, cpu);
    waitq_take_first(&endpoint->receivers, receiver);
    gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
    return receiver_go(cpu, caller, receiver, found->badge, is_long);
}

static __attribute__((always_inline)) inline struct fast_message call(struct cpu *cpu, struct thread *caller,
                                                                      bool is_long)
{
    struct cap_found found =
        cap_find(caller->cspace, caller->frame.cap, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_WRITE);
    if (__builtin_expect(!found.object, 0))
        SLOW(capability, caller);
    uint32_t policy = gate_policy(found.pool, LOCK_CLASS_endpoint);
    if (__builtin_expect(
            gate_enter_off(&cpu->gate, cpu, found.pool, policy, LOCK_CLASS_endpoint, &found.object->lock), 1))
        return call_inside(cpu, caller, &found, 0, is_long);
    uint32_t held = fast_endpoint_on(cpu, found.pool, (struct endpoint *)found.object, policy);
    if (__builtin_expect(held >= FAST_NEAR, 0)) {
        if (held == FAST_NEAR)
            return call_near(cpu, caller, &(struct cap_found){found.object, found.pool, found.badge, 0, 0},
                             is_long);
        SLOW(forward, caller);
    }
    return call_inside(cpu, caller, &found, held, is_long);
}

static __attribute__((noinline)) struct fast_message call_long(struct cpu *cpu, struct thread *caller)
{
    if (__builtin_expect(!message_long(&caller->frame), 0))
        message_slow(caller);
    return call(cpu, caller, true);
}

struct fast_message fast_call(struct thread *caller)
{
    struct cpu *cpu = cpu_self();
    if (__builtin_expect(!message_plain(&caller->frame), 0))
        return call_long(cpu, caller);
    return call(cpu, caller, false);
}

/* The caller took a page fault in user mode, which the server mended, and nothing else keeps it from going on. */
static inline bool fault_mended(struct cpu *cpu, const struct thread *caller, uint64_t tag)
{
    return caller->in_fault == FAULT_SENDING && caller->home == cpu->number &&
           !(caller->requests | caller->timed) && caller->resume == RESUME_USER &&
           SLUICE_TAG_LABEL(tag) == 0 && fast_priority(cpu, caller);
}

/* It gets no message: its frame is as the fault found it, and it leaves in the way it came. */
static __attribute__((noinline)) _Noreturn void fault_leave(struct cpu *cpu, struct thread *server,
                                                            struct thread *caller)
{
    caller->in_fault = FAULT_NONE;
    cpu_counter_inc(ipc_fast_faults);
    fast_switch(cpu, server, caller);
    entry_resume(sched_exit_due(cpu) ? sched_exit() : caller);
}

enum answer { ANSWER_WORDS, ANSWER_LONG, ANSWER_FAULT };

/* The server waits already; the answer lies in the frame of `words`. */
static __attribute__((always_inline)) inline struct fast_message
caller_go(struct cpu *cpu, struct thread *server, struct thread *caller, struct thread *words,
          enum answer kind)
{
    if (kind == ANSWER_LONG)
        caller->frame.word[4] = caller->window_address;
    caller->partner = NULL;
    if (kind == ANSWER_FAULT)
        fault_leave(cpu, server, caller);
    caller->frame.cap = 0;
    counter_add(&cpu->counters->ipc_fast_replies, 1);
    fast_switch(cpu, server, caller);
    return leave(cpu, caller, words, false);
}

/* The server waits near, where no other CPU finds it; where it would have to set this CPU's bit, the slow path does. */
static __attribute__((noinline)) struct fast_message reply_near(struct cpu *cpu, struct thread *server,
                                                                struct thread *caller,
                                                                const struct cap_found *found,
                                                                enum answer kind)
{
    struct endpoint *endpoint = (struct endpoint *)found->object;
    if (__builtin_expect(endpoint->senders.first != NULL || !cpuset_has_self(&endpoint->near, cpu), 0))
        SLOW(sender, server);
    gate_count(cpu, found->pool, LOCK_CLASS_endpoint);
    server->reply_caller = NULL;
    fast_wait_begin(server, WAIT_RECEIVE_NEAR);
    near_push_cpu(cpu, endpoint, server);
    if (kind == ANSWER_LONG)
        fast_message_put(caller, server);
    return caller_go(cpu, server, caller, kind == ANSWER_LONG ? caller : server, kind);
}

/* Inside of the gate; `kind` is a constant, and so is `held` where nothing is. */
static __attribute__((always_inline)) inline struct fast_message
reply_inside(struct cpu *cpu, struct thread *server, struct thread *caller, struct endpoint *endpoint,
             uint32_t held, enum answer kind)
{
    if (__builtin_expect(endpoint->senders.first != NULL, 0)) {
        gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
        SLOW(sender, server);
    }
    /* Once it can be found waiting, another CPU may claim the server and put a message into its frame: by then the answer
     * has left it, unless only this CPU enters the gate. */
    struct thread *words = server;
    if (kind == ANSWER_LONG || (kind == ANSWER_WORDS && held)) {
        fast_message_put(caller, server);
        words = caller;
    }
    server->reply_caller = NULL;
    server->wait_object = &endpoint->object;
    fast_wait_begin(server, WAIT_RECEIVE);
    waitq_append(&endpoint->receivers, server);
    gate_leave_held(&cpu->gate, held, &endpoint->object.lock);
    return caller_go(cpu, server, caller, words, kind);
}

/* The caller, which may run next, takes the answer; the server waits for the next message. */
static __attribute__((always_inline)) inline struct fast_message
reply_receive(struct cpu *cpu, struct thread *server, struct thread *caller, enum answer kind)
{
    struct cap_found found =
        cap_find(server->cspace, server->frame.cap, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_READ);
    if (__builtin_expect(!found.object, 0))
        SLOW(capability, server);
    /* The caller cannot go before its answer does: what leaves for the slow path from here on writes it once more. */
    if (kind == ANSWER_LONG && __builtin_expect(!long_move(cpu, caller, server), 0))
        SLOW(long, server);
    struct endpoint *endpoint = (struct endpoint *)found.object;
    uint32_t policy = gate_policy(found.pool, LOCK_CLASS_endpoint);
    if (__builtin_expect(
            gate_enter_off(&cpu->gate, cpu, found.pool, policy, LOCK_CLASS_endpoint, &endpoint->object.lock),
            1))
        return reply_inside(cpu, server, caller, endpoint, 0, kind);
    uint32_t held = fast_endpoint_on(cpu, found.pool, endpoint, policy);
    if (__builtin_expect(held >= FAST_NEAR, 0)) {
        if (held == FAST_NEAR)
            return reply_near(cpu, server, caller, &(struct cap_found){found.object, found.pool, 0, 0, 0},
                              kind);
        SLOW(forward, server);
    }
    return reply_inside(cpu, server, caller, endpoint, held, kind);
}

static __attribute__((noinline)) struct fast_message reply_to_fault(struct cpu *cpu, struct thread *server,
                                                                    struct thread *caller)
{
    return reply_receive(cpu, server, caller, ANSWER_FAULT);
}

static __attribute__((noinline)) struct fast_message reply_long(struct cpu *cpu, struct thread *server,
                                                                struct thread *caller)
{
    if (__builtin_expect(!message_long(&server->frame), 0))
        message_slow(server);
    if (__builtin_expect(!FAST_PARTNER(cpu, caller), 0))
        partner_slow(caller, server);
    return reply_receive(cpu, server, caller, ANSWER_LONG);
}

struct fast_message fast_reply_receive(struct thread *server)
{
    struct cpu *cpu = cpu_self();
    struct thread *caller = server->reply_caller;
    if (__builtin_expect(!caller, 0))
        caller_elsewhere(cpu, server);
    if (__builtin_expect(!message_plain(&server->frame), 0))
        return reply_long(cpu, server, caller);
    if (__builtin_expect(FAST_PARTNER(cpu, caller), 1))
        return reply_receive(cpu, server, caller, ANSWER_WORDS);
    if (fault_mended(cpu, caller, server->frame.tag))
        return reply_to_fault(cpu, server, caller);
    partner_slow(caller, server);
}
