// SPDX-License-Identifier: MIT
/*
 * What stress/ipc is made of: a pool and an endpoint for each server, a badge for each client; and what has to be
 * true when it ends.
 * Context: the program's first thread. Locks: none. Tests: tests/user/stress.t.
 */
#include "servers/lib/process.h"
#include "stress/ipc/ipc.h"
#include <stdio.h>
#include <stdlib.h>

#define POOL_PAGES 16u /* with room for the endpoint and the kernel's own page of the pool */

static const char *server_name(const struct ipc_setup *setup)
{
    if (setup->mode == IPC_SIGNAL)
        return "signal";
    return setup->mode == IPC_FAN ? "fan" : "pair";
}

static bool server_prepare(struct ipc_setup *setup, uint64_t i)
{
    struct ipc_server *server = &setup->server[i];
    char name[16]; /* 8 are shown */
    snprintf(name, sizeof name, "%s%lu", server_name(setup), (unsigned long)(i % 10000));
    server->setup = setup;
    if (i == 0 || setup->pools == IPC_POOLS_OWN) {
        if (resource_pool_init(&server->pool, POOL_PAGES, setup->pools == IPC_POOLS_OWN ? name : "shared") !=
            0)
            return false;
    }
    server->endpoint =
        resource_object(server->pool.slot ? server->pool.slot : setup->server[0].pool.slot,
                        setup->mode == IPC_SIGNAL ? SLUICE_TYPE_NOTIFICATION : SLUICE_TYPE_ENDPOINT, 0, 0);
    server->received = calloc(setup->clients, sizeof *server->received);
    server->buffer = setup->bytes ? calloc(1, setup->bytes) : NULL;
    return server->endpoint && server->received && (server->buffer || !setup->bytes);
}

static bool client_prepare(struct ipc_setup *setup, uint64_t i)
{
    struct ipc_client *client = &setup->client[i];
    const struct ipc_server *server = &setup->server[ipc_one_server(setup) ? 0 : i];
    client->setup = setup;
    client->number = i;
    client->endpoint = sluice_slot_alloc();
    client->buffer = setup->bytes ? calloc(1, setup->bytes) : NULL;
    uint64_t badge = i + 1;
    if (setup->mode == IPC_SIGNAL) {
        badge = 1ull << i;
        client->back = resource_object(setup->server[0].pool.slot, SLUICE_TYPE_NOTIFICATION, 0, 0);
        if (!client->back)
            return false;
    }
    return client->endpoint && (client->buffer || !setup->bytes) &&
           sluice_cap_copy(0, client->endpoint, server->endpoint, SLUICE_RIGHT_WRITE, badge) == 0;
}

/* A client beside the only server is answered without a wait for anybody, and takes nearly all of its time. */
static unsigned client_cpu(const struct ipc_setup *setup, const struct crew *crew, uint64_t i)
{
    if (setup->mode == IPC_FAN && setup->away && crew->cpus > 1)
        return (unsigned)(1 + i % (crew->cpus - 1));
    return (unsigned)(i % crew->cpus);
}

/* Servers first: they wait when the clients come. */
static bool workers_prepare(struct ipc_setup *setup, struct crew *crew)
{
    bool good = true, signals = setup->mode == IPC_SIGNAL;
    void (*server_body)(struct worker *) = signals ? ipc_signal_server_body : ipc_server_body;
    void (*client_body)(struct worker *) = signals ? ipc_signal_client_body : ipc_client_body;
    for (uint64_t i = 0; i < setup->servers; i++) {
        uint64_t cpu = ipc_one_server(setup) ? 0 : i % crew->cpus;
        if (setup->mode == IPC_CROSS)
            cpu = (cpu + 1) % crew->cpus;
        good = good && crew_add(crew, server_body, &setup->server[i], (unsigned)cpu, false);
    }
    for (uint64_t i = 0; i < setup->clients; i++)
        good = good && crew_add(crew, client_body, &setup->client[i], client_cpu(setup, crew, i), true);
    return good;
}

bool ipc_prepare(struct ipc_setup *setup, struct crew *crew)
{
    setup->server = aligned_alloc(64, setup->servers * sizeof *setup->server);
    setup->client = aligned_alloc(64, setup->clients * sizeof *setup->client);
    if (!setup->server || !setup->client)
        return false;
    setup->objects = resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS);
    for (uint64_t i = 0; i < setup->servers; i++) {
        setup->server[i] = (struct ipc_server){0};
        if (!server_prepare(setup, i))
            return false;
    }
    for (uint64_t i = 0; i < setup->clients; i++) {
        setup->client[i] = (struct ipc_client){0};
        if (!client_prepare(setup, i))
            return false;
    }
    return workers_prepare(setup, crew);
}

void ipc_servers_end(struct ipc_setup *setup)
{
    if (setup->mode == IPC_SIGNAL) {
        sluice_signal(setup->server[0].endpoint, IPC_SIGNAL_END);
        return;
    }
    for (uint64_t i = 0; i < setup->servers; i++) {
        struct sluice_message message = {.tag = SLUICE_TAG(IPC_LABEL_END, 0, 0)};
        sluice_call(setup->server[i].endpoint, &message, sluice_deadline_ms(30000));
    }
}

static void sums_judge(const struct ipc_setup *setup, struct crew *crew)
{
    for (uint64_t i = 0; i < setup->clients; i++) {
        const struct ipc_account *sent = &setup->client[i].sent;
        const struct ipc_account *received = &setup->server[ipc_one_server(setup) ? 0 : i].received[i];
        if (sent->count != received->count)
            crew_fail(crew, "a message was lost or came twice");
        else if (sent->sum != received->sum)
            crew_fail(crew, "a message was changed on its way");
    }
}

void ipc_judge(struct ipc_setup *setup, struct crew *crew)
{
    sums_judge(setup, crew);
    for (uint64_t i = 0; i < setup->clients; i++) {
        sluice_slot_drop(setup->client[i].endpoint);
        if (setup->client[i].back && resource_object_end(setup->client[i].back) != 0)
            crew_fail(crew, "a notification can't be destroyed");
    }
    for (uint64_t i = 0; i < setup->servers; i++)
        if (resource_object_end(setup->server[i].endpoint) != 0)
            crew_fail(crew, "an endpoint can't be destroyed");
    for (uint64_t i = 0; i < setup->servers; i++) {
        struct resource_pool *pool = &setup->server[i].pool;
        if (!pool->slot)
            continue;
        if (!resource_settles(pool->slot, RESOURCE_POOL_OBJECTS, 0))
            crew_fail(crew, "an object is left in a pool");
        if (resource_pool_end(pool) != 0)
            crew_fail(crew, "a pool can't be destroyed");
    }
    if (!resource_settles(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS, setup->objects))
        crew_fail(crew, "an object is left in the process's pool");
}
