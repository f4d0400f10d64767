// SPDX-License-Identifier: MIT
/*
 * Reading and writing user memory, of any address space, by walking its page tables and using the direct map: no fault
 * is ever taken inside the kernel, SMAP is never lifted.
 * Entry points: below. Context: kernel, inside an operation. Locks: none (tables are freed only after a grace period;
 * frames stay while this CPU counts as a user of the space). Tests: tests/user/syscalls/, tests/host/test_user.c.
 *
 * Each returns 0, or BAD_ADDRESS with *fault set to the first address that is not mapped as needed. A range that is not
 * all user addresses is refused as a whole: nothing is copied, *fault is no user address (see user_range_valid).
 */
#pragma once
#include "kernel/abi/object.h"
#include <stdbool.h>
#include <stdint.h>

struct aspace;

/* All of it between SLUICE_USER_MIN and SLUICE_USER_MAX, without overflow. No page fault can ever mend another one. */
static inline bool user_range_valid(uint64_t address, uint64_t bytes)
{
    return address - SLUICE_USER_MIN < SLUICE_USER_MAX - SLUICE_USER_MIN &&
           bytes <= SLUICE_USER_MAX - address;
}

/* The page that was reached last (user_page.h). All zero: none was. */
struct user_page {
    char *page; /* NULL, or in the direct map */
    uint64_t number;
    uint64_t acked; /* cpu->tlb_acked when it was found */
};

/* Of so many bytes, those that lie in the first page. */
static inline uint64_t user_page_rest(uint64_t address, uint64_t bytes)
{
    uint64_t rest = SLUICE_PAGE_BYTES - address % SLUICE_PAGE_BYTES;
    return bytes < rest ? bytes : rest;
}

int user_copy_in(struct aspace *space, void *to, uint64_t from, uint64_t bytes, uint64_t *fault);
int user_copy_out(struct aspace *space, uint64_t to, const void *from, uint64_t bytes, uint64_t *fault);
/* Checks that a range is mapped (and writable). */
int user_check(struct aspace *space, uint64_t address, uint64_t bytes, bool write, uint64_t *fault);

struct user_range {
    struct aspace *space;
    uint64_t address;
};
/* Straight from one space to another: each page is found once, and nothing is copied twice. *source_fault or *target_fault is set, the other stays 0. */
int user_copy_across(struct user_range to, struct user_range from, uint64_t bytes, uint64_t *target_fault,
                     uint64_t *source_fault);
