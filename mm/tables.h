// SPDX-License-Identifier: MIT
/*
 * The last-level tables of a space: those it lacks, and the one that was used last.
 * Owns: aspace->leaf, ->leaf_number. Entry points: below. Context: kernel. Locks: class aspace is held where the name says
 * so; tables_build enters, one after the other, class alloc of the space's pool and class aspace.
 * Tests: tests/host/test_aspace.c.
 */
#pragma once
#include "mm/aspace.h"
#include "mm/x86_64/pt.h"
#include <stdint.h>

bool tables_entry_walk_locked(struct aspace *space, uint64_t address, uint64_t **entry);

/* The entry of a page; false: there is no table for it. Mostly it lies in the same table as the last one: tables stay as
 * long as the space, so what was found once is right for ever. */
static inline bool tables_entry_locked(struct aspace *space, uint64_t address, uint64_t **entry)
{
    if (__builtin_expect(space->leaf_number != address / pt_span(2), 0))
        return tables_entry_walk_locked(space, address, entry);
    *entry = &space->leaf[pt_index(address, 1)];
    return true;
}

/* All tables of at most 512 pages; they stay as long as the space. 0, NO_MEMORY or SYSCALL_FORWARD. */
int64_t tables_build(struct aspace *space, uint64_t address, uint64_t pages);
