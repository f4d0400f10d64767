// SPDX-License-Identifier: MIT
/*
 * Slots of a cspace, read and written by the handlers of this folder, inline because most of them do little else.
 * Entry points: below. Context: kernel; slot_read on any CPU. Locks: class cspace, held by the callers of the _locked
 * forms. Tests: tests/host/test_cap.c.
 *
 *   sequence even: the slot holds what it says       a reader takes kind (with the sequence), then the fields, then the
 *   odd: it is being changed                         sequence again: the same even number twice is one capability
 */
#pragma once
#include "kernel/cap/cap.h"
#include "kernel/ipc/reply.h"
#include "kernel/trap/syscall.h"

/* A whole copy of the slot; retries while a writer, who runs with interrupts off, is inside. */
static inline void slot_read(const struct cap *slot, struct cap *copy)
{
    do {
        /* pairs with slot_end_locked(): sequence before fields */
        copy->kind = atomic_load_acquire(&slot->kind);
        copy->object = atomic_load_relaxed(&slot->object);
        copy->badge = atomic_load_relaxed(&slot->badge);
        copy->generations = atomic_load_relaxed(&slot->generations);
        compiler_barrier(); /* x86 keeps loads in order: the second look at the sequence stays after the fields */
    } while (__builtin_expect(copy->kind & CAP_KIND_CHANGING, 0) ||
             __builtin_expect(atomic_load_relaxed(&slot->sequence) != CAP_KIND_SEQUENCE(copy->kind), 0));
}

static inline uint32_t slot_begin_locked(struct cap *slot)
{
    uint32_t sequence = slot->sequence;
    atomic_store_relaxed(&slot->sequence, sequence + 1);
    compiler_barrier(); /* x86 keeps stores in order: the odd sequence is seen before any field changes */
    return sequence;
}

static inline void slot_end_locked(struct cap *slot, uint32_t names, uint32_t sequence)
{
    /* pairs with cap_find() in cap.h and slot_read(): fields before sequence */
    atomic_store_release(&slot->kind, names | (uint64_t)(sequence + 2) << 32);
}

static inline void slot_write_locked(struct cap *slot, const struct cap *cap)
{
    uint32_t sequence = slot_begin_locked(slot);
    atomic_store_relaxed(&slot->object, cap->object);
    atomic_store_relaxed(&slot->badge, cap->badge);
    atomic_store_relaxed(&slot->generations, cap->generations);
    slot_end_locked(slot, (uint32_t)cap->kind, sequence);
}

static inline void slot_clear_locked(struct cspace *space, struct cap *slot)
{
    uint32_t sequence = slot_begin_locked(slot);
    atomic_store_relaxed(&slot->object, NULL);
    slot_end_locked(slot, 0, sequence);
    space->used--;
}

/* May another capability take its place? What a dead capability holds is of no use to anybody; nor is the right to answer
 * a call that has ended. */
static inline __attribute__((always_inline)) bool slot_is_free(const struct cap *slot)
{
    return slot->object == NULL || !cap_alive(slot) ||
           (CAP_KIND_TYPE(slot->kind) == SLUICE_TYPE_REPLY && !reply_waits(slot));
}

/* Does the cspace have such a slot? Slot 0 stays empty for ever. */
static inline bool slot_exists(const struct cspace *space, uint64_t slot)
{
    return slot - 1 < (uint64_t)space->count - 1;
}

/* slot_find, also while somebody changes the slot, and for what it does not find: why. */
int slot_find_slow(const struct cspace *space, uint64_t slot, unsigned right, struct cap *cap);

/* The slot's living capability of whatever type, if it has this right (one at least: an empty slot has all of none): 0,
 * BAD_CAP, NO_RIGHT. Of the unions only the words are used, which the compiler then keeps in registers. */
static inline __attribute__((always_inline)) int slot_find(const struct cspace *space, uint64_t slot,
                                                           unsigned right, struct cap *cap)
{
    if (__builtin_expect(slot >= space->count, 0))
        return SLUICE_E_BAD_CAP; /* slot 0 is there, and always empty */
    const struct cap *at = &space->slots[slot];
    /* pairs with slot_end_locked(): sequence before fields */
    cap->kind = atomic_load_acquire(&at->kind);
    bool fits = (cap->kind & (CAP_KIND_CHANGING | CAP_KIND_RIGHT(right))) == CAP_KIND_RIGHT(right) &&
                pool_is_of(&pools[CAP_KIND_POOL(cap->kind)], atomic_load_relaxed(&at->pool_generation));
    cap->object = atomic_load_relaxed(&at->object);
    cap->badge = atomic_load_relaxed(&at->badge);
    cap->generations = atomic_load_relaxed(&at->generations);
    compiler_barrier(); /* x86 keeps loads in order: the second look at the sequence stays after the fields */
    if (__builtin_expect(fits, 1) && __builtin_expect(atomic_load_relaxed(&at->kind) == cap->kind, 1) &&
        __builtin_expect(object_is_of(cap->object, (uint32_t)cap->generations), 1))
        return 0;
    struct cap copy;
    int error = slot_find_slow(space, slot, right, &copy);
    *cap = copy;
    return error;
}

/* cap_slot_check of cap.h. */
static inline __attribute__((always_inline)) int slot_check(const struct cspace *space, uint64_t slot)
{
    struct cap copy;
    if (__builtin_expect(!slot_exists(space, slot), 0))
        return SLUICE_E_BAD_CAP;
    slot_read(&space->slots[slot], &copy);
    return __builtin_expect(slot_is_free(&copy), 1) ? 0 : SLUICE_E_SLOT_USED;
}

/* The gate of a cspace's slots: gate_enter_held and gate_leave_held. */
static inline uint32_t slot_gate_enter(struct gate *gate, struct cspace *space)
{
    return gate_enter_held(gate, cpu_self(), pool_of(&space->object), LOCK_CLASS_cspace, &space->object.lock);
}

static inline void slot_gate_leave(struct gate *gate, uint32_t held, struct cspace *space)
{
    gate_leave_held(gate, held, &space->object.lock);
}

/* cap_insert of cap.h. */
static inline __attribute__((always_inline)) int64_t slot_insert(struct cspace *space, uint64_t slot,
                                                                 const struct cap *cap)
{
    if (__builtin_expect(!slot_exists(space, slot), 0))
        return SLUICE_E_BAD_CAP;
    struct gate gate;
    uint32_t held = slot_gate_enter(&gate, space);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return syscall_forward(&gate);
    struct cap *place = &space->slots[slot];
    bool usable = slot_is_free(place);
    if (__builtin_expect(usable, 1)) {
        space->used += place->object == NULL;
        slot_write_locked(place, cap);
    }
    slot_gate_leave(&gate, held, space);
    return usable ? 0 : SLUICE_E_SLOT_USED;
}
