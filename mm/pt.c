// SPDX-License-Identifier: MIT
/*
 * Page tables: making entries, and walking the user half of a space.
 * Owns: nothing; the format is in mm/x86_64/pt.h. Entry points: pt_*. Context: kernel. Locks: class aspace, held by
 * callers that write; pt_tables_missing is a hint that needs none. Tests: tests/host/test_pt.c.
 */
#include "mm/x86_64/pt.h"
#include "kernel/abi/object.h"

static uint64_t rights_bits(unsigned flags)
{
    uint64_t bits = flags & SLUICE_MAP_WRITE ? PT_WRITE | PT_DIRTY : 0;
    return bits | (flags & SLUICE_MAP_EXECUTE ? 0 : PT_NO_EXECUTE);
}

uint64_t pt_page(uint64_t frame, unsigned flags, unsigned may)
{
    uint64_t entry = frame << PAGE_SHIFT | PT_PRESENT | PT_USER | PT_ACCESSED;
    if (may & SLUICE_MAP_WRITE)
        entry |= PT_MAY_WRITE;
    if (may & SLUICE_MAP_EXECUTE)
        entry |= PT_MAY_EXECUTE;
    return entry | rights_bits(flags);
}

uint64_t pt_with_rights(uint64_t entry, unsigned flags)
{
    return (entry & ~(PT_WRITE | PT_DIRTY | PT_NO_EXECUTE)) | rights_bits(flags);
}

bool pt_allows(uint64_t entry, unsigned flags)
{
    return !(flags & SLUICE_MAP_WRITE && !(entry & PT_MAY_WRITE)) &&
           !(flags & SLUICE_MAP_EXECUTE && !(entry & PT_MAY_EXECUTE));
}

bool pt_loses_rights(uint64_t before, uint64_t after)
{
    return (before & ~after & PT_WRITE) || (~before & after & PT_NO_EXECUTE);
}

unsigned pt_tables_missing(uint64_t root, uint64_t address, uint64_t pages)
{
    uint64_t last = address + (pages - 1) * PAGE_BYTES;
    unsigned missing = 0;
    for (unsigned level = 1; level < PT_LEVELS; level++) {
        missing += pt_table(root, address, level) == NULL;
        /* At most one border between two tables of a level lies inside of 512 pages. */
        bool two = address / pt_span(level + 1) != last / pt_span(level + 1);
        missing += two && pt_table(root, last, level) == NULL;
    }
    return missing;
}

uint64_t *pt_next(uint64_t root, uint64_t *address, unsigned level)
{
    while (*address < pt_span(PT_LEVELS) * PT_USER_ENTRIES) {
        uint64_t *table = direct_map(root);
        unsigned at = PT_LEVELS;
        uint64_t *entry = &table[pt_index(*address, at)];
        while (at > level && (*entry & PT_PRESENT)) {
            table = pt_table_of(*entry);
            at--;
            entry = &table[pt_index(*address, at)];
        }
        if (*entry & PT_PRESENT)
            return entry;
        *address = (*address & ~(pt_span(at) - 1)) + pt_span(at);
    }
    return NULL;
}
