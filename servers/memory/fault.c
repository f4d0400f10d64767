// SPDX-License-Identifier: MIT
/*
 * Page faults of a client: what most messages to the server are about, so nothing is done here that a fault does not need.
 * Entry point: client_fault_locked. Context: a worker that holds the client's mutex. Locks: the worker's mutex; the
 * object's where other clients may map it. Tests: tests/user/memory/.
 */
#include "servers/lib/sluice.h"
#include "servers/memory/extent.h"

static inline unsigned rights_needed(uint64_t error)
{
    if (error & SLUICE_FAULT_WRITE)
        return SLUICE_MAP_WRITE;
    return error & SLUICE_FAULT_FETCH ? SLUICE_MAP_EXECUTE : SLUICE_MAP_READ;
}

/* A page of a private object that nobody touched, with a frame of this worker's own. A private object is mapped by one
 * client only, so its mutex guards the frames as well. False: nothing was changed. */
static inline bool page_bring_in(struct worker *worker, const struct client *client,
                                 const struct extent *extent, uint32_t page, uint64_t address)
{
    struct object *object = extent->object;
    uint32_t frame;

    if (object->number || object->frames[extent->offset + page] || extent->most != EXTENT_RIGHTS)
        return false;
    struct block *block = cache_take_page(worker, &frame);
    if (!block)
        return false;
    if (sluice_aspace_map(client_aspace(client), block->slot, frame % BLOCK_FRAMES, address, 1,
                          extent->flags | SLUICE_MAP_ZERO, NULL) != 0) {
        cache_give(frame);
        return false;
    }
    object->frames[extent->offset + page] = frame;
    object->populated++;
    return true;
}

int64_t client_fault_locked(struct worker *worker, struct client *client, uint64_t address, uint64_t error)
{
    struct extent *extent = extent_at(client, address);

    if (!extent || !(extent->flags & rights_needed(error)))
        return SLUICE_E_BAD_ADDRESS;
    uint32_t page = (uint32_t)((address - extent->address) / SLUICE_PAGE_BYTES);
    if (page < extent->guard)
        return SLUICE_E_BAD_ADDRESS;
    if (__builtin_expect(page_bring_in(worker, client, extent, page, address), 1))
        return 0;
    return extent_populate(worker, client, extent, page, 1);
}
