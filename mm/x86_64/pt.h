// SPDX-License-Identifier: MIT
/*
 * Page-table entries (Intel SDM vol. 3, 4.5) and what the software adds to them.
 * Owns: the format. Entry points: below. Context: any. Locks: writers of entries hold class aspace; readers none.
 * Tests: tests/host/test_pt.c.
 *
 *   a page:      bit 0 present  1 write  2 user  5 accessed  6 dirty  10 KERNEL  12-51 frame
 *                52 MAY_WRITE  53 MAY_EXECUTE  63 no-execute
 *   unmapped,    bit 0 = 0  1-8 stamp, low  9 PENDING  10 KERNEL  12-51 frame  52-63 stamp, high
 *   perhaps still in a TLB: the stamp is the space's generation by which every CPU must have flushed, modulo 2^20
 */
#pragma once
#include "kernel/abi/object.h"
#include "mm/frame.h"
#include "smp/atomic.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PT_PRESENT (1ull << 0)
#define PT_WRITE (1ull << 1)
#define PT_USER (1ull << 2)
#define PT_ACCESSED (1ull << 5)
#define PT_DIRTY (1ull << 6)
#define PT_PENDING (1ull << 9)
#define PT_KERNEL (1ull << 10) /* the frame belongs to no region: its uses are not counted */
#define PT_FRAME_MASK 0x000ffffffffff000ull
#define PT_MAY_WRITE (1ull << 52) /* what the region's capability allowed when it was mapped */
#define PT_MAY_EXECUTE (1ull << 53)
#define PT_NO_EXECUTE (1ull << 63)
#define PT_TABLE (PT_PRESENT | PT_WRITE | PT_USER | PT_ACCESSED) /* an entry that points to a table */

#define PT_ENTRIES 512u
#define PT_LEVELS 4u
#define PT_USER_ENTRIES 256u /* of the top table; the others are the kernel's, the same in all spaces */
#define PT_TABLES_MAX 6u     /* that one operation of 512 pages can lack: two a level, but the top */

#define PT_STAMP_BITS 20u
#define PT_STAMP_MASK ((1ull << PT_STAMP_BITS) - 1)
#define PT_STAMP_WINDOW (1ull << (PT_STAMP_BITS - 1)) /* generations not yet flushed stay below this */

static inline unsigned pt_index(uint64_t address, unsigned level)
{
    return (unsigned)(address >> (PAGE_SHIFT + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

/* Bytes that one entry of a table of that level covers. */
static inline uint64_t pt_span(unsigned level)
{
    return PAGE_BYTES << (9 * (level - 1));
}

static inline uint64_t pt_frame(uint64_t entry)
{
    return (entry & PT_FRAME_MASK) >> PAGE_SHIFT;
}

static inline uint64_t *pt_table_of(uint64_t entry)
{
    return direct_map(entry & PT_FRAME_MASK);
}

/* The table of `level` that covers the address; NULL when there is none. Relaxed: each load depends on the one before.
 * pairs with table_build_locked() in tables.c: a table was cleared before its entry was stored. It lives until a grace
 * period after its space's death. */
static inline uint64_t *pt_table(uint64_t root, uint64_t address, unsigned level)
{
    uint64_t *table = direct_map(root);
#pragma GCC unroll 4
    for (unsigned i = PT_LEVELS; i > level; i--) {
        uint64_t entry = atomic_load_relaxed(&table[pt_index(address, i)]);
        if (!(entry & PT_PRESENT))
            return NULL;
        table = pt_table_of(entry);
    }
    return table;
}

/* The entries of at most 512 pages: they lie in two tables at most, mostly in one. NULL: there is no table. */
struct pt_range {
    struct pt_span {
        uint64_t *entry;
        uint64_t count;
    } span[2]; /* of the second, count is 0 when there is none, and nothing else is set */
};

static inline uint64_t *pt_find(uint64_t root, uint64_t address)
{
    uint64_t *table = pt_table(root, address, 1);
    return table ? &table[pt_index(address, 1)] : NULL;
}

static inline void pt_range_find(struct pt_range *range, uint64_t root, uint64_t address, uint64_t pages)
{
    uint64_t first = PT_ENTRIES - pt_index(address, 1);
    range->span[0].entry = pt_find(root, address);
    range->span[0].count = pages;
    range->span[1].count = 0;
    if (__builtin_expect(pages > first, 0)) {
        range->span[0].count = first;
        range->span[1].count = pages - first;
        range->span[1].entry = pt_find(root, address + first * PAGE_BYTES);
    }
}

/* The other bits of an entry whose pages were unmapped at that generation, but for its frame and KERNEL. */
static inline uint64_t pt_pending_bits(uint64_t generation)
{
    uint64_t stamp = generation & PT_STAMP_MASK;
    return PT_PENDING | (stamp & 255) << 1 | stamp >> 8 << 52;
}

static inline uint64_t pt_pending(uint64_t entry, uint64_t pending_bits)
{
    return (entry & (PT_FRAME_MASK | PT_KERNEL)) | pending_bits;
}

static inline bool pt_is_pending(uint64_t entry)
{
    return (entry & (PT_PRESENT | PT_PENDING)) == PT_PENDING;
}

static inline uint64_t pt_stamp(uint64_t entry)
{
    return (entry >> 1 & 255) | entry >> 52 << 8;
}

/* Has every CPU flushed since the entry was unmapped? `flushed` <= `generation`, less than the window apart. An entry
 * older than the stamps reach back may be called unflushed; an unflushed one is never called flushed. */
static inline bool pt_is_flushed(uint64_t entry, uint64_t generation, uint64_t flushed)
{
    return ((generation - pt_stamp(entry)) & PT_STAMP_MASK) >= generation - flushed;
}

/* Rights as enum sluice_map_flag has them, as the entry's bits. Accessed and dirty are set at once, so that no CPU ever
 * writes to a page table. */
static inline uint64_t pt_rights(unsigned flags)
{
    static const uint64_t bits[4] = {PT_NO_EXECUTE, PT_WRITE | PT_DIRTY | PT_NO_EXECUTE, 0,
                                     PT_WRITE | PT_DIRTY};
    return bits[flags / SLUICE_MAP_WRITE % 4];
}
_Static_assert(SLUICE_MAP_WRITE == 2 && SLUICE_MAP_EXECUTE == 4, "pt_rights");

/* A page with these rights now and at most `may` later. */
static inline uint64_t pt_page(uint64_t frame, unsigned flags, unsigned may)
{
    uint64_t most = (uint64_t)(may & (SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE)) << 51;
    return frame << PAGE_SHIFT | PT_PRESENT | PT_USER | PT_ACCESSED | most | pt_rights(flags);
}
_Static_assert((uint64_t)SLUICE_MAP_WRITE << 51 == PT_MAY_WRITE &&
                   (uint64_t)SLUICE_MAP_EXECUTE << 51 == PT_MAY_EXECUTE,
               "pt_page");

/* Changes the rights; the caller checked pt_allows. */
static inline uint64_t pt_with_rights(uint64_t entry, unsigned flags)
{
    return (entry & ~(PT_WRITE | PT_DIRTY | PT_NO_EXECUTE)) | pt_rights(flags);
}

static inline bool pt_allows(uint64_t entry, unsigned flags)
{
    return !((flags & (SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE)) & ~(entry >> 51));
}

/* True when the second lets less be done than the first. */
static inline bool pt_loses_rights(uint64_t before, uint64_t after)
{
    return ((before & ~after) & PT_WRITE) | ((~before & after) & PT_NO_EXECUTE);
}

/* Tables that the pages from `address` on lack. */
unsigned pt_tables_missing(uint64_t root, uint64_t address, uint64_t pages);
/* The first entry at or after *address, in a table of `level`, that points to a table; *address moves to what it
 * covers. NULL: none up to the end of user space. */
uint64_t *pt_next(uint64_t root, uint64_t *address, unsigned level);
