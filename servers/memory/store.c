// SPDX-License-Identifier: MIT
/*
 * The central store.
 * Context: any thread of the server. Locks: store_mutex, a leaf, held across region system calls.
 * Tests: tests/user/memory/.
 *
 * Only whole aligned blocks can be promised as pages; the rest of a piece serves for regions. `unpromised` counts the
 * pages of all blocks, here or in caches, less what was promised: a promise kept that way can always be honoured.
 */
#include "servers/memory/store.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "servers/lib/thread.h"
#include "servers/memory/own.h"
#include <string.h>

#define PIECES_MAX 8192u

struct piece {
    uint64_t slot, first, frames;
};

static struct sluice_mutex store_mutex;
/* Guarded by store_mutex. Free pieces in order of their first frames. */
static struct piece pieces[PIECES_MAX];
static unsigned piece_count;
static uint64_t unpromised, total;
/* Fixed after start. */
static struct block *blocks;
static uint64_t block_first, block_count;

static uint64_t align_up(uint64_t frame)
{
    return (frame + BLOCK_FRAMES - 1) & ~(uint64_t)(BLOCK_FRAMES - 1);
}

/* Pages in whole blocks of a range. */
static uint64_t blocks_inside(uint64_t first, uint64_t frames)
{
    uint64_t start = align_up(first), end = (first + frames) & ~(uint64_t)(BLOCK_FRAMES - 1);

    return end > start ? end - start : 0;
}

static void piece_remove_locked(unsigned index)
{
    memmove(&pieces[index], &pieces[index + 1], (--piece_count - index) * sizeof pieces[0]);
}

static void piece_insert_locked(const struct piece *piece)
{
    unsigned index = piece_count;

    if (piece_count == PIECES_MAX)
        return; /* fragmented beyond reason: this piece is lost, nothing else */
    while (index > 0 && pieces[index - 1].first > piece->first)
        index--;
    memmove(&pieces[index + 1], &pieces[index], (piece_count++ - index) * sizeof pieces[0]);
    pieces[index] = *piece;
}

/* Joins the piece with the one that follows it, where they are neighbours. */
static void piece_join_locked(unsigned index)
{
    struct piece *piece = &pieces[index];

    if (index + 1 >= piece_count || piece->first + piece->frames != piece[1].first)
        return;
    if (sluice_region_merge(piece->slot, piece[1].slot) < 0)
        return;
    sluice_slot_drop(piece[1].slot);
    piece->frames += piece[1].frames;
    piece_remove_locked(index + 1);
}

static void piece_give_locked(const struct piece *piece)
{
    unsigned index = 0;

    piece_insert_locked(piece);
    while (index < piece_count && pieces[index].first != piece->first)
        index++;
    piece_join_locked(index);
    if (index > 0)
        piece_join_locked(index - 1);
}

/* Cuts a piece in two at `frames`; both stay in the table. */
static int64_t piece_cut_locked(unsigned index, uint64_t frames)
{
    struct piece tail = {.slot = sluice_slot_alloc(), .first = pieces[index].first + frames};
    int64_t result;

    tail.frames = pieces[index].frames - frames;
    if (!tail.slot || piece_count == PIECES_MAX)
        return SLUICE_E_LIMIT;
    result = sluice_region_split(pieces[index].slot, frames, tail.slot);
    if (result < 0) {
        sluice_slot_free(tail.slot);
        return result;
    }
    pieces[index].frames = frames;
    piece_insert_locked(&tail);
    return 0;
}

/* Takes [first, first + frames) out of the piece it lies in. */
static int64_t piece_take_locked(unsigned index, uint64_t first, uint64_t frames, struct piece *taken)
{
    int64_t result = 0;

    if (first > pieces[index].first)
        result = piece_cut_locked(index, first - pieces[index].first);
    index += pieces[index].first < first; /* the tail that was cut off follows */
    if (result == 0 && pieces[index].frames > frames)
        result = piece_cut_locked(index, frames);
    if (result < 0)
        return result;
    *taken = pieces[index];
    piece_remove_locked(index);
    return 0;
}

static void regions_read(uint64_t first_slot, unsigned count)
{
    struct sluice_cap_info info;

    for (unsigned i = 0; i < count; i++) {
        if (sluice_cap_info(first_slot + i, &info) < 0 || info.type != SLUICE_TYPE_REGION)
            continue;
        struct piece piece = {.slot = first_slot + i, .first = info.detail[0], .frames = info.detail[1]};
        unpromised += blocks_inside(piece.first, piece.frames);
        piece_insert_locked(&piece);
    }
}

bool store_start(uint64_t first, unsigned count)
{
    struct store_region table;

    regions_read(first, count);
    if (piece_count == 0)
        return false;
    block_first = pieces[0].first / BLOCK_FRAMES;
    block_count =
        (pieces[piece_count - 1].first + pieces[piece_count - 1].frames) / BLOCK_FRAMES + 1 - block_first;
    total = unpromised;
    uint64_t pages = (block_count * sizeof(struct block) + SLUICE_PAGE_BYTES - 1) / SLUICE_PAGE_BYTES;
    if (store_region_take(pages, &table) < 0)
        return false;
    blocks = own_map_region(&table);
    return blocks != NULL;
}

struct block *store_block(uint32_t frame)
{
    return &blocks[frame / BLOCK_FRAMES - block_first];
}

uint32_t store_block_frame(const struct block *block)
{
    return (uint32_t)((uint64_t)(block - blocks) + block_first) * BLOCK_FRAMES;
}

/* Looks at free pieces in order, which are many only where memory is in fragments: once for 512 frames. */
static struct block *block_take_locked(void)
{
    for (unsigned i = 0; i < piece_count; i++) {
        struct piece taken;
        uint64_t first = align_up(pieces[i].first);
        if (blocks_inside(pieces[i].first, pieces[i].frames) == 0)
            continue;
        if (piece_take_locked(i, first, BLOCK_FRAMES, &taken) < 0)
            return NULL;
        struct block *block = store_block((uint32_t)first);
        block->slot = taken.slot;
        return block;
    }
    return NULL;
}

struct block *store_block_take(void)
{
    sluice_mutex_lock(&store_mutex);
    struct block *block = block_take_locked();
    sluice_mutex_unlock(&store_mutex);
    return block;
}

void store_block_give(struct block *block)
{
    struct piece piece = {.slot = block->slot, .first = store_block_frame(block), .frames = BLOCK_FRAMES};

    block->slot = 0;
    sluice_mutex_lock(&store_mutex);
    piece_give_locked(&piece);
    sluice_mutex_unlock(&store_mutex);
}

/* The piece whose end is best cut off: first the one that costs the fewest block pages, then the smallest. */
static int region_choose_locked(uint64_t frames, uint64_t *cost)
{
    int best = -1;

    for (unsigned i = 0; i < piece_count; i++) {
        const struct piece *piece = &pieces[i];
        if (piece->frames < frames)
            continue;
        uint64_t loss =
            blocks_inside(piece->first, piece->frames) - blocks_inside(piece->first, piece->frames - frames);
        if (loss > unpromised ||
            (best >= 0 && (loss > *cost || (loss == *cost && piece->frames >= pieces[best].frames))))
            continue;
        best = (int)i;
        *cost = loss;
    }
    return best;
}

int64_t store_region_take(uint64_t frames, struct store_region *region)
{
    struct piece taken = {0};
    uint64_t cost = 0;
    int64_t result = SLUICE_E_NO_MEMORY;

    sluice_mutex_lock(&store_mutex);
    int index = frames ? region_choose_locked(frames, &cost) : -1;
    if (index >= 0)
        result = piece_take_locked((unsigned)index, pieces[index].first + pieces[index].frames - frames,
                                   frames, &taken);
    if (result == 0)
        unpromised -= cost;
    sluice_mutex_unlock(&store_mutex);
    *region = (struct store_region){.slot = taken.slot, .first = taken.first, .frames = taken.frames};
    return result;
}

/* Block pages of the free pieces: what a returned region adds to them may be promised again. */
static uint64_t blocks_free_locked(void)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < piece_count; i++)
        pages += blocks_inside(pieces[i].first, pieces[i].frames);
    return pages;
}

void store_region_give(const struct store_region *region)
{
    struct piece piece = {.slot = region->slot, .first = region->first, .frames = region->frames};

    sluice_mutex_lock(&store_mutex);
    uint64_t before = blocks_free_locked();
    piece_give_locked(&piece);
    unpromised += blocks_free_locked() - before;
    sluice_mutex_unlock(&store_mutex);
}

bool store_promise(uint64_t pages)
{
    sluice_mutex_lock(&store_mutex);
    bool good = pages <= unpromised;
    if (good)
        unpromised -= pages;
    sluice_mutex_unlock(&store_mutex);
    return good;
}

void store_promise_end(uint64_t pages)
{
    sluice_mutex_lock(&store_mutex);
    unpromised += pages;
    sluice_mutex_unlock(&store_mutex);
}

uint64_t store_pages_total(void)
{
    return total;
}

uint64_t store_pages_unpromised(void)
{
    sluice_mutex_lock(&store_mutex);
    uint64_t pages = unpromised;
    sluice_mutex_unlock(&store_mutex);
    return pages;
}
