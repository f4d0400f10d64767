// SPDX-License-Identifier: MIT
/*
 * Mode `share`: the directory, which knows for each line of memory which vCPUs have a copy (MESI, without its E).
 * Owns: the lines and what touched them. Entry points: share.h. Context: vCPU threads. Locks: one for each bucket.
 * Tests: tests/sim/share.t.
 *
 *   access   by a vCPU that has it       does not, another has it modified   does not, others have it clean or nobody
 *   load     -                           transfer from the owner: both have  - (memory gives it: no other cache works)
 *                                        it clean
 *   store    the owner: -                transfer: it has it modified,       transfer if others have it, else -;
 *            clean, others too: transfer the others nothing                  it has it modified, the others nothing
 *            clean, alone: -
 */
#include "stress/sim/share.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384u
#define CHUNK_BYTES 1048576u

static struct bucket {
    pthread_mutex_t lock;
    struct share_line *lines;
} buckets[BUCKETS];
static unsigned opening = 1;

/* Lines and touches come from chunks that share_lines_clear() uses again. Guarded by chunk_lock. */
static pthread_mutex_t chunk_lock = PTHREAD_MUTEX_INITIALIZER;
static struct chunk {
    struct chunk *next;
    char bytes[CHUNK_BYTES];
} * chunks, *chunk_now;
static size_t chunk_used;

/* The vCPU's access before this one, if it was a load that moved a line. One writer: the vCPU's thread. */
static struct last_load {
    const struct share_code *code;
    uint64_t line;
} last_load[SIM_VCPUS_MAX];

static struct chunk *chunk_make(void)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    if (!chunk)
        abort();
    chunk->next = NULL;
    return chunk;
}

static void *chunk_take(size_t bytes)
{
    pthread_mutex_lock(&chunk_lock);
    if (!chunk_now) {
        chunks = chunk_now = chunk_make();
        chunk_used = 0;
    } else if (chunk_used + bytes > CHUNK_BYTES) {
        if (!chunk_now->next)
            chunk_now->next = chunk_make();
        chunk_now = chunk_now->next;
        chunk_used = 0;
    }
    void *taken = chunk_now->bytes + chunk_used;
    chunk_used += bytes;
    pthread_mutex_unlock(&chunk_lock);
    return memset(taken, 0, bytes);
}

void share_lines_init(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        pthread_mutex_init(&buckets[i].lock, NULL);
}

static struct bucket *bucket_of(uint64_t number)
{
    return &buckets[(number * 0x9e3779b97f4a7c15ull >> 40) % BUCKETS];
}

static struct share_line *line_find_locked(struct bucket *bucket, uint64_t number)
{
    struct share_line *line = bucket->lines;
    while (line && line->number != number)
        line = line->next;
    if (!line) {
        line = chunk_take(sizeof *line);
        line->number = number;
        line->next = bucket->lines;
        bucket->lines = line;
    }
    if (line->opening != opening) {
        line->opening = opening;
        line->owner = line->writer = SHARE_NOBODY;
        line->sharers = (struct share_set){{0}};
    }
    return line;
}

/* The last writer, if it still has a copy, else the lowest of the others that have one. */
static int other_sharer(const struct share_line *line, unsigned vcpu)
{
    if (line->writer != SHARE_NOBODY && (unsigned)line->writer != vcpu &&
        share_set_has(&line->sharers, (unsigned)line->writer))
        return line->writer;
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (i != vcpu && share_set_has(&line->sharers, i))
            return (int)i;
    return SHARE_NOBODY;
}

static int line_load(struct share_line *line, unsigned vcpu)
{
    if (share_set_has(&line->sharers, vcpu))
        return SHARE_NOBODY;
    int from = line->owner;
    line->owner = SHARE_NOBODY;
    share_set_add(&line->sharers, vcpu);
    return from;
}

static int line_store(struct share_line *line, unsigned vcpu)
{
    if (line->owner == (int)vcpu)
        return SHARE_NOBODY;
    int from = other_sharer(line, vcpu);
    line->sharers = (struct share_set){{0}};
    share_set_add(&line->sharers, vcpu);
    line->owner = line->writer = (int)vcpu;
    return from;
}

/* An instruction that loads and stores one line (INC, LOCK CMPXCHG) comes as two accesses where QEMU does not need the
 * operation to be atomic; it moves the line once. */
static int line_move(struct share_line *line, const struct share_access *access)
{
    struct last_load *last = &last_load[access->vcpu];
    int from;
    if (access->store) {
        bool moved = last->code == access->code && last->line == line->number;
        from = line_store(line, access->vcpu);
        last->code = NULL;
        return moved ? SHARE_NOBODY : from;
    }
    from = line_load(line, access->vcpu);
    *last = (struct last_load){from == SHARE_NOBODY ? NULL : access->code, line->number};
    return from;
}

static void line_touch(struct share_line *line, const struct share_access *access, bool transfer)
{
    struct share_touch *touch = line->touches;
    while (touch && (touch->code != access->code || touch->vcpu != access->vcpu))
        touch = touch->next;
    if (!touch) {
        touch = chunk_take(sizeof *touch);
        touch->code = access->code;
        touch->vcpu = access->vcpu;
        touch->next = line->touches;
        line->touches = touch;
    }
    touch->loads += !access->store;
    touch->stores += access->store;
    touch->transfers += transfer;
    uint64_t mask = access->bytes < 64 ? (1ull << access->bytes) - 1 : ~0ull;
    touch->mask |= mask << (access->physical & ((1u << SIM_LINE_SHIFT) - 1));
}

int share_line_access(const struct share_access *access, bool count, bool every)
{
    uint64_t number = access->physical >> SIM_LINE_SHIFT;
    struct bucket *bucket = bucket_of(number);
    pthread_mutex_lock(&bucket->lock);
    struct share_line *line = line_find_locked(bucket, number);
    int from = line_move(line, access);
    bool transfer = from != SHARE_NOBODY && count;
    line->address = access->address;
    share_set_add(access->store ? &line->writers : &line->readers, access->vcpu);
    line->transfers += transfer;
    if (every || transfer)
        line_touch(line, access, transfer);
    pthread_mutex_unlock(&bucket->lock);
    return from;
}

void share_lines_forget_state(void)
{
    opening++;
}

void share_lines_clear(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        buckets[i].lines = NULL;
    chunk_now = chunks;
    chunk_used = 0;
}

struct share_line **share_lines_all(unsigned *count)
{
    *count = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (const struct share_line *line = buckets[i].lines; line; line = line->next)
            (*count)++;
    struct share_line **all = calloc(*count + 1u, sizeof(struct share_line *));
    if (!all)
        abort();
    unsigned place = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct share_line *line = buckets[i].lines; line; line = line->next)
            all[place++] = line;
    return all;
}
