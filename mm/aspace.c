// SPDX-License-Identifier: MIT
/*
 * Address spaces from creation to the last byte given back, and mapping what belongs to no region.
 * Owns: the tables of a space while it is made and finished. Entry points: aspace_init_locked, aspace_finish,
 * aspace_map_entries, aspace_map_kernel, aspace_map_boot. Context: kernel. Locks, one after the other: class alloc of
 * the space's pool, class aspace, class frame. Tests: tests/host/test_aspace.c, tests/user/memory/.
 */
#include "mm/aspace.h"
#include "kernel/boot/platform.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/pool.h"
#include "mm/tlb.h"
#include "mm/x86_64/copy.h"
#include "mm/x86_64/pt.h"
#include "smp/lock/gate.h"

_Static_assert(ASPACE_SPARES >= PT_TABLES_MAX, "one operation's tables");

bool aspace_init_locked(struct aspace *space, struct pool *pool)
{
    uint64_t *root = pool_pages_take_locked(pool, 1);
    if (!root)
        return false;
    const uint64_t *kernel = direct_map(aspace_kernel_root());
    memory_zero_words(root, PT_USER_ENTRIES);
    memory_copy(root + PT_USER_ENTRIES, kernel + PT_USER_ENTRIES,
                (PT_ENTRIES - PT_USER_ENTRIES) * sizeof(uint64_t));
    space->root = direct_map_physical(root);
    /* Numbers of its own, above a CPU's 0: a thread that waited for a space that is gone is not taken for one that
     * waited for this one, though it lies in the same place. */
    static struct number_source numbers; /* spaces are made on all CPUs */
    space->generation = number_draw(&cpu_self()->space_numbers, &numbers) << ASPACE_GENERATION_BITS;
    space->flushed = space->generation;
    space->finish_level = 1;
    return true;
}

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
static __attribute__((noinline)) int64_t spares_fill(struct aspace *space, unsigned count)
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
        }
        table = pt_table_of(*entry);
    }
    return true;
}

static bool range_complete(const struct pt_range *range)
{
    return range->span[0].entry && (range->span[1].entry || !range->span[1].count);
}

static __attribute__((noinline)) bool range_build_locked(struct aspace *space, struct pt_range *range,
                                                         uint64_t address, uint64_t pages)
{
    if (!table_build_locked(space, address) || !table_build_locked(space, address + (pages - 1) * PAGE_BYTES))
        return false;
    pt_range_find(range, space->root, address, pages);
    return true;
}

static int64_t entries_write_locked(struct aspace *space, const struct pt_range *range, uint64_t entry,
                                    uint64_t *done)
{
    uint64_t written = 0;
    int64_t result = 0;
    for (unsigned s = 0; s < 2 && range->span[s].count && !result; s++) {
        uint64_t *at = range->span[s].entry, *end = at + range->span[s].count;
        for (; at < end && !*at; at++, written++)
            atomic_store_relaxed(at, entry + written * PAGE_BYTES);
        if (at < end)
            result = pt_is_pending(*at) ? SLUICE_E_AGAIN : SLUICE_E_EXISTS;
    }
    space->pages_mapped += written;
    *done += written;
    return result;
}

int64_t aspace_map_entries(struct aspace *space, uint64_t address, uint64_t pages, uint64_t entry,
                           uint64_t *done)
{
    struct pt_range range;
    uint64_t skip = *done;
    address += skip * PAGE_BYTES;
    /* Once round, unless somebody else uses the spares: then a table more is there. */
    for (;;) {
        /* Without the gate: tables stay as long as the space. The spares come first, so that the call stays on the CPU
         * that the tables want, once it is there. */
        pt_range_find(&range, space->root, address, pages - skip);
        bool complete = range_complete(&range);
        int64_t result =
            complete ? 0 : spares_fill(space, pt_tables_missing(space->root, address, pages - skip));
        if (result)
            return result;
        struct gate gate;
        if (!gate_enter(&gate, pool_of(&space->object), LOCK_CLASS_aspace, &space->object.lock))
            return syscall_forward(&gate);
        complete = complete || range_build_locked(space, &range, address, pages - skip);
        if (complete)
            result = entries_write_locked(space, &range, entry + skip * PAGE_BYTES, done);
        gate_leave(&gate);
        if (complete)
            return result;
    }
}

int64_t aspace_map_kernel(struct thread *thread, struct aspace *space, uint64_t address, uint64_t physical,
                          uint64_t pages, uint64_t *mapped)
{
    uint64_t *done = &thread->scratch[0];
    if (thread->step == 0) {
        if (address % PAGE_BYTES || !aspace_range_valid(address, pages))
            return SLUICE_E_BAD_ADDRESS;
        *done = 0;
        thread->step = 1;
    }
    assert(*done <= pages);
    uint64_t entry = pt_page(physical / PAGE_BYTES, SLUICE_MAP_READ, SLUICE_MAP_READ) | PT_KERNEL;
    uint64_t portion = pages - *done < SLUICE_MAP_PAGES_MAX ? pages : *done + SLUICE_MAP_PAGES_MAX;
    int64_t result = aspace_map_entries(space, address, portion, entry, done);
    *mapped = *done;
    return !result && portion < pages ? SYSCALL_AGAIN : result;
}

int64_t aspace_map_boot(struct aspace *space, uint64_t address, uint64_t physical, uint64_t pages,
                        unsigned flags)
{
    uint64_t entry = pt_page(physical / PAGE_BYTES, flags, flags) | PT_KERNEL;
    int64_t result = 0;
    while (pages && !result) {
        uint64_t portion = pages < SLUICE_MAP_PAGES_MAX ? pages : SLUICE_MAP_PAGES_MAX, done = 0;
        result = aspace_map_entries(space, address, portion, entry, &done);
        address += portion * PAGE_BYTES;
        entry += portion * PAGE_BYTES;
        pages -= portion;
    }
    return result;
}

/* Lowers the use count of one entry's frame, which the table names no more, with those of the entries after it that
 * name the frames after it. False: nothing was changed, the operation has to go on elsewhere. */
static bool run_finish(uint64_t *entry, uint64_t *end)
{
    uint64_t first = pt_frame(*entry), count = 1, done = 0;
    bool counted = !(*entry & PT_KERNEL);
    while (entry + count < end && pt_frame(entry[count]) == first + count &&
           !(entry[count] & PT_KERNEL) == counted && ((first + count) & (FRAME_BLOCK_FRAMES - 1)))
        count++;
    if (counted && frame_drop(first, count, &done))
        return false;
    for (uint64_t i = 0; i < count; i++)
        entry[i] = 0;
    return true;
}

static bool table_finish(uint64_t *table)
{
    uint64_t *end = table + PT_ENTRIES;
    for (uint64_t *entry = table; entry < end; entry++)
        if (*entry && !run_finish(entry, end))
            return false;
    return true;
}

static bool page_give_back(struct aspace *space, uint64_t physical)
{
    struct pool *pool = pool_of(&space->object);
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock)) {
        syscall_forward(&gate);
        return false;
    }
    pool_pages_free_locked(pool, direct_map(physical), 1);
    gate_leave(&gate);
    return true;
}

/* One table: what it maps is dropped, then its page is free. Nobody reads the tables any more: that the space has no
 * threads, and a grace period, came before (R7: every CPU loaded another CR3 since). */
static bool finish_table(struct aspace *space, uint64_t *parent)
{
    if (space->finish_level == 1 && !table_finish(pt_table_of(*parent)))
        return false;
    if (!page_give_back(space, *parent & PT_FRAME_MASK))
        return false;
    *parent = 0;
    return true;
}

static bool finish_pages(struct aspace *space)
{
    for (unsigned i = 0; i < ASPACE_SPARES; i++) {
        if (space->spare[i] && !page_give_back(space, direct_map_physical(space->spare[i])))
            return false;
        space->spare[i] = NULL;
    }
    if (space->root && !page_give_back(space, space->root))
        return false;
    space->root = 0;
    return true;
}

/* A table at a time, leaves first: each call is as short as an unmap of 512 pages. */
bool aspace_finish(struct aspace *space, uint32_t *forward)
{
    cpu_self()->forward_cpu = UINT32_MAX;
    bool all = false;
    if (space->finish_level < PT_LEVELS) {
        uint64_t *parent = pt_next(space->root, &space->finish_address, space->finish_level + 1);
        if (!parent) {
            space->finish_level++;
            space->finish_address = 0;
        } else {
            finish_table(space, parent);
        }
    } else {
        all = finish_pages(space);
    }
    *forward = cpu_self()->forward_cpu;
    return all;
}
