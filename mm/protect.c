// SPDX-License-Identifier: MIT
/*
 * aspace_protect: other rights for pages that are mapped.
 * Owns: nothing beyond the handler. Context: kernel; thread->step is WAITED when it comes again after waiting for other
 * CPUs. Locks: class aspace (ticket_lock inside). Model: tests/model/tlb.pml.
 * Tests: tests/host/test_aspace.c, tests/user/memory/, tests/user/syscalls/.
 */
#include "kernel/trap/syscall.h"
#include "mm/unmap_internal.h"

/* Every page mapped, and none gets more than its region allowed. */
static int64_t protect_check_locked(const struct pt_range *range, unsigned flags)
{
    for (unsigned s = 0; s < 2 && range->span[s].count; s++) {
        const uint64_t *entry = range->span[s].entry;
        for (uint64_t i = 0; i < range->span[s].count; i++) {
            uint64_t now = entry ? entry[i] : 0;
            if (!(now & PT_PRESENT))
                return now ? SLUICE_E_AGAIN : SLUICE_E_BAD_ADDRESS;
            if (!pt_allows(now, flags))
                return SLUICE_E_NO_RIGHT;
        }
    }
    return 0;
}

/* True when a page lost a right: then TLBs have to forget it (R6). */
static bool protect_write_locked(const struct pt_range *range, unsigned flags)
{
    bool loses = false;
    for (unsigned s = 0; s < 2 && range->span[s].count; s++) {
        uint64_t *at = range->span[s].entry, *end = at + range->span[s].count;
        for (; at < end; at++) {
            uint64_t before = *at, after = pt_with_rights(before, flags);
            loses |= pt_loses_rights(before, after);
            atomic_store_relaxed(at, after);
        }
    }
    return loses;
}

static int64_t protect_entries(struct unmap_call *call, unsigned flags)
{
    struct tlb_flush flush;
    struct pt_range range;
    struct gate gate;
    if (!unmap_gate_enter(&gate, call))
        return syscall_forward(&gate);
    int64_t result = 0;
    if (call->thread->step == UNMAP_WAITED) {
        tlb_flush_ended_locked(call->space, call->thread);
    } else {
        pt_range_find(&range, call->space->root, call->address, call->pages);
        result = unmap_window_full(call->space) ? SLUICE_E_AGAIN : protect_check_locked(&range, flags);
        if (!result && protect_write_locked(&range, flags) && unmap_flush_locked(call, &flush, true))
            result = SYSCALL_BLOCKED;
    }
    gate_leave(&gate);
    if (result == SYSCALL_BLOCKED)
        tlb_flush_notify(&flush); /* the thread may be running again, elsewhere: it is not touched any more */
    return result;
}

int64_t sys_aspace_protect(struct thread *thread, uint64_t *args)
{
    struct unmap_call call;
    uint64_t both = SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE, flags = args[3];
    int64_t result = unmap_call_init(&call, thread, args, args[2]);
    if (result)
        return result;
    if ((flags & ~(both | SLUICE_MAP_READ)) || !(flags & SLUICE_MAP_READ) || (flags & both) == both)
        return SLUICE_E_BAD_ARGUMENT;
    return protect_entries(&call, (unsigned)flags);
}
