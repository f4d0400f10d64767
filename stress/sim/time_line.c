// SPDX-License-Identifier: MIT
/*
 * The cache lines of mode `time`: who has a copy, who may write, until when the line is busy.
 * Owns: the directory, one entry for each line that was touched in a region; each vCPU's tags, which answer most
 * accesses without a lock. Entry point: time_line_access. Context: vCPU threads, after the access.
 * Locks: time_lock around the directory and every write of a tag. Tests: tests/sim/time.t.
 *
 * MESI without capacity: a copy is lost only when another vCPU writes. A line that nobody else has costs nothing. To read
 * one that another vCPU wrote, or that others read, and to write one that others have, takes a transfer; transfers of
 * one line go one after the other.
 */
#include "stress/sim/time.h"
#include <stdlib.h>

#define TAGS 16384u /* for each vCPU, direct mapped: a miss only asks the directory again */
#define TAG(line, writable) ((line) << 2 | (writable) << 1 | 1u)
#define SETS (SIM_VCPUS_MAX / 64u)
#define NOBODY 0xffffffffu

struct line {
    uint64_t number;
    uint64_t busy_until;
    uint64_t sharers[SETS];
    uint32_t owner; /* the only one that has a copy and may write it; NOBODY: sharers read */
    bool used;
};

/* Guarded by time_lock. */
static struct line *lines;
static uint64_t lines_size, lines_used; /* a power of two; at most half are used */
/* Atomic: under time_lock all write, the vCPU's thread reads without. */
static uint64_t *tags[SIM_VCPUS_MAX];

bool time_line_init(void)
{
    lines_size = 1u << 16;
    lines = calloc(lines_size, sizeof *lines);
    for (unsigned i = 0; i < sim_vcpus; i++) {
        tags[i] = calloc(TAGS, sizeof **tags);
        if (!tags[i])
            return false;
    }
    return lines != NULL;
}

static struct line *line_place(struct line *table, uint64_t size, uint64_t number)
{
    uint64_t at =
        number * 0x9e3779b97f4a7c15ull >> 20 & (size - 1); /* Fibonacci hashing (Knuth, vol. 3, 6.4) */
    while (table[at].used && table[at].number != number)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static void lines_grow(void)
{
    struct line *grown = calloc(lines_size * 2, sizeof *grown);
    if (!grown)
        abort();
    for (uint64_t i = 0; i < lines_size; i++)
        if (lines[i].used)
            *line_place(grown, lines_size * 2, lines[i].number) = lines[i];
    free(lines);
    lines = grown;
    lines_size *= 2;
}

/* Valid until the next call. A line that nobody touched yet belongs to who asks. */
static struct line *line_find(unsigned vcpu, uint64_t number)
{
    struct line *line = line_place(lines, lines_size, number);
    if (line->used)
        return line;
    if (++lines_used > lines_size / 2) {
        lines_grow();
        line = line_place(lines, lines_size, number);
    }
    *line = (struct line){.number = number, .owner = vcpu, .used = true};
    line->sharers[vcpu / 64] = 1ull << vcpu % 64;
    return line;
}

static bool line_has(const struct line *line, unsigned vcpu)
{
    return line->sharers[vcpu / 64] >> vcpu % 64 & 1;
}

static bool line_alone(const struct line *line, unsigned vcpu)
{
    for (unsigned i = 0; i < SETS; i++)
        if (line->sharers[i] != (i == vcpu / 64 ? 1ull << vcpu % 64 : 0))
            return false;
    return true;
}

static bool line_moves(const struct line *line, unsigned vcpu, bool store)
{
    return !line_has(line, vcpu) || (store && !line_alone(line, vcpu));
}

static void tag_drop(unsigned vcpu, uint64_t number)
{
    uint64_t *tag = &tags[vcpu][number % TAGS];
    if (*tag >> 2 == number)
        atomic_store_relaxed(tag, 0ull);
}

/* Others lose their copies (a store) or the right to write without asking (a load). */
static void line_take(struct line *line, unsigned vcpu, bool store)
{
    for (unsigned i = 0; i < SETS; i++)
        for (uint64_t left = line->sharers[i]; left; left &= left - 1) {
            unsigned other = i * 64 + (unsigned)__builtin_ctzll(left);
            if (other != vcpu && (store || line->owner == other))
                tag_drop(other, line->number);
        }
    if (store)
        for (unsigned i = 0; i < SETS; i++)
            line->sharers[i] = 0;
    line->sharers[vcpu / 64] |= 1ull << vcpu % 64;
    line->owner = line_alone(line, vcpu) ? vcpu : NOBODY;
}

/* The line is fetched when all before have got it. */
static void line_charge_locked(uint64_t number, unsigned vcpu, bool store)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    struct line *line = line_find(vcpu, number);
    uint64_t queued = line->busy_until > self->now ? line->busy_until - self->now : 0;
    line->busy_until = self->now + queued + time_parameters.transfer;
    counter_add(&self->count.transfers, 1);
    counter_add(&self->count.queued, queued);
    line_take(line, vcpu, store);
    time_clock_charge_locked(vcpu, queued + time_parameters.transfer);
}

static bool line_miss(unsigned vcpu, uint64_t number, bool store)
{
    time_enter();
    bool moves = line_moves(line_find(vcpu, number), vcpu, store);
    if (moves) {
        time_clock_turn_locked(vcpu);
        moves = line_moves(line_find(vcpu, number), vcpu, store);
    }
    if (moves)
        line_charge_locked(number, vcpu, store);
    const struct line *line = line_find(vcpu, number); /* it may have been taken from us while we waited */
    if (line_has(line, vcpu))
        atomic_store_relaxed(&tags[vcpu][number % TAGS], TAG(number, line->owner == vcpu));
    time_leave();
    return moves;
}

bool time_line_access(unsigned vcpu, uint64_t number, bool store)
{
    uint64_t tag = atomic_load_relaxed(&tags[vcpu][number % TAGS]);
    if (tag == TAG(number, 1u) || (!store && tag == TAG(number, 0u)))
        return false;
    return line_miss(vcpu, number, store);
}
