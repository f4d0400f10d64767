// SPDX-License-Identifier: MIT
/*
 * Clients: the processes whose memory the server manages; their address spaces as lists of extents.
 * Owns: the table of clients, struct extent. A client is found by its process number, which never comes back; its place
 * in the table is used again. Entry points: below, and extent.c's. Context: a worker. Locks: the client's mutex (the
 * functions here take it themselves), inside it objects', workers' and the store's. Tests: tests/user/memory/.
 */
#pragma once
#include "servers/lib/spawn.h"
#include "servers/lib/thread.h"
#include "servers/memory/object.h"
#include "servers/memory/store.h"
#include <stdbool.h>
#include <stdint.h>

#define CLIENTS_MAX 512u
/* Slots of the memory server that root fills. */
#define MEMORY_SLOT_REGION 560u /* .. + 63 */
#define MEMORY_SLOT_ASPACE 640u /* + process number % CLIENTS_MAX */
#define MEMORY_SLOT_FREE (MEMORY_SLOT_ASPACE + CLIENTS_MAX)
#define MEMORY_ROOT 1u /* root's process number */
/* Badges: the process number, and this for the first thread's faults: its end is the process's. */
#define MEMORY_BADGE_FIRST (1ull << 32)
#define MEMORY_CLIENT_REGIONS 1u /* flag: may ask for raw regions; nor do these limits hold for it */
/* What all clients share is limited for each: numbers of pools and of objects; the server's memory for extents. */
#define CLIENT_GRANTS_MAX 8u
#define CLIENT_OBJECTS_MAX 64u
#define CLIENT_EXTENTS_MAX 16384u

struct extent {
    uint64_t address;
    struct object *object;
    uint32_t pages;
    uint32_t offset; /* in the object, in pages */
    uint8_t flags;   /* rights now */
    uint8_t most;    /* rights it may be given */
    uint8_t guard;   /* 1: the first page stays unmapped */
};

/* A region given away, as it is or as a pool. */
struct grant {
    struct grant *next;
    struct store_region region;
    uint64_t pool; /* slot, 0 for a raw region */
    uint32_t number;
};

struct client {
    struct sluice_mutex mutex;
    uint32_t number;  /* atomic: process number; 0: free place. Changed under the mutex */
    uint64_t limit;   /* pages; fixed while the process lives */
    uint64_t charged; /* atomic: pages */
    uint32_t flags;
    /* Guarded by mutex. */
    bool ended; /* root was told that it cannot go on */
    uint32_t extent_count, extent_capacity;
    uint32_t extent_last;   /* index of the one that was asked for last */
    struct extent *extents; /* in order of addresses */
    struct grant *grants;
    uint32_t grant_number, grant_count;
    uint32_t objects_open; /* guarded by the mutex of the objects' table */
    /* Guarded by the mutex of ends. */
    struct sluice_end end;
    struct client *end_next;
} __attribute__((aligned(64)));

static inline uint64_t client_aspace(const struct client *client)
{
    return MEMORY_SLOT_ASPACE + client->number % CLIENTS_MAX;
}

static inline bool client_limited(const struct client *client, uint32_t count, uint32_t most)
{
    return count >= most && !(client->flags & MEMORY_CLIENT_REGIONS);
}

/* Locks the client; NULL when this process is not known (any more). */
struct client *client_lock(uint32_t number);
static inline void client_unlock(struct client *client)
{
    sluice_mutex_unlock(&client->mutex);
}
int64_t client_charge(struct client *client, uint64_t pages);
void client_uncharge(struct client *client, uint64_t pages);
unsigned client_count(void);

int64_t client_add(uint32_t number, uint64_t limit_bytes, unsigned flags);
int64_t client_drop(struct worker *worker, uint32_t number);

/* Mapping, for a locked client: 0 or an error; *address: 0 lets the server choose. */
int64_t client_map_locked(struct worker *worker, struct client *client, uint64_t *address, uint64_t bytes,
                          unsigned flags);
int64_t client_map_object_locked(struct worker *worker, struct client *client, struct object *object,
                                 const struct extent *wish, bool populate, uint64_t *address);
int64_t client_unmap_locked(struct worker *worker, struct client *client, uint64_t address, uint64_t bytes);
int64_t client_protect_locked(struct worker *worker, struct client *client, uint64_t address, uint64_t bytes,
                              unsigned flags);
/* 0: the page is there now. BAD_ADDRESS: no such access is allowed; others: why it could not be given. */
int64_t client_fault_locked(struct worker *worker, struct client *client, uint64_t address, uint64_t error);

/* Pools and regions, for a locked client: > 0 a number, with the slot of the capability to hand out. */
int64_t grant_pool_locked(struct worker *worker, struct client *client, uint64_t bytes, uint64_t name,
                          uint64_t *slot);
int64_t grant_region_locked(struct worker *worker, struct client *client, uint64_t bytes, uint64_t *slot);
int64_t grant_free_locked(struct worker *worker, struct client *client, uint64_t number);
/* All of a client whose threads and space are gone. */
void grant_free_all_locked(struct worker *worker, struct client *client);
