// SPDX-License-Identifier: MIT
/*
 * Physical memory while the kernel boots.
 * Owns: boot_ram, boot_free. Entry points: kernel/boot/memory.h. Context: boot CPU. Locks: none.
 * Pieces are taken from the start of the largest free range, so that what is left makes few regions; not from its
 * end, where firmware ran: an emulator pays for every write to a page it has translated code of, once for each CPU.
 * Tests: tests/host/test_boot_memory.c.
 */
#include "kernel/boot/memory.h"
#include "kernel/boot/platform.h"
#include "mm/frame.h"

#define LOW_BEGIN 0x8000ull /* the firmware's own data lie below */
#define LOW_END 0xa0000ull

struct memory_map boot_ram, boot_free;
static uint64_t reach = 1ull << 32;

static void range_delete(struct memory_map *map, unsigned index)
{
    map->count--;
    for (unsigned i = index; i < map->count; i++)
        map->range[i] = map->range[i + 1];
}

static void range_insert(struct memory_map *map, unsigned index, uint64_t start, uint64_t end)
{
    if (map->count == MEMORY_RANGES_MAX)
        return;
    for (unsigned i = map->count++; i > index; i--)
        map->range[i] = map->range[i - 1];
    map->range[index] = (struct memory_range){start, end};
}

void memory_map_add(struct memory_map *map, uint64_t start, uint64_t end)
{
    start = (start + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    end &= ~(PAGE_BYTES - 1);
    if (start >= end)
        return;
    unsigned i = 0;
    while (i < map->count && map->range[i].end < start)
        i++;
    while (i < map->count && map->range[i].start <= end) { /* touches or overlaps: swallow it */
        start = map->range[i].start < start ? map->range[i].start : start;
        end = map->range[i].end > end ? map->range[i].end : end;
        range_delete(map, i);
    }
    range_insert(map, i, start, end);
}

void memory_map_remove(struct memory_map *map, uint64_t start, uint64_t end)
{
    start &= ~(PAGE_BYTES - 1);
    end = (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    for (unsigned i = 0; i < map->count;) {
        struct memory_range was = map->range[i];
        if (was.end <= start || was.start >= end) {
            i++;
            continue;
        }
        range_delete(map, i);
        if (was.start < start)
            range_insert(map, i++, was.start, start);
        if (was.end > end)
            range_insert(map, i++, end, was.end);
    }
}

uint64_t memory_map_bytes(const struct memory_map *map)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < map->count; i++)
        bytes += map->range[i].end - map->range[i].start;
    return bytes;
}

void memory_prepare(uint64_t floor)
{
    boot_free = boot_ram;
    memory_map_remove(&boot_free, 0, floor);
}

void memory_keep(uint64_t start, uint64_t end)
{
    memory_map_remove(&boot_free, start, end);
}

void memory_reach(uint64_t limit)
{
    reach = limit;
}

static uint64_t range_usable(const struct memory_range *range)
{
    uint64_t end = range->end < reach ? range->end : reach;
    return end > range->start ? end - range->start : 0;
}

bool memory_largest(struct memory_range *range)
{
    const struct memory_range *best = &boot_free.range[0];
    for (unsigned i = 0; i < boot_free.count; i++)
        if (range_usable(&boot_free.range[i]) > range_usable(best))
            best = &boot_free.range[i];
    *range = (struct memory_range){best->start, best->start + range_usable(best)};
    return boot_free.count && range->start < range->end;
}

uint64_t memory_take(uint64_t bytes)
{
    struct memory_range best;
    bytes = (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    if (!memory_largest(&best) || best.end - best.start < bytes)
        boot_fail("too little memory: no %lu KiB in one piece are left", bytes >> 10);
    memory_keep(best.start, best.start + bytes);
    return best.start;
}

void *memory_take_zeroed(uint64_t bytes)
{
    void *memory = direct_map(memory_take(bytes));
    memory_clear(memory, (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1));
    return memory;
}

uint64_t memory_low_page(void)
{
    for (unsigned i = 0; i < boot_ram.count && boot_ram.range[i].start < LOW_END; i++) {
        uint64_t end = boot_ram.range[i].end < LOW_END ? boot_ram.range[i].end : LOW_END;
        if (end >= boot_ram.range[i].start + PAGE_BYTES && end > LOW_BEGIN)
            return end - PAGE_BYTES;
    }
    return 0;
}
