// SPDX-License-Identifier: MIT
/*
 * test/lines: two threads touch lines of memory in ways whose transfers are known, each way in a region of its own. It
 * prints where the lines lie; what the plugin's `share` mode says of them is judged on the host. They take turns, by a
 * word on a line of its own, where the order of accesses decides.
 * Context: a process with at least three processors; its first thread only waits. Locks: none.
 * Tests: tests/sim/share.t.
 */
#include "servers/lib/process.h"
#include "servers/lib/thread.h"
#include "smp/atomic.h"
#include "stress/lib/marker.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>

#define ROUNDS 100u

enum region { PRIVATE = 1, SHARED, LOAD_STORE, FALSE_SHARING, READ_ONLY };

static struct {
    uint64_t turn __attribute__((aligned(64))); /* atomic: counts turns; the threads have even and odd ones */
    uint64_t own[2][8] __attribute__((aligned(64)));
    uint64_t shared __attribute__((aligned(64)));
    uint64_t copied __attribute__((aligned(64)));
    uint64_t neighbours[2] __attribute__((aligned(64)));
    uint64_t constant __attribute__((aligned(64)));
    uint64_t seen[2][8] __attribute__((aligned(64)));
} lines;

static void turn_wait(unsigned me)
{
    /* pairs with turn_end() in this file: what the other did in its turn, before ours */
    while ((atomic_load_acquire(&lines.turn) & 1) != me)
        cpu_relax();
}

static void turn_end(void)
{
    /* pairs with turn_wait() in this file: our turn before the other's */
    atomic_store_release(&lines.turn, lines.turn + 1);
}

static void private_round(unsigned me)
{
    atomic_fetch_add(&lines.own[me][0], 1u);
}

static void shared_round(unsigned me)
{
    turn_wait(me);
    atomic_fetch_add(&lines.shared, 1u);
    turn_end();
}

/* Two instructions, so two transfers: the copy for the load, the right to write for the store. */
static void load_store_round(unsigned me)
{
    turn_wait(me);
    uint64_t value = atomic_load_relaxed(&lines.copied); /* relaxed: turns order it */
    compiler_barrier();
    atomic_store_relaxed(&lines.copied, value * 3 + 1);
    turn_end();
}

static void false_sharing_round(unsigned me)
{
    turn_wait(me);
    atomic_fetch_add(&lines.neighbours[me], 1u);
    turn_end();
}

static void read_only_round(unsigned me)
{
    lines.seen[me][0] += atomic_load_relaxed(&lines.constant); /* relaxed: nobody writes it */
}

/* A marker's id is a constant. */
#define REGION_RUN(id, round)                                                                                \
    do {                                                                                                     \
        marker_begin(id);                                                                                    \
        for (unsigned i = 0; i < ROUNDS; i++) {                                                              \
            round(me);                                                                                       \
            marker_operation(id);                                                                            \
        }                                                                                                    \
        marker_end(id);                                                                                      \
    } while (0)

static void thread_body(void *argument)
{
    unsigned me = (unsigned)(uintptr_t)argument;
    REGION_RUN(PRIVATE, private_round);
    REGION_RUN(SHARED, shared_round);
    REGION_RUN(LOAD_STORE, load_store_round);
    REGION_RUN(FALSE_SHARING, false_sharing_round);
    REGION_RUN(READ_ONLY, read_only_round);
}

static void line_print(enum region region, const char *name, const void *address)
{
    printf("RESULT line=%s region=%u address=%p rounds=%u\n", name, region, address, ROUNDS);
}

int main(void)
{
    tap_begin("lines");
    struct sluice_thread *first = partner_start(thread_body, (void *)0, 1);
    struct sluice_thread *second = partner_start(thread_body, (void *)1, 2);
    tap_ok(first && second && partner_join(first, "first") && partner_join(second, "second"),
           "both did their rounds");
    marker_operation(MARKER_PICTURE);
    tap_equal(lines.shared, 2 * ROUNDS, "no round was lost");
    line_print(PRIVATE, "private", &lines.own[0]);
    line_print(PRIVATE, "private", &lines.own[1]);
    line_print(SHARED, "shared", &lines.shared);
    line_print(LOAD_STORE, "load_store", &lines.copied);
    line_print(FALSE_SHARING, "false_sharing", &lines.neighbours);
    line_print(READ_ONLY, "read_only", &lines.constant);
    return tap_end();
}
