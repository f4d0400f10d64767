// SPDX-License-Identifier: MIT
/*
 * The parts of stress/map: what is set up, the bodies of the workers, the oracle.
 * Owns: struct map_setup. Context: see each. Locks: none. Tests: tests/user/stress.t.
 */
#pragma once
#include "stress/lib/crew.h"
#include "stress/lib/resources.h"
#include <stdbool.h>
#include <stdint.h>

enum map_mode { MAP_THREADS, MAP_SPACES, MAP_SHARED };

#define MAP_SPACES_MAX 16u
#define MAP_REGION_PAGES 64u
#define MAP_WINDOW_BYTES 0x1000000ull
/* Above what the memory server and the library use. */
#define MAP_ADDRESS 0x0000600000000000ull

struct map_worker {
    struct map_setup *setup;
    uint64_t number;
    struct resource_region region;
    struct resource_pool pool; /* of its spaces */
    uint64_t space[MAP_SPACES_MAX];
    uint64_t stamp[MAP_REGION_PAGES]; /* what each frame has to hold */
    uint64_t mapped, unmapped;        /* pages, as the calls counted them */
} __attribute__((aligned(64)));

struct map_setup {
    unsigned mode;
    uint64_t pages, spaces, life;
    struct map_worker *worker;
    uint64_t workers;
    uint64_t objects; /* in our own pool, before anything was made */
};

/* prepare.c */
bool map_prepare(struct map_setup *setup, struct crew *crew);
void map_judge(struct map_setup *setup, struct crew *crew);
uint64_t map_space_make(struct map_worker *state);

/* work.c */
void map_threads_body(struct worker *worker);
void map_spaces_body(struct worker *worker);
