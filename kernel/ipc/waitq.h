// SPDX-License-Identifier: MIT
/*
 * Queues of blocked threads, first in first out, inside endpoints and notifications.
 * Owns: the links wait_next and wait_previous of the threads in it. Entry points: below. Context: kernel.
 * Locks: the gate of the object the queue lies in, held by the caller. Tests: tests/user/ipc/.
 */
#pragma once
#include "kernel/thread/thread.h"
#include "smp/atomic.h"
#include <stddef.h>

struct waitq {
    struct thread *first, *last;
};

static inline void waitq_append(struct waitq *queue, struct thread *thread)
{
    thread->wait_next = NULL;
    thread->wait_previous = queue->last;
    if (__builtin_expect(queue->last != NULL, 0))
        queue->last->wait_next = thread;
    else
        queue->first = thread;
    queue->last = thread;
}

/* The thread is claimed: it waits in no queue any more, and belongs to whoever took it. */
static inline void waitq_take(struct waitq *queue, struct thread *thread)
{
    atomic_store_relaxed(&thread->wait_object, NULL);
    thread->wait_kind = WAIT_NONE;
    if (thread->wait_previous)
        thread->wait_previous->wait_next = thread->wait_next;
    else /* pairs with waitq_is_drained(): who finds nobody queued, finds the object through nobody */
        atomic_store_release(&queue->first, thread->wait_next);
    if (thread->wait_next)
        thread->wait_next->wait_previous = thread->wait_previous;
    else
        queue->last = thread->wait_previous;
}

/* The same for the first one. */
static inline void waitq_take_first(struct waitq *queue, struct thread *thread)
{
    struct thread *next = thread->wait_next;
    atomic_store_relaxed(&thread->wait_object, NULL); /* the wait's kind is for the caller to end */
    /* pairs with waitq_is_drained(): as above */
    atomic_store_release(&queue->first, next);
    if (__builtin_expect(next != NULL, 0))
        next->wait_previous = NULL;
    else
        queue->last = NULL;
}

/* Without the gate, when nobody can be appended any more: true means that nobody is queued, and that no operation that
 * begins from now on finds the object by way of a thread that was. */
static inline bool waitq_is_drained(const struct waitq *queue)
{
    /* pairs with waitq_take() and waitq_take_first(): every wait_object cleared before the queue is empty */
    return !atomic_load_acquire(&queue->first);
}
