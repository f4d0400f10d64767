// SPDX-License-Identifier: MIT
/*
 * Frame caches of the workers.
 * Context: any thread of the server. Locks: a worker's mutex, one at a time; inside it the store's.
 * Tests: tests/user/memory/.
 */
#include "servers/memory/cache.h"
#include <stddef.h>

#define WORKERS_MAX 256u
#define CREDIT_STEP 512u
#define CREDIT_MAX 2048u

static struct worker workers[WORKERS_MAX];
static unsigned workers_used;

void workers_start(unsigned count)
{
    workers_used = count;
    for (unsigned i = 0; i < count; i++)
        workers[i].index = i;
}

unsigned worker_count(void)
{
    return workers_used;
}

struct worker *worker_by_index(unsigned index)
{
    return &workers[index];
}

static bool credit_take(struct worker *worker, uint64_t pages)
{
    sluice_mutex_lock(&worker->mutex);
    bool good = worker->credit >= pages;
    if (good)
        worker->credit -= pages;
    sluice_mutex_unlock(&worker->mutex);
    return good;
}

static void credit_add(struct worker *worker, uint64_t pages)
{
    sluice_mutex_lock(&worker->mutex);
    worker->credit += pages;
    sluice_mutex_unlock(&worker->mutex);
}

/* The store has too little: what other workers hold back goes to the store, for one more try. */
static void credit_collect(void)
{
    for (unsigned i = 0; i < workers_used; i++) {
        sluice_mutex_lock(&workers[i].mutex);
        uint64_t pages = workers[i].credit;
        workers[i].credit = 0;
        sluice_mutex_unlock(&workers[i].mutex);
        if (pages)
            store_promise_end(pages);
    }
}

bool cache_promise(struct worker *worker, uint64_t pages)
{
    if (credit_take(worker, pages))
        return true;
    if (pages < CREDIT_STEP && store_promise(CREDIT_STEP)) {
        credit_add(worker, CREDIT_STEP - pages);
        return true;
    }
    if (store_promise(pages))
        return true;
    credit_collect();
    return store_promise(pages);
}

void cache_promise_end(struct worker *worker, uint64_t pages)
{
    uint64_t surplus = 0;

    sluice_mutex_lock(&worker->mutex);
    worker->credit += pages;
    if (worker->credit > CREDIT_MAX) {
        surplus = worker->credit - CREDIT_STEP;
        worker->credit = CREDIT_STEP;
    }
    sluice_mutex_unlock(&worker->mutex);
    if (surplus)
        store_promise_end(surplus);
}

static void block_list_locked(struct worker *worker, struct block *block)
{
    block->previous = NULL;
    block->next = worker->partial;
    if (block->next)
        block->next->previous = block;
    worker->partial = block;
    block->listed = true;
}

static void block_unlist_locked(struct worker *worker, struct block *block)
{
    if (block->next)
        block->next->previous = block->previous;
    if (block->previous)
        block->previous->next = block->next;
    else
        worker->partial = block->next;
    block->listed = false;
}

/* The number, in the block, of the first free frame; there is one. */
static uint32_t block_first_free_locked(struct block *block)
{
    while (block->free[block->free_word] == 0)
        block->free_word++;
    return block->free_word * 64 + (uint32_t)__builtin_ctzll(block->free[block->free_word]);
}

static void block_taken_locked(struct worker *worker, struct block *block, uint32_t frames)
{
    block->free_count -= frames;
    worker->frames += frames;
    if (block->free_count == 0)
        block_unlist_locked(worker, block);
}

/* The first free frames of the block that lie side by side. */
static uint32_t block_take_run_locked(struct worker *worker, struct block *block, uint32_t want,
                                      uint32_t *frame)
{
    uint32_t first = block_first_free_locked(block), run = 0;

    while (run < want && first + run < BLOCK_FRAMES) {
        uint32_t at = first + run;
        if (!(block->free[at / 64] >> at % 64 & 1))
            break;
        block->free[at / 64] &= ~(1ull << at % 64);
        run++;
    }
    block_taken_locked(worker, block, run);
    *frame = block->first_frame + first;
    return run;
}

static void block_adopt_locked(struct worker *worker, struct block *block)
{
    for (unsigned i = 0; i < 8; i++)
        block->free[i] = UINT64_MAX;
    block->free_count = BLOCK_FRAMES;
    block->free_word = 0;
    block->first_frame = store_block_frame(block);
    block->worker = worker->index;
    block_list_locked(worker, block);
}

/* `fetch`: a block of the store may be taken when the worker has none. */
static uint32_t worker_take_run(struct worker *worker, bool fetch, uint32_t want, uint32_t *frame)
{
    uint32_t run = 0;

    sluice_mutex_lock(&worker->mutex);
    if (!worker->partial && fetch) {
        struct block *block = store_block_take();
        if (block)
            block_adopt_locked(worker, block);
    }
    if (worker->partial)
        run = block_take_run_locked(worker, worker->partial, want, frame);
    sluice_mutex_unlock(&worker->mutex);
    return run;
}

struct block *cache_take_page(struct worker *worker, uint32_t *frame)
{
    sluice_mutex_lock(&worker->mutex);
    struct block *block = worker->partial;
    if (block) {
        uint32_t first = block_first_free_locked(block);
        block->free[first / 64] &= block->free[first / 64] - 1;
        block_taken_locked(worker, block, 1);
        *frame = block->first_frame + first;
    }
    sluice_mutex_unlock(&worker->mutex);
    return block;
}

/* Other workers are asked, one after the other, only when the machine has no free block left. */
uint32_t cache_take_run(struct worker *worker, uint32_t want, uint32_t *frame)
{
    uint32_t run = worker_take_run(worker, true, want, frame);

    for (unsigned i = 0; run == 0 && i < workers_used; i++)
        run = worker_take_run(&workers[i], false, want, frame);
    return run;
}

void cache_give(uint32_t frame)
{
    struct block *block = store_block(frame);
    struct worker *worker = &workers[block->worker];
    bool whole;

    sluice_mutex_lock(&worker->mutex);
    block->free[frame / 64 % 8] |= 1ull << frame % 64;
    if (frame / 64 % 8 < block->free_word)
        block->free_word = frame / 64 % 8;
    block->free_count++;
    worker->frames--;
    if (!block->listed)
        block_list_locked(worker, block);
    whole = block->free_count == BLOCK_FRAMES && (block->next || block->previous);
    if (whole)
        block_unlist_locked(worker, block);
    sluice_mutex_unlock(&worker->mutex);
    if (whole)
        store_block_give(block);
}
