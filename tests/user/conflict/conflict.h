// SPDX-License-Identifier: MIT
/*
 * test/conflict: two sides, each on a processor of its own, do one operation each in turns, section by section; the
 * plugin's `share` mode with sections=1 says which lines of the kernel one wrote and the other touched.
 * Owns: struct side, struct operation. Entry points: below. Context: a side's worker thread, unless said otherwise.
 * Locks: none; sides wait for each other by words in a page that they share. Tests: tests/conflict/.
 */
#pragma once
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "stress/lib/threadlet.h"
#include <stdbool.h>
#include <stdint.h>

#define SIDES 2u
#define TURN_RUNS 4u /* operations in a turn */
#define TURNS 2u     /* of each side in a section */
#define RUNS_MAX (TURN_RUNS * TURNS)

/* What both sides see, whatever their address spaces. Each word has one writer, and a line of its own. */
struct meeting {
    struct {
        uint64_t arrived __attribute__((aligned(64))); /* atomic: barriers that this side has come to */
    } side[SIDES];
};

struct side {
    unsigned number;
    struct meeting *meeting;
    /* Indices among the process's processors: where it works, and one that only this side uses. */
    unsigned home, other;
    uint64_t arrived;
    uint64_t failures;     /* operations that ended otherwise than they should */
    const char *failed;    /* the first such operation */
    uint64_t pool, common; /* slots: its pool; a notification that both sides have, or 0 */
    unsigned pool_number;
    /* Its own objects, by slot. */
    uint64_t region,
        rest; /* 2 MiB at a multiple of 2 MiB, if it is the only side; the slot for what is cut off */
    uint64_t region_first;           /* the first frame in it that this side uses */
    uint64_t endpoint, ping, lonely; /* answered by an echo, by a pong, by nobody */
    uint64_t space, toucher_space;   /* address spaces with nothing running; of the toucher */
    uint64_t toucher, pager;         /* endpoints: asks for a touch; faults of the toucher */
    uint64_t cspace, idle_thread;    /* its own table of capabilities; a thread that may be started */
    uint64_t objects;                /* in the pool when nothing that was destroyed is left */
    uint64_t slot;                   /* empty, for a moment's object */
    void *memory;                    /* of the memory server, given at the first touch */
    struct threadlet_code code;
};

struct operation {
    const char *name;
    bool (*before)(
        struct side *side); /* makes ready for RUNS_MAX runs, outside of the section; may be NULL */
    bool (*run)(struct side *side, unsigned run); /* 0, 1, .. RUNS_MAX - 1 */
};

extern const struct operation operations[];
extern const unsigned operation_count;

/* The parts of the table. */
bool null_run(struct side *side, unsigned run);
bool clock_run(struct side *side, unsigned run);
bool yield_run(struct side *side, unsigned run);
bool batch_run(struct side *side, unsigned run);
bool call_run(struct side *side, unsigned run);
bool notify_run(struct side *side, unsigned run);
bool signal_run(struct side *side, unsigned run);
bool common_run(struct side *side, unsigned run);
bool cpu_info_run(struct side *side, unsigned run);
bool cap_info_run(struct side *side, unsigned run);
bool tuner_get_run(struct side *side, unsigned run);
bool map_before(struct side *side);
bool map_run(struct side *side, unsigned run);
bool unmap_before(struct side *side);
bool unmap_run(struct side *side, unsigned run);
bool map_unmap_run(struct side *side, unsigned run);
bool protect_run(struct side *side, unsigned run);
bool fault_before(struct side *side);
bool fault_run(struct side *side, unsigned run);
bool server_fault_before(struct side *side);
bool server_fault_run(struct side *side, unsigned run);
bool cap_copy_run(struct side *side, unsigned run);
bool cap_move_run(struct side *side, unsigned run);
bool create_space_run(struct side *side, unsigned run);
bool create_thread_run(struct side *side, unsigned run);
bool create_run(struct side *side, unsigned run);
bool thread_start_run(struct side *side, unsigned run);
bool thread_move_run(struct side *side, unsigned run);
bool region_split_run(struct side *side, unsigned run);

/* The objects of a side, in the process's pool; false: no memory or slots. Its worker runs on `home`. */
bool side_init(struct side *side);
/* A thread of the process that answers faults of the toucher. */
void pager_body(void *side);

/* Pairs of operations in the order of their sections. short: those that the short form has. */
struct pair {
    unsigned first, second;
    bool common; /* both sides use one object: the positive control */
};
unsigned pairs_make(struct pair *pairs, bool only_short, bool with_control);
#define PAIRS_MAX 1024u
