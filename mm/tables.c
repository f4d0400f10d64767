// SPDX-License-Identifier: MIT
/*
 * Page tables that a space lacks: paid for before the gate of the tables is entered, linked inside of it.
 * Owns: aspace->spare. Entry points: mm/tables.h. Context: kernel. Locks, one after the other: class alloc of
 * the space's pool, class aspace. Tests: tests/host/test_aspace.c, tests/user/memory/.
 */
#include "mm/tables.h"
#include "kernel/trap/syscall.h"
#include "mm/pool.h"
#include "mm/x86_64/pt.h"
#include "smp/lock/gate.h"

_Static_assert(ASPACE_SPARES >= PT_TABLES_MAX, "one operation's tables");

static unsigned spares_count(const struct aspace *space)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ASPACE_SPARES; i++)
        count += atomic_load_relaxed(&space->spare[i]) != NULL;
    return count;
}

/* False: there is room for no more. */
static bool spare_put(struct aspace *space, void *page)
{
    for (unsigned i = 0; i < ASPACE_SPARES; i++)
        if (!atomic_load_relaxed(&space->spare[i]) && atomic_cas(&space->spare[i], NULL, page))
            return true;
    return false;
}

static void *spare_take(struct aspace *space)
{
    for (unsigned i = 0; i < ASPACE_SPARES; i++) {
        void *page = atomic_load_relaxed(&space->spare[i]) ? atomic_exchange(&space->spare[i], NULL) : NULL;
        if (page)
            return page;
    }
    return NULL;
}

/* At least so many spare pages, before the gate of the tables is entered; they stay with the space, whoever uses them.
 * 0, NO_MEMORY or SYSCALL_FORWARD. */
static int64_t spares_fill(struct aspace *space, unsigned count)
{
    if (spares_count(space) >= count)
        return 0;
    struct pool *pool = pool_of(&space->object);
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock))
        return syscall_forward(&gate);
    int64_t result = 0;
    while (!result && spares_count(space) < count) {
        void *page = pool_pages_alloc_locked(pool, 1);
        if (!page)
            result = SLUICE_E_NO_MEMORY;
        else if (!spare_put(space, page))
            pool_pages_free_locked(pool, page, 1);
    }
    gate_leave(&gate);
    return result;
}

/* The page's table, made of spares where it is missing; false: the spares are used up. */
static bool table_build_locked(struct aspace *space, uint64_t address)
{
    uint64_t *table = direct_map(space->root);
    for (unsigned level = PT_LEVELS; level > 1; level--) {
        uint64_t *entry = &table[pt_index(address, level)];
        if (!(*entry & PT_PRESENT)) {
            void *page = spare_take(space);
            if (!page)
                return false;
            /* pairs with pt_table() in mm/x86_64/pt.h, by the dependence of its loads: the cleared table before its
             * entry */
            atomic_store_release(entry, direct_map_physical(page) | PT_TABLE);
            space->tables++;
        }
        table = pt_table_of(*entry);
    }
    return true;
}

bool tables_entry_walk_locked(struct aspace *space, uint64_t address, uint64_t **entry)
{
    uint64_t *table = pt_table(space->root, address, 1);
    if (!table)
        return false;
    space->leaf_number = address / pt_span(2);
    space->leaf = table;
    *entry = &table[pt_index(address, 1)];
    return true;
}

int64_t tables_build(struct aspace *space, uint64_t address, uint64_t pages)
{
    uint64_t last = address + (pages - 1) * PAGE_BYTES;
    /* Once round, unless somebody else uses the spares: then a table more is there. */
    for (;;) {
        int64_t result = spares_fill(space, pt_tables_missing(space->root, address, pages));
        if (result)
            return result;
        struct gate gate;
        if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_aspace, &space->object.lock))
            return syscall_forward(&gate);
        bool complete = table_build_locked(space, address) && table_build_locked(space, last);
        gate_leave(&gate);
        if (complete)
            return 0;
    }
}
