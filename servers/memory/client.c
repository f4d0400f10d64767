// SPDX-License-Identifier: MIT
/*
 * Clients: coming, going, charging.
 * Context: a worker; add and drop the control thread. Locks: the client's mutex. Tests: tests/user/memory/.
 */
#include "servers/memory/client.h"
#include "servers/lib/sluice.h"
#include "servers/memory/end.h"
#include "servers/memory/own.h"
#include "smp/atomic.h"
#include <string.h>

static struct client clients[CLIENTS_MAX];
static uint32_t clients_used;

struct client *client_lock(uint32_t number)
{
    struct client *client = &clients[number % CLIENTS_MAX];

    if (number == 0)
        return NULL;
    sluice_mutex_lock(&client->mutex);
    if (client->number == number)
        return client;
    sluice_mutex_unlock(&client->mutex);
    return NULL;
}

int64_t client_charge(struct client *client, uint64_t pages)
{
    uint64_t before = atomic_fetch_add(&client->charged, pages);

    if (pages <= client->limit && before <= client->limit - pages)
        return 0;
    atomic_fetch_sub(&client->charged, pages);
    return SLUICE_E_LIMIT;
}

void client_uncharge(struct client *client, uint64_t pages)
{
    atomic_fetch_sub(&client->charged, pages);
}

unsigned client_count(void)
{
    return atomic_load_relaxed(&clients_used); /* relaxed: statistics */
}

int64_t client_add(uint32_t number, uint64_t limit_bytes, unsigned flags)
{
    struct client *client = &clients[number % CLIENTS_MAX];
    int64_t result = SLUICE_E_EXISTS;

    if (number == 0)
        return SLUICE_E_BAD_ARGUMENT;
    sluice_mutex_lock(&client->mutex);
    if (client->number == 0) {
        client->limit = limit_bytes / SLUICE_PAGE_BYTES;
        client->flags = flags;
        client->ended = false;
        client->charged = 0;
        atomic_store_relaxed(&client->number, number); /* the mutex orders it for all but object_pay_back */
        atomic_fetch_add(&clients_used, 1);
        result = 0;
    }
    sluice_mutex_unlock(&client->mutex);
    return result;
}

/* Its space is gone, and with it every mapping: frames and promises are all that is left. */
int64_t client_drop(struct worker *worker, uint32_t number)
{
    struct client *client = client_lock(number);

    if (!client)
        return SLUICE_E_NOT_FOUND;
    end_forget_locked(client);
    sluice_cap_delete(0, client_aspace(client));
    grant_free_all_locked(worker, client);
    for (uint32_t i = 0; i < client->extent_count; i++)
        object_release(worker, client->extents[i].object);
    node_free(worker, client->extents, client->extent_capacity * sizeof client->extents[0]);
    client->extents = NULL;
    client->extent_count = client->extent_capacity = 0;
    object_close_all(worker, client);
    atomic_store_relaxed(&client->number, 0); /* as in client_add */
    atomic_fetch_sub(&clients_used, 1);
    client_unlock(client);
    return 0;
}
