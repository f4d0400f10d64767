// SPDX-License-Identifier: MIT
/*
 * Extents of a client's address space.
 * Context: a worker that holds the client's mutex. Locks: the object's mutex around its frames.
 * Tests: tests/user/memory/.
 */
#include "servers/memory/extent.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "servers/memory/own.h"
#include <string.h>

/* Where the server puts what a client lets it place: a window for each CPU, so that threads on different CPUs work in
 * different page tables. 64 GiB each. */
#define WINDOW_FIRST 0x0000300000000000ull
#define WINDOW_SHIFT 36u
#define AGAIN_TRIES 1000

uint32_t extent_search(const struct client *client, uint64_t address)
{
    uint32_t low = 0, high = client->extent_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (extent_end(&client->extents[middle]) > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool extent_range_free(const struct client *client, uint64_t address, uint64_t pages)
{
    uint32_t index = extent_search(client, address);

    return index == client->extent_count ||
           client->extents[index].address >= address + pages * SLUICE_PAGE_BYTES;
}

/* First fit: addresses come back soon, so the page tables stay few. */
uint64_t extent_find_room(const struct client *client, const struct worker *worker, uint64_t pages)
{
    uint64_t address = WINDOW_FIRST + ((uint64_t)worker->index << WINDOW_SHIFT);
    uint64_t end = address + (1ull << WINDOW_SHIFT), bytes = pages * SLUICE_PAGE_BYTES;

    for (uint32_t i = extent_search(client, address); i < client->extent_count; i++) {
        if (client->extents[i].address >= address + bytes)
            break;
        address = extent_end(&client->extents[i]);
    }
    return bytes <= end - address && address < end ? address : 0;
}

int64_t extent_reserve(struct worker *worker, struct client *client, uint32_t more)
{
    uint32_t capacity = client->extent_capacity ? client->extent_capacity : 16;
    struct extent *extents;

    if (client->extent_count + more <= client->extent_capacity)
        return 0;
    while (capacity < client->extent_count + more)
        capacity *= 2;
    extents = node_alloc(worker, capacity * sizeof *extents);
    if (!extents)
        return SLUICE_E_NO_MEMORY;
    if (client->extents) {
        memcpy(extents, client->extents, client->extent_count * sizeof *extents);
        node_free(worker, client->extents, client->extent_capacity * sizeof *extents);
    }
    client->extents = extents;
    client->extent_capacity = capacity;
    return 0;
}

void extent_insert(struct client *client, const struct extent *extent)
{
    uint32_t index = extent_search(client, extent->address);

    memmove(&client->extents[index + 1], &client->extents[index],
            (client->extent_count++ - index) * sizeof client->extents[0]);
    client->extents[index] = *extent;
}

void extent_remove(struct client *client, uint32_t index)
{
    memmove(&client->extents[index], &client->extents[index + 1],
            (--client->extent_count - index) * sizeof client->extents[0]);
}

void extent_cut(struct client *client, uint64_t address)
{
    struct extent *extent = extent_at(client, address);

    if (!extent || extent->address == address)
        return;
    struct extent tail = *extent;
    uint32_t pages = (uint32_t)((address - extent->address) / SLUICE_PAGE_BYTES);
    extent->pages = pages;
    tail.address = address;
    tail.pages -= pages;
    tail.offset += pages;
    tail.guard = 0;
    object_reference(tail.object);
    extent_insert(client, &tail);
}

/* AGAIN: a TLB still holds the frame or the address; it lets go as soon as its CPU takes the interrupt. */
static int64_t region_map(struct client *client, uint64_t region, uint32_t frame, uint64_t address,
                          uint32_t pages, unsigned flags, uint64_t *mapped)
{
    int64_t result = SLUICE_E_AGAIN;

    for (int i = 0; i < AGAIN_TRIES && result == SLUICE_E_AGAIN; i++) {
        uint64_t count = 0;
        if (i > 0)
            sluice_yield();
        result = sluice_aspace_map(client_aspace(client), region, frame % BLOCK_FRAMES + *mapped,
                                   address + *mapped * SLUICE_PAGE_BYTES, pages - *mapped, flags, &count);
        *mapped += result < 0 ? count : pages - *mapped;
    }
    return result;
}

/* A process can give its pages any right that the region's capability had when they were mapped. So what it may not use
 * in every way is mapped by a weaker one. */
static int64_t frames_map(struct client *client, const struct extent *extent, uint32_t frame,
                          uint64_t address, uint32_t pages, unsigned flags, uint64_t *mapped)
{
    uint64_t region = store_block(frame)->slot;
    int64_t result;

    *mapped = 0;
    if (extent->most == EXTENT_RIGHTS)
        return region_map(client, region, frame, address, pages, flags, mapped);
    uint64_t weak = sluice_slot_alloc();
    if (!weak)
        return SLUICE_E_NO_MEMORY;
    result = sluice_cap_copy(0, weak, region, extent->most, 0);
    if (result == 0)
        result = region_map(client, weak, frame, address, pages, flags, mapped);
    sluice_slot_drop(weak);
    return result;
}

/* Pages from `first` on whose frames lie side by side in one block. */
static uint32_t run_length(const uint32_t *frames, uint32_t first, uint32_t pages)
{
    uint32_t run = 1;

    while (run < pages && frames[first + run] == frames[first] + run &&
           frames[first + run] / BLOCK_FRAMES == frames[first] / BLOCK_FRAMES)
        run++;
    return run;
}

static uint32_t gap_length(const uint32_t *frames, uint32_t first, uint32_t pages)
{
    uint32_t run = 1;

    while (run < pages && run < BLOCK_FRAMES && frames[first + run] == 0)
        run++;
    return run;
}

/* Frames that the object has: EXISTS means that another thread's fault was first. */
static int64_t map_old(struct client *client, struct extent *extent, uint32_t page, uint32_t pages,
                       uint32_t *done)
{
    uint32_t *frames = extent->object->frames + extent->offset;
    uint64_t mapped;
    int64_t result =
        frames_map(client, extent, frames[page], extent->address + page * (uint64_t)SLUICE_PAGE_BYTES,
                   run_length(frames, page, pages), extent->flags, &mapped);

    *done = (uint32_t)mapped;
    if (result == SLUICE_E_EXISTS) {
        (*done)++;
        result = 0;
    }
    return result;
}

static int64_t map_new(struct worker *worker, struct client *client, struct extent *extent, uint32_t page,
                       uint32_t pages, uint32_t *done)
{
    uint32_t *frames = extent->object->frames + extent->offset;
    uint32_t frame, run = cache_take_run(worker, gap_length(frames, page, pages), &frame);
    uint64_t mapped = 0;
    int64_t result = SLUICE_E_NO_MEMORY;

    if (run)
        result = frames_map(client, extent, frame, extent->address + page * (uint64_t)SLUICE_PAGE_BYTES, run,
                            extent->flags | SLUICE_MAP_ZERO, &mapped);
    for (uint32_t i = 0; i < run; i++) {
        if (i < mapped)
            frames[page + i] = frame + i;
        else
            cache_give(frame + i);
    }
    extent->object->populated += mapped;
    *done = (uint32_t)mapped;
    return result;
}

int64_t extent_populate(struct worker *worker, struct client *client, struct extent *extent, uint32_t first,
                        uint32_t pages)
{
    const uint32_t *frames = extent->object->frames + extent->offset;
    uint32_t end = first + pages, done = 0;
    int64_t result = 0;

    if (first < extent->guard)
        first = extent->guard;
    sluice_mutex_lock(&extent->object->mutex);
    for (uint32_t page = first; page < end && result >= 0; page += done)
        result = frames[page] ? map_old(client, extent, page, end - page, &done)
                              : map_new(worker, client, extent, page, end - page, &done);
    sluice_mutex_unlock(&extent->object->mutex);
    return result < 0 ? result : 0;
}
