// SPDX-License-Identifier: MIT
/*
 * Memory objects: so many pages, each with a frame once somebody touched it. Anonymous memory is an object that only
 * one extent, or the pieces it was cut into, maps; a shared one has a number and may be mapped by several clients.
 * Owns: struct object, the table of numbers. Entry points: below. Context: a worker. Locks: the object's mutex around
 * its frames, inside the client's; table mutex, a leaf. Tests: tests/user/memory/.
 */
#pragma once
#include "servers/lib/thread.h"
#include "servers/memory/cache.h"
#include <stdbool.h>
#include <stdint.h>

#define OBJECT_GRANTS 8u

struct client;

struct object_grant {
    uint32_t client; /* process number; 0: unused */
    uint32_t flags;
};

struct object {
    /* Guarded by mutex. */
    struct sluice_mutex mutex;
    uint32_t references; /* atomic: extents, and 1 while its number is open */
    uint64_t populated;
    uint64_t promised; /* pages still promised for it; at the end they are given back */
    /* Fixed after init. */
    uint64_t pages;
    struct client *owner;  /* is charged for it, */
    uint32_t owner_number; /* as long as it is this process */
    uint32_t number;       /* 0: private */
    uint32_t flags;        /* the most that a mapping may have */
    /* Guarded by the table mutex. */
    struct object_grant grant[OBJECT_GRANTS];
    /* Guarded by mutex: 0 or the page's frame. */
    uint32_t frames[];
};

/* Charges the owner and takes the promise: 0, LIMIT or NO_MEMORY. The caller has the only reference. */
int64_t object_create(struct worker *worker, struct client *owner, uint64_t pages, unsigned flags,
                      struct object **object);
void object_reference(struct object *object);
/* The last one frees every frame: no page table names them any more. */
void object_release(struct worker *worker, struct object *object);
/* Private objects: these pages are unmapped and never needed again. */
void object_trim(struct worker *worker, struct object *object, uint64_t first, uint64_t pages);

/* Shared objects. object_open gives it a number: > 0, or LIMIT. */
int64_t object_open(struct object *object);
/* With a new reference; NULL unless this process may use it; *flags is what it may map. */
struct object *object_find(uint64_t number, uint32_t process, unsigned *flags);
/* Only its owner: NOT_FOUND, LIMIT. */
int64_t object_share(uint64_t number, uint32_t owner, uint32_t process, unsigned flags);
int64_t object_close(struct worker *worker, uint64_t number, uint32_t owner);
/* The owner ended. */
void object_close_all(struct worker *worker, const struct client *owner);
