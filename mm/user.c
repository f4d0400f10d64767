// SPDX-License-Identifier: MIT
/*
 * User memory, read and written through the direct map after a walk of its page tables by hand.
 * Owns: nothing. Entry points: mm/user.h. Context: kernel, inside an operation, on any CPU. Locks: none: this CPU counts
 * as a user of the space, because it is loaded or by a visit, so that no frame of it moves on before the operation ends
 * (docs/memory.md, R4). Tests: tests/host/test_user.c, tests/user/syscalls/.
 */
#include "mm/user.h"
#include "kernel/abi/error.h"
#include "kernel/abi/object.h"
#include "mm/aspace.h"
#include "mm/x86_64/copy.h"
#include "mm/x86_64/pt.h"
#include "smp/cpu.h"

#define USER_READ (PT_PRESENT | PT_USER)
#define USER_WRITE (PT_PRESENT | PT_USER | PT_WRITE)

static inline bool visit_begin(struct aspace *space)
{
    if (__builtin_expect(space == cpu_self()->aspace, 1))
        return false;
    aspace_visit_begin_cpu(space);
    return true;
}

/* Where the direct map has the address; NULL: not mapped with these bits. */
static inline char *user_find(const struct aspace *space, uint64_t address, uint64_t bits)
{
    uint64_t *table = pt_table(space->root, address, 1);
    uint64_t entry = table ? atomic_load_relaxed(&table[pt_index(address, 1)]) : 0;
    if (__builtin_expect((entry & bits) != bits, 0))
        return NULL;
    return (char *)direct_map(entry & PT_FRAME_MASK) + address % PAGE_BYTES;
}

static inline uint64_t page_rest(uint64_t address, uint64_t bytes)
{
    uint64_t rest = PAGE_BYTES - address % PAGE_BYTES;
    return bytes < rest ? bytes : rest;
}

static int range_refuse(uint64_t address, uint64_t *fault)
{
    bool inside = address >= SLUICE_USER_MIN && address < SLUICE_USER_MAX;
    *fault = inside ? SLUICE_USER_MAX : address;
    return SLUICE_E_BAD_ADDRESS;
}

int user_copy_in(struct aspace *space, void *to, uint64_t from, uint64_t bytes, uint64_t *fault)
{
    if (!user_range_valid(from, bytes))
        return range_refuse(from, fault);
    bool visits = visit_begin(space);
    int error = 0;
    for (char *next = to; bytes;) {
        uint64_t part = page_rest(from, bytes);
        const char *source = user_find(space, from, USER_READ);
        if (!source) {
            *fault = from;
            error = SLUICE_E_BAD_ADDRESS;
            break;
        }
        memory_copy(next, source, part);
        next += part;
        from += part;
        bytes -= part;
    }
    if (visits)
        aspace_visit_end_cpu(space);
    return error;
}

int user_copy_out(struct aspace *space, uint64_t to, const void *from, uint64_t bytes, uint64_t *fault)
{
    if (!user_range_valid(to, bytes))
        return range_refuse(to, fault);
    bool visits = visit_begin(space);
    int error = 0;
    for (const char *next = from; bytes;) {
        uint64_t part = page_rest(to, bytes);
        char *target = user_find(space, to, USER_WRITE);
        if (!target) {
            *fault = to;
            error = SLUICE_E_BAD_ADDRESS;
            break;
        }
        memory_copy(target, next, part);
        next += part;
        to += part;
        bytes -= part;
    }
    if (visits)
        aspace_visit_end_cpu(space);
    return error;
}

int user_check(struct aspace *space, uint64_t address, uint64_t bytes, bool write, uint64_t *fault)
{
    if (!user_range_valid(address, bytes))
        return range_refuse(address, fault);
    bool visits = visit_begin(space);
    int error = 0;
    while (bytes && !error) {
        uint64_t part = page_rest(address, bytes);
        if (!user_find(space, address, write ? USER_WRITE : USER_READ)) {
            *fault = address;
            error = SLUICE_E_BAD_ADDRESS;
        }
        address += part;
        bytes -= part;
    }
    if (visits)
        aspace_visit_end_cpu(space);
    return error;
}

/* Both spaces are loaded or visited. */
static int copy_across(struct user_range to, struct user_range from, uint64_t bytes, uint64_t *target_fault,
                       uint64_t *source_fault)
{
    while (bytes) {
        uint64_t part = page_rest(to.address, page_rest(from.address, bytes));
        const char *source = user_find(from.space, from.address, USER_READ);
        char *target = user_find(to.space, to.address, USER_WRITE);
        if (!source || !target) {
            *(source ? target_fault : source_fault) = source ? to.address : from.address;
            return SLUICE_E_BAD_ADDRESS;
        }
        memory_copy(target, source, part);
        to.address += part;
        from.address += part;
        bytes -= part;
    }
    return 0;
}

int user_copy_across(struct user_range to, struct user_range from, uint64_t bytes, uint64_t *target_fault,
                     uint64_t *source_fault)
{
    *target_fault = 0;
    *source_fault = 0;
    if (!user_range_valid(from.address, bytes))
        return range_refuse(from.address, source_fault);
    if (!user_range_valid(to.address, bytes))
        return range_refuse(to.address, target_fault);
    bool visits_to = visit_begin(to.space), visits_from = visit_begin(from.space);
    int error = copy_across(to, from, bytes, target_fault, source_fault);
    if (visits_from)
        aspace_visit_end_cpu(from.space);
    if (visits_to)
        aspace_visit_end_cpu(to.space);
    return error;
}
