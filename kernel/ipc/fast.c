// SPDX-License-Identifier: MIT
/*
 * The fast path of IPC, in a straight line.
 * Entry points: fast.h. Context: see there. Locks: class endpoint, around the queue only.
 * Tests: tests/user/ipc/ (each message is tried both ways), tests/user/measure/.
 *
 * It takes what most messages are: words only, no deadline, a partner that waits on this CPU and may run at once. What
 * it does is what call.c and thread.c do in these circumstances; nothing is done before all of them are known.
 */
#include "kernel/ipc/fast.h"
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/reply.h"
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "smp/lock/gate.h"

#define SLOW(reason)                                                                                         \
    ({                                                                                                       \
        cpu_counter_inc(ipc_slow_##reason);                                                                  \
        false;                                                                                               \
    })

/* Everything in the tag but the label and a count of words: capabilities (bits 3-5), long part (6), reserved (7-31). */
#define TAG_EXTRAS 0xfffffff8ull

static inline bool message_plain(const struct frame *frame)
{
    if (frame->tag & TAG_EXTRAS)
        return (frame->tag & SLUICE_TAG_LONG) ? SLOW(long) : SLOW(caps);
    return (SLUICE_TAG_WORDS(frame->tag) <= SLUICE_MESSAGE_WORDS && frame->deadline == SLUICE_FOREVER) ||
           SLOW(other);
}

/* cap_lookup for what is expected here: a living capability to an endpoint itself, not through a facet. */
static inline bool endpoint_find(const struct thread *thread, unsigned right, struct cap *cap)
{
    struct cap_found found = cap_find(thread->cspace, thread->frame.cap, SLUICE_TYPE_ENDPOINT, right);
    cap->object = found.object;
    cap->badge = found.badge;
    return found.object || SLOW(other);
}

/* May this CPU go on with the blocked thread at once, in the running one's place? */
static inline bool partner_runs_next(const struct cpu *cpu, const struct thread *partner)
{
    if (partner->home != cpu->number)
        return SLOW(remote);
    if (partner->requests | partner->in_fault || partner->next_home != cpu->number || partner->deadline_tsc)
        return SLOW(other);
    if (cpu->next || cpu->slice_over || runq_priority(cpu) > partner->priority)
        return SLOW(priority);
    return true;
}

static void words_move(struct frame *to, const struct frame *from, uint64_t badge)
{
    to->word[0] = from->word[0];
    to->word[1] = from->word[1];
    to->word[2] = from->word[2];
    to->word[3] = from->word[3];
    to->word[4] = from->word[4];
    to->word[5] = from->word[5];
    to->tag = from->tag;
    to->cap = badge;
    to->result = 0;
}

/* `from` is blocked, `to` runs: as thread_wake and sched_exit would have it. */
static struct thread *hand_over(struct cpu *cpu, struct thread *from, struct thread *to)
{
    from->state = THREAD_BLOCKED;
    to->state = THREAD_READY;
    cpu_counter_inc(ipc_fast);
    sched_switch_cpu(cpu, to);
    return to;
}

struct thread *fast_call(struct thread *caller)
{
    struct cpu *cpu = cpu_self();
    struct cap cap;
    struct gate gate;
    if (!message_plain(&caller->frame) || !endpoint_find(caller, SLUICE_RIGHT_WRITE, &cap))
        return NULL;
    struct endpoint *endpoint = (struct endpoint *)cap.object;
    if (!gate_enter(&gate, pool_of(&endpoint->object), LOCK_CLASS_endpoint, &endpoint->object.lock))
        return NULL;
    struct thread *receiver = endpoint->receivers.first;
    if (!receiver ? !SLOW(no_receiver) : !partner_runs_next(cpu, receiver)) {
        gate_leave(&gate);
        return NULL;
    }
    cpuset_track(&endpoint->used, cpu->number);
    waitq_take(&endpoint->receivers, receiver);
    gate_leave(&gate);
    caller->wait_sequence++;
    words_move(&receiver->frame, &caller->frame, cap.badge);
    reply_begin(caller, receiver);
    cpu_counter_inc(ipc_calls);
    return hand_over(cpu, caller, receiver);
}

/* The caller that the server owes an answer, if it can be claimed right here. */
static struct thread *caller_find(const struct cpu *cpu, const struct cap *right)
{
    if (!right->object || !cap_alive(right))
        return NULL;
    struct thread *caller = (struct thread *)right->object;
    if ((right->badge & REPLY_SHARED) || !reply_waits(right) || !partner_runs_next(cpu, caller))
        return NULL;
    return caller;
}

struct thread *fast_reply_receive(struct thread *server)
{
    struct cpu *cpu = cpu_self();
    struct cap cap;
    struct gate gate;
    uint32_t unused;
    struct thread *caller = message_plain(&server->frame) ? caller_find(cpu, &server->reply_to) : NULL;
    if (!caller || !endpoint_find(server, SLUICE_RIGHT_READ, &cap))
        return NULL;
    struct endpoint *endpoint = (struct endpoint *)cap.object;
    if (!gate_enter(&gate, pool_of(&endpoint->object), LOCK_CLASS_endpoint, &endpoint->object.lock))
        return NULL;
    if (endpoint->senders.first) {
        gate_leave(&gate);
        return NULL; /* the slow path takes it */
    }
    /* Only this CPU may claim the caller, so it is still there; claimed before the server can be found waiting. */
    reply_claim(&server->reply_to, &unused);
    server->reply_to.object = NULL;
    words_move(&caller->frame, &server->frame, 0);
    server->wait_sequence++;
    server->step = 0; /* if a message cannot be delivered it begins anew, not where an older call was */
    server->wait_kind = WAIT_RECEIVE;
    server->wait_object = &endpoint->object;
    waitq_append(&endpoint->receivers, server);
    gate_leave(&gate);
    return hand_over(cpu, server, caller);
}
