// SPDX-License-Identifier: MIT
/*
 * Workers and their frame caches: one for each CPU, and one for the thread that serves root.
 * Owns: struct worker. A frame is given back to the block it came from, wherever it was used; a block whose frames are
 * all free goes back to the store when the worker has another. Entry points: below. Context: any thread of the server;
 * `nodes` the worker's own thread only. Locks: the worker's mutex, one at a time; inside it the store's.
 * Tests: tests/user/memory/.
 */
#pragma once
#include "servers/lib/thread.h"
#include "servers/memory/store.h"
#include <stdint.h>

#define NODE_CLASSES 24u

struct node {
    struct node *next;
};

struct worker {
    /* Guarded by mutex. */
    struct sluice_mutex mutex;
    struct block *partial; /* blocks with free frames */
    uint64_t credit;       /* pages promised to this worker by the store and by it to nobody yet */
    uint64_t frames;       /* of its blocks, in use */
    /* Its own thread only; `faults` is read by others. */
    struct node *nodes[NODE_CLASSES];
    uint32_t node_count[NODE_CLASSES];
    uint64_t faults;
    uint32_t index;
    struct sluice_thread *thread;
} __attribute__((aligned(64)));

/* Number of workers, that of the control thread (the last one) included; fixed after start. */
void workers_start(unsigned count);
unsigned worker_count(void);
struct worker *worker_by_index(unsigned index);

/* Promises pages to a client: what is promised can be taken frame by frame, at any worker. */
bool cache_promise(struct worker *worker, uint64_t pages);
void cache_promise_end(struct worker *worker, uint64_t pages);
/* At most `want` frames side by side in one block; the first's number. 0: none anywhere. */
uint32_t cache_take_run(struct worker *worker, uint32_t want, uint32_t *frame);
/* One frame that the worker has: the block it lies in; NULL: it has none, and cache_take_run finds one elsewhere. */
struct block *cache_take_page(struct worker *worker, uint32_t *frame);
/* No TLB and no page table names it any more. */
void cache_give(uint32_t frame);
