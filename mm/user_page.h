// SPDX-License-Identifier: MIT
/*
 * User memory inside of one page, inline: what most calls that touch it need.
 * Entry points: user_reach, user_copy_page; user.c does the same for any range, and knows why it cannot be done.
 * Context: kernel, inside an operation. Locks: none: see user.c. Tests: tests/host/test_user.c, tests/user/ipc/.
 */
#pragma once
#include "mm/user.h"
#include "mm/visit.h"
#include "mm/x86_64/copy.h"
#include "mm/x86_64/pt.h"

#define USER_READ (PT_PRESENT | PT_USER)
#define USER_WRITE (PT_PRESENT | PT_USER | PT_WRITE)

/* Where the direct map has a user address; NULL: not mapped with these bits. The space is loaded or visited. */
static inline char *user_find(const struct aspace *space, uint64_t address, uint64_t bits)
{
    const uint64_t *table = pt_table(space->root, address, 1);
    uint64_t entry =
        __builtin_expect(table != NULL, 1) ? atomic_load_relaxed(&table[pt_index(address, 1)]) : 0;
    if (__builtin_expect((entry & bits) != bits, 0))
        return NULL;
    return (char *)direct_map(entry & PT_FRAME_MASK) + address % PAGE_BYTES;
}

/* User addresses, and all of it in one page. */
static inline bool user_in_page(uint64_t address, uint64_t bytes)
{
    return address < SLUICE_USER_MAX && bytes <= PAGE_BYTES - address % PAGE_BYTES;
}

/* Where the direct map has so many bytes of the space that is loaded; NULL: not in this way. What was found is good until
 * this CPU flushes something: before that no frame of the space moves on (R4). */
static inline void *user_reach(const struct aspace *space, uint64_t address, uint64_t bytes, uint64_t bits)
{
    bool near = space == cpu_self()->aspace && user_in_page(address, bytes);
    return __builtin_expect(near, 1) ? user_find(space, address, bits) : NULL;
}

static inline void *user_reach_again(struct user_page *last, const struct aspace *space, uint64_t address,
                                     uint64_t bytes, uint64_t bits)
{
    uint64_t acked = cpu_self()->tlb_acked, offset = address % PAGE_BYTES;
    bool found = last->page && last->number == address / PAGE_BYTES && last->acked == acked;
    if (__builtin_expect(found, 1) && offset <= PAGE_BYTES - bytes)
        return last->page + offset;
    char *there = user_reach(space, address, bytes, bits);
    *last = (struct user_page){there ? there - offset : NULL, address / PAGE_BYTES, acked};
    return there;
}

/* user_copy_across from the space that is loaded, inside of one page on each side. False: nothing was done. */
static inline bool user_copy_page(struct user_range to, struct user_range from, uint64_t bytes)
{
    if (!user_in_page(to.address, bytes))
        return false;
    const char *source = user_reach(from.space, from.address, bytes, USER_READ);
    if (__builtin_expect(!source, 0))
        return false;
    bool visits = to.space != from.space;
    if (visits)
        aspace_visit_begin_cpu(to.space);
    char *target = user_find(to.space, to.address, USER_WRITE);
    if (__builtin_expect(target != NULL, 1))
        memory_copy(target, source, bytes);
    if (visits)
        aspace_visit_end_cpu(to.space);
    return target != NULL;
}
