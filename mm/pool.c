// SPDX-License-Identifier: MIT
/*
 * Pools: the table, and the memory of one pool: a bitmap of its pages, slabs of objects of one type each.
 * Owns: pools, the page bitmaps, slabs and free lists. Entry points: mm/pool.h. Context: kernel; pool_table_init on
 * the boot CPU. Locks: class alloc of the pool, held by the callers of the _locked forms.
 * Tests: tests/host/test_pool.c.
 */
#include "mm/pool.h"
#include "kernel/abi/error.h"
#include "mm/frame.h"
#include "mm/x86_64/copy.h"
#include "smp/atomic.h"
#include "tunables/tunables.h"
#include <stddef.h>

struct pool *pools;
unsigned pools_max;

#define OBJECT_ALIGN 64u /* a cache line: objects of different users share none */
#define WORD_BITS 64u

void pool_table_init(void *memory, unsigned count, struct sluice_pool_info *infos)
{
    pools = memory;
    pools_max = count;
    for (unsigned i = 0; i < count; i++) {
        pool_number_set(&pools[i], i);
        pools[i].info = &infos[i];
    }
}

struct pool *pool_reserve(void)
{
    for (unsigned i = 0; i < pools_max; i++)
        if (atomic_load_relaxed(&pools[i].life) == POOL_FREE &&
            atomic_cas(&pools[i].life, (uint32_t)POOL_FREE, (uint32_t)POOL_BUILD))
            return &pools[i];
    return NULL;
}

void pool_cancel(struct pool *pool)
{
    /* Pairs with the compare-and-swap of pool_reserve(), a full fence: our last use before the next one's first. */
    (void)atomic_exchange(&pool->life, (uint32_t)POOL_FREE);
}

static void pages_mark(struct pool *pool, uint64_t first, uint64_t count, bool used)
{
    for (uint64_t page = first; page < first + count; page++) {
        uint64_t bit = 1ull << (page % WORD_BITS);
        if (used)
            pool->page_map[page / WORD_BITS] |= bit;
        else
            pool->page_map[page / WORD_BITS] &= ~bit;
    }
}

/* A new pool's memory: everything guarded by class alloc; nobody else sees it yet. */
int pool_fill(struct pool *pool, uint64_t base, uint64_t pages)
{
    uint64_t words = (pages + WORD_BITS - 1) / WORD_BITS;
    uint64_t map_pages = (words * sizeof(uint64_t) + PAGE_BYTES - 1) / PAGE_BYTES;
    if (pages <= map_pages)
        return SLUICE_E_NO_MEMORY;
    pool->base = base;
    pool->pages = pages;
    pool->pages_used = map_pages;
    pool->page_hint = 0;
    pool->page_high = map_pages;
    pool->page_map = direct_map(base);
    for (unsigned type = 0; type < SLUICE_TYPE_COUNT; type++) {
        pool->objects[type] = 0;
        pool->free[type] = NULL;
        pool->slabs[type] = NULL;
    }
    memory_zero_pages(pool->page_map, map_pages);
    pages_mark(pool, 0, map_pages, true);
    if (pages % WORD_BITS) /* pages past the end are never free */
        pool->page_map[words - 1] |= ~0ull << (pages % WORD_BITS);
    return 0;
}

void pool_name(struct pool *pool, const char *name)
{
    for (unsigned i = 0; i < SLUICE_POOL_NAME_BYTES; i++) {
        pool->info->name[i] = i < SLUICE_POOL_NAME_BYTES - 1 ? *name : '\0';
        name += *name != '\0';
    }
}

void pool_publish(struct pool *pool)
{
    transition_pool_init(pool);
    atomic_store_relaxed(&pool->life, (uint32_t)POOL_ALIVE);
    atomic_store_relaxed(&pool->info->generation, pool->generation + 1);
    /* pairs with cap_alive() in kernel/cap/cap.h: the pool's fields before its generation. No capability to the pool
     * or into it exists before, and one that is made later is published by its slot's sequence. */
    atomic_store_release(&pool->generation, pool->generation + 1);
}

int pool_init(uint64_t base, uint64_t pages, const char *name, struct region *region, struct pool **result)
{
    struct pool *pool = pool_reserve();
    if (!pool)
        return SLUICE_E_LIMIT;
    pool_name(pool, name);
    int error = pool_fill(pool, base, pages);
    if (error) {
        pool_cancel(pool);
        return error;
    }
    pool->region = region;
    pool_publish(pool);
    *result = pool;
    return 0;
}

/* The first run of free pages at or after `from`; pool->pages: none. */
static uint64_t run_find(const struct pool *pool, uint64_t from, uint64_t count)
{
    uint64_t length = 0;
    for (uint64_t page = from; page < pool->pages;) {
        uint64_t word = pool->page_map[page / WORD_BITS] >> (page % WORD_BITS);
        if (word & 1) {
            uint64_t used = ~word ? (uint64_t)__builtin_ctzll(~word) : WORD_BITS;
            page += used < WORD_BITS - page % WORD_BITS ? used : WORD_BITS - page % WORD_BITS;
            length = 0;
            continue;
        }
        uint64_t free = word ? (uint64_t)__builtin_ctzll(word) : WORD_BITS - page % WORD_BITS;
        length += free;
        page += free;
        if (length >= count)
            return page - length;
    }
    return pool->pages;
}

void *pool_pages_take_locked(struct pool *pool, uint64_t count)
{
    if (count > pool->pages - pool->pages_used)
        return NULL;
    uint64_t first = run_find(pool, pool->page_hint, count);
    if (first == pool->pages && pool->page_hint)
        first = run_find(pool, 0, count);
    if (first == pool->pages)
        return NULL;
    pages_mark(pool, first, count, true);
    pool->pages_used += count;
    if (count == 1 || first == pool->page_hint)
        pool->page_hint = first + count;
    if (pool->page_high < first + count)
        pool->page_high = first + count;
    return direct_map(pool->base + first * PAGE_BYTES);
}

void *pool_pages_alloc_locked(struct pool *pool, uint64_t count)
{
    void *pages = pool_pages_take_locked(pool, count);
    if (pages)
        memory_zero_pages(pages, count);
    return pages;
}

void pool_pages_free_locked(struct pool *pool, void *pages, uint64_t count)
{
    uint64_t first = (direct_map_physical(pages) - pool->base) / PAGE_BYTES;
    pages_mark(pool, first, count, false);
    pool->pages_used -= count;
    if (first < pool->page_hint)
        pool->page_hint = first;
}

static uint32_t object_size(enum sluice_type type)
{
    return (object_bytes[type] + OBJECT_ALIGN - 1) & ~(OBJECT_ALIGN - 1);
}

unsigned pool_slab_objects(const struct pool_slab *slab)
{
    return (unsigned)((PAGE_BYTES - OBJECT_ALIGN) / slab->object_bytes);
}

struct object *pool_slab_object(struct pool_slab *slab, unsigned index)
{
    return (struct object *)((char *)slab + OBJECT_ALIGN + index * slab->object_bytes);
}

bool pool_slab_add_locked(struct pool *pool, enum sluice_type type)
{
    struct pool_slab *slab = pool_pages_alloc_locked(pool, 1);
    if (!slab)
        return false;
    slab->type = type;
    slab->object_bytes = object_size(type);
    slab->next = pool->slabs[type];
    for (unsigned i = pool_slab_objects(slab); i > 0; i--) {
        struct object *object = pool_slab_object(slab, i - 1);
        object->type = (uint8_t)type;
        object->pool = (uint16_t)pool->number;
        *pool_free_link(object) = pool->free[type];
        pool->free[type] = object;
    }
    /* pairs with slabs_begin() in pool_destroy.c: the slab before its place in the list */
    atomic_store_release(&pool->slabs[type], slab);
    return true;
}

struct object *pool_object_alloc_locked(struct pool *pool, enum sluice_type type)
{
    if (!object_bytes[type])
        return NULL;
    struct object *object = pool_object_take_locked(pool, type);
    if (object)
        memory_zero_words(object + 1, (object_size(type) - sizeof(*object)) / sizeof(uint64_t));
    return object;
}

uint64_t pool_objects(const struct pool *pool)
{
    uint64_t count = 0;
    for (unsigned type = 0; type < SLUICE_TYPE_COUNT; type++)
        count += atomic_load_relaxed(&pool->objects[type]); /* relaxed: only described, or asked again */
    return count;
}
