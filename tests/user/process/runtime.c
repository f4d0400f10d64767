// SPDX-License-Identifier: MIT
/*
 * The runtime in a process: threads, libc among them, gifts, names of programs.
 * Entry point: test_runtime. Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/thread.h"
#include "tests/user/lib/tap.h"
#include "tests/user/process/process.h"
#include <string.h>

static uint64_t given;

static void with_gift(struct sluice_spawn_request *request)
{
    request->gifts = 1;
    request->gift[0] = (uint32_t)given;
}

static void gifts(void)
{
    struct sluice_message message;
    struct sluice_end end = {0};
    uint64_t badge;

    given = sluice_slot_alloc();
    tap_result(sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, given, 0, 0), 0, "an endpoint");
    int64_t number = child_spawn("gift", with_gift);
    tap_ok(number > 0, "is given to a child");
    tap_ok(sluice_receive(given, &message, sluice_deadline_ms(10000), &badge) == 0 &&
               message.word[0] == (uint64_t)number && SLUICE_TAG_LABEL(message.tag) == 77,
           "which calls us through it");
    message = (struct sluice_message){.tag = SLUICE_TAG(0, 1, 0), .word = {78}};
    sluice_reply(0, &message);
    tap_ok(sluice_process_wait((uint32_t)number, sluice_deadline_ms(10000), &end) == 0 && end.status == 0,
           "and is answered");
    sluice_object_destroy(given);
    sluice_slot_drop(given);
}

static void names(void)
{
    char name[SLUICE_PROCESS_NAME_BYTES];
    bool root = false, self = false;
    unsigned i = 0;

    for (; sluice_program_name(i, name) == 0; i++) {
        root |= strcmp(name, "root") == 0;
        self |= strcmp(name, "test/process") == 0;
    }
    tap_ok(root && self, "the names of programs can be listed");
    tap_result(sluice_program_name(i, name), SLUICE_E_NOT_FOUND, "to the last");
}

static void slots(void)
{
    uint64_t first = sluice_slot_alloc(), run = sluice_slot_alloc_run(4);

    tap_ok(first >= sluice_process->slot_free && run && (run + 4 <= first || run > first),
           "slots do not overlap");
    sluice_slot_free(first);
    sluice_slot_free_run(run, 4);
    for (unsigned i = 0; i < sluice_process->slots; i++)
        if (!sluice_slot_alloc())
            break;
    tap_equal(sluice_slot_alloc(), 0, "and end when there are no more");
}

void test_runtime(void)
{
    struct sluice_end end = {0};

    char text[120];

    bool ended = child_end("threads", NULL, &end);
    tap_ok(ended && end.cause == SLUICE_END_EXIT, "threads share one libc (%s)",
           sluice_end_text(&end, text, sizeof text));
    tap_result(end.status, 0, "and do not get into each other's way");
    tap_ok(child_end("many threads", NULL, &end) && end.cause == SLUICE_END_EXIT,
           "thousands of threads, one by one");
    tap_result(end.status, 0, "each could be made");
    gifts();
    names();
    slots();
}
