// SPDX-License-Identifier: MIT
/*
 * Moving one message between two threads: words always, capabilities and a long part when the tag says so.
 * Entry points: transfer.h. Context: kernel; sender and receiver are blocked or running here, and owned by the
 * operation. Locks: class cspace of the receiver (one gate for each capability). Tests: tests/user/ipc/.
 */
#include "kernel/ipc/transfer.h"
#include "kernel/abi/ipc.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"

int64_t message_check(struct thread *from)
{
    const struct frame *frame = &from->frame;
    if (SLUICE_TAG_WORDS(frame->tag) > SLUICE_MESSAGE_WORDS ||
        SLUICE_TAG_CAPS(frame->tag) > SLUICE_MESSAGE_CAPS_MAX)
        return SLUICE_E_BAD_ARGUMENT;
    if (!(frame->tag & SLUICE_TAG_LONG))
        return 0;
    if (frame->word[5] > SLUICE_MESSAGE_LONG_MAX)
        return SLUICE_E_BAD_ARGUMENT;
    from->fault_error = 0;
    if (user_check(from->aspace, frame->word[4], frame->word[5], false, &from->fault_address))
        return SYSCALL_FAULT;
    return 0;
}

/* The capability to send as number i, if it may be sent. */
static int cap_to_send(struct thread *from, uint64_t i, struct cap *cap)
{
    uint64_t slot = from->frame.word[3] >> (16 * i) & 0xffff;
    int error = cap_lookup(from->cspace, slot, SLUICE_TYPE_NONE, SLUICE_RIGHT_COPY, cap);
    if (!error && cap->type == SLUICE_TYPE_REPLY)
        error = SLUICE_E_BAD_TYPE;
    return error;
}

/* Looks before it leaps, so that a message whose capabilities cannot all travel leaves nothing behind. */
static int64_t caps_check(struct thread *from, struct thread *to, unsigned count)
{
    struct cap cap;
    if (count > to->window_slots)
        return SLUICE_E_TRUNCATED;
    for (unsigned i = 0; i < count; i++) {
        int error = cap_to_send(from, i, &cap);
        if (error)
            return error;
        if (cap_slot_check(to->cspace, to->window_slot + i))
            return SLUICE_E_TRUNCATED;
    }
    return 0;
}

static int64_t caps_transfer(struct thread *subject, struct thread *from, struct thread *to, unsigned count)
{
    uint64_t *done = &subject->scratch[0];
    struct cap cap;
    if (*done == 0) {
        int64_t error = caps_check(from, to, count);
        if (error)
            return error;
    }
    for (; *done < count; ++*done) {
        if (cap_to_send(from, *done, &cap))
            continue; /* it died since we looked: an empty slot arrives, as if it had died on arrival */
        int64_t result = cap_insert(to->cspace, to->window_slot + *done, &cap);
        if (result == SYSCALL_FORWARD)
            return result;
        if (result)
            return SLUICE_E_TRUNCATED; /* the receiver itself filled the slot meanwhile */
        cpu_counter_inc(cap_copies);
    }
    return 0;
}

static int64_t long_transfer(struct thread *from, struct thread *to)
{
    uint64_t bytes = from->frame.word[5], target_fault;
    if (bytes > to->window_bytes)
        return SLUICE_E_TRUNCATED;
    if (!bytes)
        return 0; /* fits where there is no window, which has no address to look at */
    from->fault_error = 0;
    if (user_copy_across((struct user_range){to->aspace, to->window_address},
                         (struct user_range){from->aspace, from->frame.word[4]}, bytes, &target_fault,
                         &from->fault_address))
        return target_fault ? SLUICE_E_BAD_ADDRESS : SYSCALL_FAULT;
    cpu_counter_add(ipc_long_bytes, bytes);
    return 0;
}

static void fault_message(const struct thread *from, struct frame *frame)
{
    frame->word[0] = from->fault_address;
    frame->word[1] = from->fault_error;
    frame->word[2] = from->frame.rip;
    frame->word[3] = from->id;
    frame->word[4] = frame->word[5] = 0;
    if (from->in_fault == FAULT_EXIT) {
        frame->tag = SLUICE_TAG(SLUICE_LABEL_EXIT, 4, 0);
    } else if (from->fault_vector == 14) { /* #PF: Intel SDM vol. 3, 6.15 */
        frame->tag = SLUICE_TAG(SLUICE_LABEL_PAGE_FAULT, 4, 0);
    } else {
        frame->tag = SLUICE_TAG(SLUICE_LABEL_EXCEPTION, 4, 0);
        frame->word[0] = from->fault_vector;
    }
}

static void slots_announce(struct thread *to, unsigned count)
{
    uint64_t slots = 0;
    for (unsigned i = 0; i < count; i++)
        slots |= (uint64_t)(to->window_slot + i) << (16 * i);
    to->frame.word[3] = slots;
}

int64_t message_transfer(struct thread *subject, struct thread *from, struct thread *to, uint64_t badge)
{
    struct frame *frame = &to->frame;
    if (__builtin_expect(from->in_fault != FAULT_NONE, 0)) {
        fault_message(from, frame);
        frame->cap = badge;
        frame->result = 0;
        return 0;
    }
    uint64_t tag = from->frame.tag;
    unsigned caps = SLUICE_TAG_CAPS(tag);
    int64_t result = 0;
    /* The long part first: a message that fails must leave no capability in the window, where nobody would take it away. */
    if ((tag & SLUICE_TAG_LONG) && subject->scratch[0] == 0)
        result = long_transfer(from, to);
    if (!result && caps)
        result = caps_transfer(subject, from, to, caps);
    if (result)
        return result;
    for (unsigned i = 0; i < SLUICE_MESSAGE_WORDS; i++)
        frame->word[i] = from->frame.word[i];
    if (caps)
        slots_announce(to, caps);
    if (tag & SLUICE_TAG_LONG)
        frame->word[4] = to->window_address;
    frame->tag = tag;
    frame->cap = badge;
    frame->result = 0;
    return 0;
}
