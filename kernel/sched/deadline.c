// SPDX-License-Identifier: MIT
/*
 * Deadlines of blocked threads: a pairing heap, nearest first (Fredman et al., 1986).
 * Owns: cpu->deadlines, thread.deadline_*. Entry points: sched.h. Context: the thread's home CPU, interrupts off.
 * Locks: none. Tests: tests/host/test_runq.c.
 * A node's children are a list by deadline_next; deadline_previous is the left neighbour, or the parent of the first.
 */
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "smp/cpu.h"

static struct thread *heap_meld(struct thread *a, struct thread *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->deadline_tsc < a->deadline_tsc) {
        struct thread *t = a;
        a = b;
        b = t;
    }
    b->deadline_next = a->deadline_child;
    b->deadline_previous = a;
    if (a->deadline_child)
        a->deadline_child->deadline_previous = b;
    a->deadline_child = b;
    a->deadline_next = a->deadline_previous = NULL;
    return a;
}

/* The two passes that make a removal cheap on average: pairs left to right, then all of them right to left. */
static struct thread *heap_meld_list(struct thread *first)
{
    struct thread *pairs = NULL, *root = NULL;
    while (first) {
        struct thread *second = first->deadline_next;
        struct thread *rest = second ? second->deadline_next : NULL;
        struct thread *pair = heap_meld(first, second);
        pair->deadline_next = pairs;
        pairs = pair;
        first = rest;
    }
    while (pairs) {
        struct thread *rest = pairs->deadline_next;
        pairs->deadline_next = NULL;
        root = heap_meld(root, pairs);
        pairs = rest;
    }
    if (root)
        root->deadline_next = root->deadline_previous = NULL;
    return root;
}

void deadline_add(struct cpu *cpu, struct thread *thread, uint64_t tsc)
{
    thread->deadline_tsc = tsc ? tsc : 1; /* 0 means none */
    thread->timed = 1;
    thread->deadline_child = thread->deadline_next = thread->deadline_previous = NULL;
    cpu->deadlines = heap_meld(cpu->deadlines, thread);
    cpu->due |= DUE_TIMER;
}

void deadline_remove(struct cpu *cpu, struct thread *thread)
{
    struct thread *children = heap_meld_list(thread->deadline_child);
    if (thread == cpu->deadlines) {
        cpu->deadlines = children;
    } else {
        if (thread->deadline_previous->deadline_child == thread)
            thread->deadline_previous->deadline_child = thread->deadline_next;
        else
            thread->deadline_previous->deadline_next = thread->deadline_next;
        if (thread->deadline_next)
            thread->deadline_next->deadline_previous = thread->deadline_previous;
        cpu->deadlines = heap_meld(cpu->deadlines, children);
    }
    thread->deadline_tsc = 0;
    thread->timed = 0;
    cpu->due |= DUE_TIMER;
}
