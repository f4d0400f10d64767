// SPDX-License-Identifier: MIT
/*
 * Shared objects: two processes see the same bytes, only while and as far as the maker allowed it; and a dead client's
 * memory comes back.
 * Context: the program's first thread, and the same program as a child. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/spawn.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"
#include "tests/user/memory/memory.h"
#include <stdio.h>

#define RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)
#define BYTES (8 * SLUICE_PAGE_BYTES)
#define SENT 0x5e47u
#define ANSWER 0xa45u

/* The child: waits until it may map the object, checks it, answers in it. */
int sharing_child(unsigned long object)
{
    void *where;
    int64_t result = SLUICE_E_NOT_ALLOWED;
    for (unsigned i = 0; i < 2000 && result != 0; i++) {
        result = sluice_memory_object_map(object, 0, 0, BYTES, RW, &where);
        if (result != 0)
            sluice_sleep_ms(2);
    }
    if (result != 0)
        return 10;
    volatile uint64_t *words = where;
    if (words[0] != SENT || words[BYTES / 8 - 1] != SENT)
        return 11;
    words[1] = ANSWER;
    return 0;
}

static bool child_run(const char *self, int64_t object, bool share, struct sluice_end *end)
{
    struct sluice_spawn_request request;
    char word[40];
    snprintf(word, sizeof word, "child=%ld", (long)object);
    sluice_spawn_init(&request, self);
    sluice_spawn_argument(&request, word);
    int64_t process = sluice_spawn(&request);
    if (process > 0 && share)
        tap_result(sluice_memory_object_share((uint64_t)object, (uint32_t)process, RW), 0,
                   "the object is shared");
    return process > 0 && sluice_process_wait((uint32_t)process, sluice_deadline_ms(30000), end) == 0;
}

static uint64_t pages_free(void)
{
    struct sluice_memory_stats stats = {0};
    sluice_memory_stats(&stats);
    return stats.pages_free;
}

void test_sharing(const char *self)
{
    struct sluice_end end = {0};
    void *where;
    uint64_t before = pages_free();
    int64_t object = sluice_memory_object_create(BYTES, RW);
    if (!tap_ok(object > 0 && sluice_memory_object_map((uint64_t)object, 0, 0, BYTES, RW, &where) == 0,
                "a shared object"))
        return;
    volatile uint64_t *words = where;
    words[0] = words[BYTES / 8 - 1] = SENT;
    tap_ok(child_run(self, object, true, &end) && end.cause == SLUICE_END_EXIT, "a child ends");
    tap_equal((uint64_t)end.status, 0, "it found what we wrote");
    tap_equal(words[1], ANSWER, "we find what it wrote");
    tap_ok(child_run(self, object, false, &end) && end.status == 10,
           "a child that it is not shared with gets nothing");
    tap_result(sluice_memory_unmap(where, BYTES), 0, "unmapped");
    tap_result(sluice_memory_object_close((uint64_t)object), 0, "and closed");
    bool back = false;
    for (unsigned i = 0; i < 1000 && !(back = pages_free() >= before); i++)
        sluice_sleep_ms(2);
    tap_ok(back, "every page of the object and of both children is back (%lu free, %lu before)",
           (unsigned long)pages_free(), (unsigned long)before);
}
