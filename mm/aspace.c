// SPDX-License-Identifier: MIT
/*
 * Address spaces from creation to the last byte given back, and mapping what belongs to no region.
 * Owns: the tables of a space while it is made and finished. Entry points: aspace_init_locked, aspace_finish,
 * aspace_map_kernel, aspace_map_boot. Context: kernel. Locks, one after the other: class alloc of
 * the space's pool, class aspace, class frame. Tests: tests/host/test_aspace.c, tests/user/memory/.
 */
#include "mm/aspace.h"
#include "kernel/boot/platform.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame_use.h"
#include "mm/pool.h"
#include "mm/tlb.h"
#include "mm/x86_64/copy.h"
#include "mm/x86_64/pt.h"
#include "smp/lock/gate.h"

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
    space->leaf_number = UINT64_MAX;
    space->finish_level = 1;
    return true;
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
    space->tables--;
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
    if (space->tables) { /* levels are searched only for what is there */
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
