// SPDX-License-Identifier: MIT
/*
 * The memory server's interface: client functions, and the messages they send.
 * Entry points: below; each asks the worker of the calling thread's processor. They return 0 (or what they say), or
 * minus an error; an error changed nothing. Addresses and sizes are multiples of 4 KiB.
 * Errors: NO_MEMORY (the machine has none left, or the pool of the asker's space is full), LIMIT (the asker's limit),
 * BAD_ARGUMENT, EXISTS (the range is used), NOT_FOUND. Context: any thread. Locks: none. Tests: tests/user/memory/.
 */
#pragma once
#include "kernel/abi/object.h"
#include "servers/lib/sluice.h"
#include <stdint.h>

/* Flags beside enum sluice_map_flag (READ, WRITE, EXECUTE). */
#define SLUICE_MEMORY_POPULATE 16u /* frames now, not at the first touch */
#define SLUICE_MEMORY_STACK 32u    /* the first page stays unmapped for ever, to catch overflows */

/* Anonymous memory, zero, given at the first touch. address 0: the server chooses; *where may be NULL. */
int64_t sluice_memory_map(uint64_t address, uint64_t bytes, unsigned flags, void **where);
/* Any range: what is mapped in it goes; returns when no processor can reach it. */
int64_t sluice_memory_unmap(const void *address, uint64_t bytes);
/* The whole range must be mapped: READ, WRITE, EXECUTE, not both of the last two. */
int64_t sluice_memory_protect(const void *address, uint64_t bytes, unsigned flags);

/* Shared objects: the maker may map it and let other processes map it with at most `flags`. Its frames go when the
 * maker closed it (or ended) and nobody maps it any more. */
int64_t sluice_memory_object_create(uint64_t bytes, unsigned flags); /* > 0: its number */
int64_t sluice_memory_object_share(uint64_t object, uint32_t process, unsigned flags);
int64_t sluice_memory_object_map(uint64_t object, uint64_t offset, uint64_t address, uint64_t bytes,
                                 unsigned flags, void **where);
int64_t sluice_memory_object_close(uint64_t object);

/* A pool of the process's own, for kernel objects, counted against its limit; gone with the process.
 * > 0: a number for pool_free, which destroys the pool and everything in it, and empties the slot. */
int64_t sluice_memory_pool_alloc(uint64_t bytes, const char *name, uint64_t slot);
int64_t sluice_memory_pool_free(uint64_t number, uint64_t slot);
/* A region to map or to make a pool of. region_free when nothing maps it and no pool uses it, else BUSY; parts that were
 * split off must have been merged again. Only for processes spawned with SLUICE_SPAWN_REGIONS (NOT_ALLOWED). */
int64_t sluice_memory_region_alloc(uint64_t bytes, uint64_t slot);
int64_t sluice_memory_region_free(uint64_t number);

struct sluice_memory_stats {
    uint64_t pages_total;     /* of the machine, for user level */
    uint64_t pages_free;      /* neither reserved by anybody nor given as a region */
    uint64_t frames_mapped;   /* populated by somebody */
    uint64_t client_limit;    /* pages the asker may have */
    uint64_t client_reserved; /* pages of the asker: anonymous memory, objects, regions */
    uint64_t client_frames;   /* of them, those populated */
    uint64_t faults;          /* answered, all workers */
    uint64_t clients;
};
int64_t sluice_memory_stats(struct sluice_memory_stats *stats);

/* Labels of messages to the memory server. The reply's word 0 is the result, word 1 a second one. */
enum sluice_memory_label {
    SLUICE_MEMORY_MAP = 1,       /* w0 address, w1 bytes, w2 flags -> w1 address */
    SLUICE_MEMORY_UNMAP,         /* w0 address, w1 bytes */
    SLUICE_MEMORY_PROTECT,       /* w0 address, w1 bytes, w2 flags */
    SLUICE_MEMORY_OBJECT_CREATE, /* w0 bytes, w1 flags -> w0 number */
    SLUICE_MEMORY_OBJECT_SHARE,  /* w0 number, w1 process, w2 flags */
    SLUICE_MEMORY_OBJECT_MAP,    /* w0 number, w1 offset, w2 address, w4 bytes, w5 flags -> w1 address */
    SLUICE_MEMORY_OBJECT_CLOSE,  /* w0 number */
    SLUICE_MEMORY_POOL_ALLOC,    /* w0 bytes, w1 name -> w0 number, one capability */
    SLUICE_MEMORY_POOL_FREE,     /* w0 number */
    SLUICE_MEMORY_REGION_ALLOC,  /* w0 bytes -> w0 number, one capability */
    SLUICE_MEMORY_REGION_FREE,   /* w0 number */
    SLUICE_MEMORY_STATS,         /* long reply: struct sluice_memory_stats */
    /* From root only. */
    SLUICE_MEMORY_CLIENT_ADD, /* w0 process, w1 limit in bytes, w2 flags; its space lies in the slot for it */
    SLUICE_MEMORY_CLIENT_DROP,   /* w0 process: its space is gone; everything it had goes */
    SLUICE_MEMORY_CLIENT_MAP,    /* w0 process, w1 address, w2 bytes, w4 flags: anonymous memory for it */
    SLUICE_MEMORY_CLIENT_OBJECT, /* w0 process, w1 number, w2 offset, w3 address, w4 bytes, w5 flags: for it */
    SLUICE_MEMORY_END_WAIT,      /* -> struct sluice_end in words 0..4: the next process that cannot go on */
};
