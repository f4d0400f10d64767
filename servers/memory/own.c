// SPDX-License-Identifier: MIT
/*
 * The server's own memory.
 * Context: see own.h. Locks: own_mutex around the addresses, spare_mutex around spare nodes. Tests: tests/user/memory/.
 */
#include "servers/memory/own.h"
#include "servers/lib/process.h"
#include "servers/lib/runtime_internal.h"
#include "servers/lib/sluice.h"
#include "servers/memory/cache.h"
#include <string.h>

#define OWN_ADDRESS 0x0000200000000000ull
#define NODE_SHIFT_MIN 5u
#define NODE_CHUNK_PAGES 16u
#define NODES_KEPT 64u /* of one class, small ones, by a worker */

static struct sluice_mutex own_mutex;
static uint64_t own_next = OWN_ADDRESS; /* guarded by own_mutex */

static uint64_t own_range(uint64_t pages)
{
    sluice_mutex_lock(&own_mutex);
    uint64_t address = own_next;
    own_next += (pages + 1) * SLUICE_PAGE_BYTES; /* a hole after each */
    sluice_mutex_unlock(&own_mutex);
    return address;
}

void *own_map_region(const struct store_region *region)
{
    uint64_t address = own_range(region->frames), done = 0;

    while (done < region->frames) {
        uint64_t pages =
            region->frames - done < SLUICE_MAP_PAGES_MAX ? region->frames - done : SLUICE_MAP_PAGES_MAX;
        if (sluice_aspace_map(SLUICE_SLOT_ASPACE, region->slot, done, address + done * SLUICE_PAGE_BYTES,
                              pages, SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_ZERO, NULL) < 0)
            return NULL;
        done += pages;
    }
    return (void *)address;
}

/* Pages at an address nobody uses. What was mapped before a failure stays, for ever: the machine is out of memory. */
static int64_t own_map_at(uint64_t address, uint64_t pages)
{
    struct worker *worker = worker_by_index(0);
    int64_t result = cache_promise(worker, pages) ? 0 : SLUICE_E_NO_MEMORY;

    while (result >= 0 && pages > 0) {
        uint32_t frame;
        uint32_t run = cache_take_run(worker, pages < BLOCK_FRAMES ? (uint32_t)pages : BLOCK_FRAMES, &frame);
        if (run == 0)
            return SLUICE_E_NO_MEMORY;
        result = sluice_aspace_map(SLUICE_SLOT_ASPACE, store_block(frame)->slot, frame % BLOCK_FRAMES,
                                   address, run, SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_ZERO, NULL);
        address += run * (uint64_t)SLUICE_PAGE_BYTES;
        pages -= run;
    }
    return result;
}

void *own_map_pages(uint64_t pages)
{
    uint64_t address = own_range(pages);

    return own_map_at(address, pages) < 0 ? NULL : (void *)address;
}

int64_t runtime_heap_map(uint64_t address, uint64_t bytes)
{
    return own_map_at(address, bytes / SLUICE_PAGE_BYTES);
}

void *runtime_stack_map(uint64_t bytes)
{
    return own_map_pages(bytes / SLUICE_PAGE_BYTES); /* the hole before it belongs to the range before */
}

/* The server's threads never end. */
void runtime_stack_unmap(void *stack, uint64_t bytes)
{
    (void)stack, (void)bytes;
}

uint64_t runtime_fault_slot(unsigned cpu)
{
    (void)cpu;
    return SLUICE_SLOT_WATCH;
}

static unsigned node_class(size_t bytes)
{
    unsigned shift = NODE_SHIFT_MIN;

    while ((1ull << shift) < bytes)
        shift++;
    return shift - NODE_SHIFT_MIN;
}

/* Nodes go where they are freed, which need not be where they are needed next: what a worker has too many of, others
 * find here. */
static struct sluice_mutex spare_mutex;
static struct node *spare[NODE_CLASSES]; /* guarded by spare_mutex */

static void nodes_spare(struct worker *worker, unsigned class)
{
    struct node *first = worker->nodes[class], *last = first;

    while (last->next)
        last = last->next;
    worker->nodes[class] = NULL;
    worker->node_count[class] = 0;
    sluice_mutex_lock(&spare_mutex);
    last->next = spare[class];
    spare[class] = first;
    sluice_mutex_unlock(&spare_mutex);
}

static void node_push(struct worker *worker, unsigned class, struct node *node)
{
    node->next = worker->nodes[class];
    worker->nodes[class] = node;
    worker->node_count[class]++;
}

static void nodes_fetch(struct worker *worker, unsigned class)
{
    sluice_mutex_lock(&spare_mutex);
    for (unsigned i = 0; i < NODES_KEPT / 2 && spare[class]; i++) {
        struct node *node = spare[class];
        spare[class] = node->next;
        node_push(worker, class, node);
    }
    sluice_mutex_unlock(&spare_mutex);
}

/* New nodes of a class: a chunk's worth, or one that is larger than a chunk. */
static void nodes_make(struct worker *worker, unsigned class)
{
    size_t bytes = 1ull << (class + NODE_SHIFT_MIN), chunk = NODE_CHUNK_PAGES * SLUICE_PAGE_BYTES;
    uint8_t *memory;

    if (chunk < bytes)
        chunk = bytes;
    memory = own_map_pages(chunk / SLUICE_PAGE_BYTES);
    for (size_t offset = 0; memory && offset + bytes <= chunk; offset += bytes)
        node_push(worker, class, (struct node *)(memory + offset));
}

void *node_alloc(struct worker *worker, size_t bytes)
{
    unsigned class = node_class(bytes);
    struct node *node;

    if (class >= NODE_CLASSES)
        return NULL;
    if (!worker->nodes[class])
        nodes_fetch(worker, class);
    if (!worker->nodes[class])
        nodes_make(worker, class);
    node = worker->nodes[class];
    if (node) {
        worker->nodes[class] = node->next;
        worker->node_count[class]--;
        memset(node, 0, bytes);
    }
    return node;
}

void node_free(struct worker *worker, void *node, size_t bytes)
{
    unsigned class = node_class(bytes);

    if (!node)
        return;
    node_push(worker, class, node);
    if (worker->node_count[class] > (bytes < SLUICE_PAGE_BYTES ? NODES_KEPT : 0))
        nodes_spare(worker, class);
}
