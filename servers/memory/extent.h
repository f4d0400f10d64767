// SPDX-License-Identifier: MIT
/*
 * The extents of a client: search, room, cutting; and bringing their pages in.
 * Entry points: below. Context: a worker that holds the client's mutex. Locks: the object's mutex in extent_populate.
 * Tests: tests/user/memory/.
 */
#pragma once
#include "servers/memory/client.h"

#define EXTENT_RIGHTS                                                                                        \
    ((unsigned)(SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE)) /* all there are */

/* Index of the first extent that ends after `address`. */
uint32_t extent_search(const struct client *client, uint64_t address);
/* A free range of so many pages in the window of this worker, or 0. */
uint64_t extent_find_room(const struct client *client, const struct worker *worker, uint64_t pages);
bool extent_range_free(const struct client *client, uint64_t address, uint64_t pages);
/* Makes sure that `more` extents can be added; NO_MEMORY. */
int64_t extent_reserve(struct worker *worker, struct client *client, uint32_t more);
/* Adds it at its place, which is free; takes over the caller's reference to the object. Room was reserved. Moves all
 * extents behind it: the cost of a new extent grows with their number, that of a fault with its logarithm at most. */
void extent_insert(struct client *client, const struct extent *extent);
void extent_remove(struct client *client, uint32_t index);
/* Cuts the extent that holds `address` in two there; room was reserved. Nothing happens at an extent's own start. */
void extent_cut(struct client *client, uint64_t address);
/* Maps pages [first, first + pages) of an extent, with new frames where the object has none. */
int64_t extent_populate(struct worker *worker, struct client *client, struct extent *extent, uint32_t first,
                        uint32_t pages);

static inline uint64_t extent_end(const struct extent *extent)
{
    return extent->address + (uint64_t)extent->pages * SLUICE_PAGE_BYTES;
}

/* The extent that holds `address`, or NULL. Mostly the one that was asked for last. */
static inline struct extent *extent_at(struct client *client, uint64_t address)
{
    if (client->extent_last < client->extent_count) {
        struct extent *last = &client->extents[client->extent_last];
        if (address - last->address < (uint64_t)last->pages * SLUICE_PAGE_BYTES)
            return last;
    }
    uint32_t index = extent_search(client, address);
    if (index == client->extent_count || client->extents[index].address > address)
        return NULL;
    client->extent_last = index;
    return &client->extents[index];
}
