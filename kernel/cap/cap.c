// SPDX-License-Identifier: MIT
/*
 * Capability slots: lookup, insertion, removal.
 * Owns: the slots of cspaces. Entry points: cap_lookup, cap_alive, cap_make, cap_insert, cap_take.
 * Context: kernel, any CPU. Lookups take no lock: a slot carries a sequence number that is odd while it changes.
 * Locks: class cspace for changes. Tests: tests/host/test_cap.c, tests/user/syscalls/.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/cap/slot.h"

struct cap cap_make(struct object *object, enum sluice_type type)
{
    return cap_first(pool_of(object), object, generation_alive(&object->generation), type);
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
    slot_read(&space->slots[slot], cap);
    return cap_alive(cap) ? 0 : SLUICE_E_BAD_CAP;
}

int slot_find_slow(const struct cspace *space, uint64_t slot, unsigned right, struct cap *cap)
{
    int error = cap_read(space, slot, cap);
    if (error)
        return error;
    return (cap->rights & right) == right ? 0 : SLUICE_E_NO_RIGHT;
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

int cap_slot_check(struct cspace *space, uint64_t slot)
{
    return slot_check(space, slot);
}

int64_t cap_insert(struct cspace *space, uint64_t slot, const struct cap *cap)
{
    return slot_insert(space, slot, cap);
}

int64_t cap_take(struct cspace *space, uint64_t slot)
{
    if (!slot_exists(space, slot))
        return SLUICE_E_BAD_CAP;
    struct gate gate;
    if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_cspace, &space->object.lock))
        return syscall_forward(&gate);
    struct cap *place = &space->slots[slot];
    bool found = place->object != NULL;
    if (found)
        slot_clear_locked(space, place);
    gate_leave(&gate);
    return found ? 0 : SLUICE_E_BAD_CAP;
}
