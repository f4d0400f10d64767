// SPDX-License-Identifier: MIT
/*
 * Capability slots: lookup, insertion, removal.
 * Owns: the slots of cspaces. Entry points: cap_lookup, cap_alive, cap_make, cap_insert, cap_take.
 * Context: kernel, any CPU. Lookups take no lock: a slot carries a sequence number that is odd while it changes.
 * Locks: class cspace for changes. Tests: tests/host/test_cap.c, tests/user/syscalls/.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/ipc/reply.h"
#include "kernel/trap/syscall.h"

/* A whole copy of the slot; retries while a writer, who runs with interrupts off, is inside. */
static void cap_slot_read(const struct cap *slot, struct cap *copy)
{
    do {
        /* pairs with slot_write() in cap.c: sequence before fields */
        copy->kind = atomic_load_acquire(&slot->kind);
        copy->object = atomic_load_relaxed(&slot->object);
        copy->badge = atomic_load_relaxed(&slot->badge);
        copy->generations = atomic_load_relaxed(&slot->generations);
        compiler_barrier(); /* x86 keeps loads in order: the second look at the sequence stays after the fields */
    } while ((copy->kind & CAP_KIND_CHANGING) || atomic_load_relaxed(&slot->sequence) != copy->sequence);
}

static void slot_write(struct cap *slot, const struct cap *cap)
{
    uint32_t sequence = slot->sequence;
    atomic_store_relaxed(&slot->sequence, sequence + 1);
    compiler_barrier(); /* x86 keeps stores in order: the odd sequence is seen before any field changes */
    atomic_store_relaxed(&slot->object, cap->object);
    atomic_store_relaxed(&slot->badge, cap->badge);
    atomic_store_relaxed(&slot->generations, cap->generations);
    /* pairs with cap_find() in cap.h and cap_slot_read() in cap.c: fields before sequence */
    atomic_store_release(&slot->kind, (uint32_t)cap->kind | (uint64_t)(sequence + 2) << 32);
}

/* The living generation. Of what was killed meanwhile (even) it is the last one: a capability that held the even number
 * would count as alive, until the memory is somebody else's. */
static uint32_t generation_alive(const uint32_t *generation)
{
    return (atomic_load_relaxed(generation) - 1) |
           1; /* relaxed: whoever made the object or found it alive asks */
}

struct cap cap_make(struct object *object, enum sluice_type type)
{
    return (struct cap){
        .object = object,
        .generation = generation_alive(&object->generation),
        .pool_generation = generation_alive(&pools[object->pool].generation),
        .pool = object->pool,
        .type = (uint8_t)type,
        .rights = SLUICE_RIGHTS_ALL,
    };
}

/* The capability becomes what the facet forwards to, with the rights that both allow. */
static bool facet_follow(struct cap *cap)
{
    struct cap target = ((struct facet *)cap->object)->target;
    target.rights &= cap->rights;
    if (cap->badge)
        target.badge = cap->badge;
    *cap = target;
    return cap_alive(cap);
}

int cap_read(const struct cspace *space, uint64_t slot, struct cap *cap)
{
    if (slot - 1 >= (uint64_t)space->count - 1)
        return SLUICE_E_BAD_CAP;
    cap_slot_read(&space->slots[slot], cap);
    return cap_alive(cap) ? 0 : SLUICE_E_BAD_CAP;
}

int cap_lookup(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights,
               struct cap *cap)
{
    int error = cap_read(space, slot, cap);
    if (error)
        return error;
    if (__builtin_expect(cap->type != type, 0)) {
        if (cap->type == SLUICE_TYPE_FACET && type != SLUICE_TYPE_NONE && !facet_follow(cap))
            return SLUICE_E_BAD_CAP;
        if (type != SLUICE_TYPE_NONE && cap->type != type)
            return SLUICE_E_BAD_TYPE;
    }
    return (cap->rights & rights) == rights ? 0 : SLUICE_E_NO_RIGHT;
}

static bool slot_is_free(const struct cap *slot)
{
    /* What a dead capability holds is of no use to anybody; nor is the right to answer a call that has ended. */
    return slot->object == NULL || !cap_alive(slot) ||
           (slot->type == SLUICE_TYPE_REPLY && !reply_waits(slot));
}

int cap_slot_check(struct cspace *space, uint64_t slot)
{
    struct cap copy;
    if (slot - 1 >= (uint64_t)space->count - 1)
        return SLUICE_E_BAD_CAP;
    cap_slot_read(&space->slots[slot], &copy);
    return slot_is_free(&copy) ? 0 : SLUICE_E_SLOT_USED;
}

int64_t cap_insert(struct cspace *space, uint64_t slot, const struct cap *cap)
{
    if (slot - 1 >= (uint64_t)space->count - 1)
        return SLUICE_E_BAD_CAP;
    struct gate gate;
    if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_cspace, &space->object.lock))
        return syscall_forward(&gate);
    struct cap *place = &space->slots[slot];
    bool was_empty = place->object == NULL;
    bool usable = slot_is_free(place);
    if (usable) {
        slot_write(place, cap);
        space->used += was_empty;
    }
    gate_leave(&gate);
    return usable ? 0 : SLUICE_E_SLOT_USED;
}

int64_t cap_take(struct cspace *space, uint64_t slot, struct cap *cap)
{
    static const struct cap empty;
    if (slot - 1 >= (uint64_t)space->count - 1)
        return SLUICE_E_BAD_CAP;
    struct gate gate;
    if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_cspace, &space->object.lock))
        return syscall_forward(&gate);
    struct cap *place = &space->slots[slot];
    *cap = *place;
    if (place->object) {
        slot_write(place, &empty);
        space->used--;
    }
    gate_leave(&gate);
    return cap->object ? 0 : SLUICE_E_BAD_CAP;
}
