// SPDX-License-Identifier: MIT
/*
 * Page tables: walks of the user half of a space that are longer than one to an entry.
 * Owns: nothing; the format is in mm/x86_64/pt.h. Entry points: pt_tables_missing, pt_next. Context: kernel.
 * Locks: class aspace, held by callers that write; pt_tables_missing is a hint that needs none.
 * Tests: tests/host/test_pt.c.
 */
#include "mm/x86_64/pt.h"

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
