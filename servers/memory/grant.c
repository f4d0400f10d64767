// SPDX-License-Identifier: MIT
/*
 * Pools and regions given to clients.
 * Context: a worker that holds the client's mutex. Locks: the store's, inside. Tests: tests/user/memory/.
 *
 * The server keeps a capability to everything it gives away. A pool can be destroyed by whoever holds it, so a dead
 * client's pools come back always. A raw region may have been cut or made a pool of by the client, whose capabilities
 * died with it: then the region cannot come back whole, and is written off. That is why raw regions are for trusted
 * programs only.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "servers/memory/client.h"
#include "servers/memory/own.h"

#define POOL_END_MS 10000u /* longer than the end of any pool takes */

static int64_t grant_new(struct worker *worker, struct client *client, uint64_t bytes, struct grant **result)
{
    uint64_t pages = bytes / SLUICE_PAGE_BYTES;
    struct grant *grant;
    int64_t error;

    if (bytes == 0 || bytes % SLUICE_PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    if (client_limited(client, client->grant_count, CLIENT_GRANTS_MAX))
        return SLUICE_E_LIMIT;
    error = client_charge(client, pages);
    if (error < 0)
        return error;
    grant = node_alloc(worker, sizeof *grant);
    error = grant ? store_region_take(pages, &grant->region) : SLUICE_E_NO_MEMORY;
    if (error < 0) {
        node_free(worker, grant, sizeof *grant);
        client_uncharge(client, pages);
        return error;
    }
    *result = grant;
    return 0;
}

/* The region is nobody's any more: back to the store. */
static void grant_end(struct worker *worker, struct client *client, struct grant *grant)
{
    client_uncharge(client, grant->region.frames);
    store_region_give(&grant->region);
    node_free(worker, grant, sizeof *grant);
}

static int64_t grant_add(struct client *client, struct grant *grant)
{
    grant->number = ++client->grant_number;
    client->grant_count++;
    grant->next = client->grants;
    client->grants = grant;
    return grant->number;
}

int64_t grant_pool_locked(struct worker *worker, struct client *client, uint64_t bytes, uint64_t name,
                          uint64_t *slot)
{
    struct grant *grant;
    int64_t result = grant_new(worker, client, bytes, &grant);

    if (result < 0)
        return result;
    grant->pool = sluice_slot_alloc();
    result =
        grant->pool ? SLUICE_DO(region_make_pool, grant->region.slot, grant->pool, name) : SLUICE_E_LIMIT;
    if (result < 0) {
        if (grant->pool)
            sluice_slot_free(grant->pool);
        grant_end(worker, client, grant);
        return result;
    }
    *slot = grant->pool;
    return grant_add(client, grant);
}

int64_t grant_region_locked(struct worker *worker, struct client *client, uint64_t bytes, uint64_t *slot)
{
    struct grant *grant;
    int64_t result;

    if (!(client->flags & MEMORY_CLIENT_REGIONS))
        return SLUICE_E_NOT_ALLOWED;
    result = grant_new(worker, client, bytes, &grant);
    if (result < 0)
        return result;
    *slot = grant->region.slot;
    return grant_add(client, grant);
}

/* Whole again, no pool, and after this call nobody else's. */
static bool region_reclaim(const struct store_region *region)
{
    struct sluice_cap_info info;

    if (sluice_cap_info(region->slot, &info) < 0 || info.detail[3] || info.detail[1] != region->frames)
        return false;
    return sluice_cap_revoke(region->slot) == 0;
}

/* Frames that are still mapped somewhere: the kernel counts them. */
static bool region_unmapped(const struct store_region *region)
{
    struct sluice_cap_info info;

    return sluice_cap_info(region->slot, &info) == 0 && info.detail[2] == 0;
}

static bool grant_reclaim(struct grant *grant)
{
    struct sluice_cap_info info;

    if (!grant->pool)
        return region_reclaim(&grant->region) && region_unmapped(&grant->region);
    if (sluice_cap_info(grant->region.slot, &info) < 0 || info.detail[3])
        return false;
    sluice_slot_drop(grant->pool);
    return true;
}

int64_t grant_free_locked(struct worker *worker, struct client *client, uint64_t number)
{
    struct grant **link = &client->grants;

    while (*link && (*link)->number != number)
        link = &(*link)->next;
    struct grant *grant = *link;
    if (!grant)
        return SLUICE_E_NOT_FOUND;
    if (!grant_reclaim(grant))
        return SLUICE_E_BUSY;
    *link = grant->next;
    client->grant_count--;
    grant_end(worker, client, grant);
    return 0;
}

/* The client may have begun to end it itself. */
static void pool_end(const struct grant *grant)
{
    struct sluice_cap_info info;

    sluice_pool_destroy(grant->pool);
    for (unsigned i = 0; i < POOL_END_MS; i++) {
        if (sluice_cap_info(grant->region.slot, &info) < 0 || !info.detail[3])
            return;
        sluice_sleep_ms(1);
    }
}

void grant_free_all_locked(struct worker *worker, struct client *client)
{
    while (client->grants) {
        struct grant *grant = client->grants;
        client->grants = grant->next;
        client->grant_count--;
        if (grant->pool)
            pool_end(grant);
        if (grant_reclaim(grant))
            grant_end(worker, client, grant);
        else
            node_free(worker, grant, sizeof *grant); /* written off, see above */
    }
}
