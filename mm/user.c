// SPDX-License-Identifier: MIT
/*
 * User memory, read and written through the direct map after a walk of its page tables by hand.
 * Owns: nothing. Entry points: mm/user.h. Context: kernel, inside an operation, on any CPU. Locks: none: this CPU counts
 * as a user of the space, because it is loaded or by a visit, so that no frame of it moves on before the operation ends
 * (docs/memory.md, R4). Tests: tests/host/test_user.c, tests/user/syscalls/.
 */
#include "mm/user_page.h"
#include "kernel/abi/error.h"

static inline bool visit_begin(struct aspace *space)
{
    if (__builtin_expect(space == cpu_self()->aspace, 1))
        return false;
    aspace_visit_begin_cpu(space);
    return true;
}

static inline void visit_end(struct aspace *space, bool visits)
{
    if (__builtin_expect(visits, 0))
        aspace_visit_end_cpu(space);
}

static __attribute__((noinline)) int range_refuse(uint64_t address, uint64_t *fault)
{
    bool inside = address >= SLUICE_USER_MIN && address < SLUICE_USER_MAX;
    *fault = inside ? SLUICE_USER_MAX : address;
    return SLUICE_E_BAD_ADDRESS;
}

static inline int page_missing(uint64_t address, uint64_t *fault)
{
    *fault = address;
    return SLUICE_E_BAD_ADDRESS;
}

/* A page at a time, each found once. The space is loaded or visited. */
static inline int copy_in(struct aspace *space, char *to, uint64_t from, uint64_t bytes, uint64_t *fault)
{
    for (uint64_t part; bytes; to += part, from += part, bytes -= part) {
        const char *source = user_find(space, from, USER_READ);
        if (!source)
            return page_missing(from, fault);
        part = user_page_rest(from, bytes);
        memory_copy(to, source, part);
    }
    return 0;
}

static inline int copy_out(struct aspace *space, uint64_t to, const char *from, uint64_t bytes,
                           uint64_t *fault)
{
    for (uint64_t part; bytes; to += part, from += part, bytes -= part) {
        char *target = user_find(space, to, USER_WRITE);
        if (!target)
            return page_missing(to, fault);
        part = user_page_rest(to, bytes);
        memory_copy(target, from, part);
    }
    return 0;
}

/* Both spaces are loaded or visited. */
static inline int copy_across(struct user_range to, struct user_range from, uint64_t bytes,
                              uint64_t *target_fault, uint64_t *source_fault)
{
    for (uint64_t part; bytes; to.address += part, from.address += part, bytes -= part) {
        const char *source = user_find(from.space, from.address, USER_READ);
        if (!source)
            return page_missing(from.address, source_fault);
        char *target = user_find(to.space, to.address, USER_WRITE);
        if (!target)
            return page_missing(to.address, target_fault);
        part = user_page_rest(to.address, user_page_rest(from.address, bytes));
        memory_copy(target, source, part);
    }
    return 0;
}

int user_copy_in(struct aspace *space, void *to, uint64_t from, uint64_t bytes, uint64_t *fault)
{
    if (!user_range_valid(from, bytes))
        return range_refuse(from, fault);
    bool visits = visit_begin(space);
    int error = copy_in(space, to, from, bytes, fault);
    visit_end(space, visits);
    return error;
}

int user_copy_out(struct aspace *space, uint64_t to, const void *from, uint64_t bytes, uint64_t *fault)
{
    if (!user_range_valid(to, bytes))
        return range_refuse(to, fault);
    bool visits = visit_begin(space);
    int error = copy_out(space, to, from, bytes, fault);
    visit_end(space, visits);
    return error;
}

int user_check(struct aspace *space, uint64_t address, uint64_t bytes, bool write, uint64_t *fault)
{
    uint64_t bits = write ? USER_WRITE : USER_READ, end = address + bytes;
    if (!user_range_valid(address, bytes))
        return range_refuse(address, fault);
    bool visits = visit_begin(space);
    int error = 0;
    while (address < end && !error) {
        if (!user_find(space, address, bits))
            error = page_missing(address, fault);
        address += user_page_rest(address, UINT64_MAX);
    }
    visit_end(space, visits);
    return error;
}

int user_copy_across(struct user_range to, struct user_range from, uint64_t bytes, uint64_t *target_fault,
                     uint64_t *source_fault)
{
    *target_fault = 0;
    *source_fault = 0;
    if (user_copy_page(to, from, bytes))
        return 0;
    if (!user_range_valid(from.address, bytes))
        return range_refuse(from.address, source_fault);
    if (!user_range_valid(to.address, bytes))
        return range_refuse(to.address, target_fault);
    bool visits_to = visit_begin(to.space), visits_from = visit_begin(from.space);
    int error = copy_across(to, from, bytes, target_fault, source_fault);
    visit_end(from.space, visits_from);
    visit_end(to.space, visits_to);
    return error;
}
