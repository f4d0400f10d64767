// SPDX-License-Identifier: MIT
/*
 * Map, unmap and protect, for a client.
 * Context: a worker that holds the client's mutex. Locks: the object's mutex, inside. Tests: tests/user/memory/.
 *
 * Frames go back to a cache only after the kernel's unmap, which returns when no TLB holds them (docs/memory.md).
 */
#include "servers/lib/memory.h"
#include "servers/memory/extent.h"
#include "servers/memory/own.h"

#define PAGES_MAX (1ull << 28) /* 1 TiB in one piece: more than any machine has, and far from any overflow */

static bool range_good(uint64_t address, uint64_t bytes)
{
    uint64_t pages = bytes / SLUICE_PAGE_BYTES;

    if (bytes % SLUICE_PAGE_BYTES || address % SLUICE_PAGE_BYTES || pages == 0 || pages > PAGES_MAX)
        return false;
    return address == 0 ||
           (address >= SLUICE_USER_MIN && address < SLUICE_USER_MAX && bytes <= SLUICE_USER_MAX - address);
}

/* Nothing, or readable; never writable and executable. */
static bool rights_good(unsigned flags)
{
    return (flags == 0 || (flags & SLUICE_MAP_READ)) &&
           (flags & (SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE)) != (SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE);
}

static int64_t place_choose(const struct client *client, const struct worker *worker, uint64_t pages,
                            uint64_t *address)
{
    if (*address)
        return extent_range_free(client, *address, pages) ? 0 : SLUICE_E_EXISTS;
    *address = extent_find_room(client, worker, pages);
    return *address ? 0 : SLUICE_E_NO_MEMORY;
}

/* The reference to the object goes to the extent, or is released. */
static int64_t extent_add(struct worker *worker, struct client *client, struct extent *extent, bool populate)
{
    int64_t result = extent_reserve(worker, client, 1);

    if (client_limited(client, client->extent_count, CLIENT_EXTENTS_MAX))
        result = SLUICE_E_LIMIT;
    if (result == 0)
        result = place_choose(client, worker, extent->pages, &extent->address);
    if (result < 0) {
        object_release(worker, extent->object);
        return result;
    }
    extent_insert(client, extent);
    if (populate)
        result = extent_populate(worker, client, extent_at(client, extent->address), 0, extent->pages);
    if (result < 0)
        client_unmap_locked(worker, client, extent->address, extent->pages * (uint64_t)SLUICE_PAGE_BYTES);
    return result;
}

int64_t client_map_locked(struct worker *worker, struct client *client, uint64_t *address, uint64_t bytes,
                          unsigned flags)
{
    struct extent extent = {.address = *address, .flags = flags & EXTENT_RIGHTS, .most = EXTENT_RIGHTS};
    int64_t result;

    if (!range_good(*address, bytes) || !rights_good(flags & EXTENT_RIGHTS) ||
        (flags & ~(EXTENT_RIGHTS | SLUICE_MEMORY_POPULATE | SLUICE_MEMORY_STACK)))
        return SLUICE_E_BAD_ARGUMENT;
    extent.pages = (uint32_t)(bytes / SLUICE_PAGE_BYTES);
    extent.guard = (flags & SLUICE_MEMORY_STACK) != 0;
    result = object_create(worker, client, extent.pages, EXTENT_RIGHTS, &extent.object);
    if (result == 0)
        result = extent_add(worker, client, &extent, flags & SLUICE_MEMORY_POPULATE);
    *address = extent.address;
    return result;
}

int64_t client_map_object_locked(struct worker *worker, struct client *client, struct object *object,
                                 const struct extent *wish, bool populate, uint64_t *address)
{
    struct extent extent = *wish;
    int64_t result = SLUICE_E_BAD_ARGUMENT;

    extent.object = object;
    if (range_good(extent.address, extent.pages * (uint64_t)SLUICE_PAGE_BYTES) && rights_good(extent.flags) &&
        extent.offset < object->pages && extent.pages <= object->pages - extent.offset) {
        result = extent.flags & ~extent.most ? SLUICE_E_NOT_ALLOWED : 0;
    }
    if (result < 0) {
        object_release(worker, object);
        return result;
    }
    result = extent_add(worker, client, &extent, populate);
    *address = extent.address;
    return result;
}

/* The kernel's part, in pieces that one entry can do. */
static int64_t pages_unmap(struct client *client, uint64_t address, uint64_t pages)
{
    while (pages) {
        uint64_t piece = pages < SLUICE_MAP_PAGES_MAX ? pages : SLUICE_MAP_PAGES_MAX;
        int64_t result = sluice_aspace_unmap(client_aspace(client), address, piece, NULL);
        if (result == SLUICE_E_AGAIN) { /* too many unmaps of this space are under way just now */
            sluice_yield();
            continue;
        }
        if (result < 0)
            return result;
        address += piece * SLUICE_PAGE_BYTES;
        pages -= piece;
    }
    return 0;
}

static int64_t extent_unmap(struct worker *worker, struct client *client, uint32_t index)
{
    struct extent extent = client->extents[index];
    int64_t result = extent.object->populated ? pages_unmap(client, extent.address, extent.pages) : 0;

    if (result < 0)
        return result; /* the space is dying: root will drop the client */
    extent_remove(client, index);
    if (extent.object->number == 0)
        object_trim(worker, extent.object, extent.offset, extent.pages);
    object_release(worker, extent.object);
    return 0;
}

/* Unmapping it makes two extents of one. */
static bool range_is_hole(struct client *client, uint64_t address, uint64_t end)
{
    const struct extent *extent = extent_at(client, address);

    return extent && extent->address < address && extent_end(extent) > end;
}

int64_t client_unmap_locked(struct worker *worker, struct client *client, uint64_t address, uint64_t bytes)
{
    uint64_t end = address + bytes;
    int64_t result;

    if (address == 0 || !range_good(address, bytes))
        return SLUICE_E_BAD_ARGUMENT;
    if (range_is_hole(client, address, end) &&
        client_limited(client, client->extent_count, CLIENT_EXTENTS_MAX))
        return SLUICE_E_LIMIT;
    result = extent_reserve(worker, client, 2);
    if (result < 0)
        return result;
    extent_cut(client, address);
    extent_cut(client, end);
    uint32_t index = extent_search(client, address);
    while (result == 0 && index < client->extent_count && client->extents[index].address < end)
        result = extent_unmap(worker, client, index);
    return result;
}

static bool range_covered(const struct client *client, uint64_t address, uint64_t end, unsigned flags,
                          int64_t *error)
{
    uint32_t index = extent_search(client, address);

    *error = SLUICE_E_NOT_FOUND;
    for (; address < end; index++) {
        if (index == client->extent_count || client->extents[index].address > address)
            return false;
        if (flags & ~client->extents[index].most) {
            *error = SLUICE_E_NOT_ALLOWED;
            return false;
        }
        address = extent_end(&client->extents[index]);
    }
    return true;
}

/* No rights at all, or others than before for pages that may be mapped: they are unmapped, and come back with the new
 * rights at the next touch, their frames untouched. */
static int64_t extent_protect(struct client *client, struct extent *extent, unsigned flags)
{
    int64_t result = extent->object->populated ? pages_unmap(client, extent->address, extent->pages) : 0;

    if (result == 0)
        extent->flags = (uint8_t)flags;
    return result;
}

int64_t client_protect_locked(struct worker *worker, struct client *client, uint64_t address, uint64_t bytes,
                              unsigned flags)
{
    uint64_t end = address + bytes;
    int64_t result;

    if (address == 0 || !range_good(address, bytes) || (flags & ~EXTENT_RIGHTS) || !rights_good(flags))
        return SLUICE_E_BAD_ARGUMENT;
    if (!range_covered(client, address, end, flags, &result))
        return result;
    if (client_limited(client, client->extent_count, CLIENT_EXTENTS_MAX))
        return SLUICE_E_LIMIT;
    result = extent_reserve(worker, client, 2);
    if (result < 0)
        return result;
    extent_cut(client, address);
    extent_cut(client, end);
    for (uint32_t i = extent_search(client, address); result == 0 && i < client->extent_count; i++) {
        if (client->extents[i].address >= end)
            break;
        if (client->extents[i].flags != flags)
            result = extent_protect(client, &client->extents[i], flags);
    }
    return result;
}
