// SPDX-License-Identifier: MIT
/*
 * How processes end, and that whoever waits hears the cause.
 * Entry point: test_ends. Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "tests/user/lib/tap.h"
#include "tests/user/process/process.h"
#include <string.h>

static void exit_status(const char *part, int64_t status)
{
    struct sluice_end end = {0};

    tap_ok(child_end(part, NULL, &end) && end.cause == SLUICE_END_EXIT, "%s: it exits", part);
    tap_result(end.status, status, "%s: with its status", part);
}

static void causes(void)
{
    struct sluice_end end = {0};

    exit_status("return", 7);
    exit_status("thread exit", 23);
    exit_status("first thread", -5);
    exit_status("abort", 128 + 6);
    tap_ok(child_end("write", NULL, &end) && end.cause == SLUICE_END_FAULT && end.address == 0x10,
           "a write to nowhere ends it, with the address");
    tap_ok((end.error & SLUICE_FAULT_WRITE) && end.rip > 0x400000, "and kind and place of the access");
    tap_ok(child_end("exception", NULL, &end) && end.cause == SLUICE_END_EXCEPTION && end.address == 6,
           "an undefined instruction ends it, with the vector");
    tap_ok(child_end("stack", NULL, &end) && end.cause == SLUICE_END_FAULT,
           "a stack that overflows meets its guard");
}

static void killing(const char *part)
{
    struct sluice_end end = {0};
    int64_t number = child_spawn(part, NULL);

    tap_ok(number > 0, "a child that would never end (%s)", part);
    tap_result(sluice_process_wait((uint32_t)number, sluice_deadline_ms(30), &end), SLUICE_E_TIMEOUT,
               "waiting for it has a deadline");
    tap_result(sluice_process_kill((uint32_t)number), 0, "it can be killed");
    tap_ok(sluice_process_wait((uint32_t)number, sluice_deadline_ms(10000), &end) == 0 &&
               end.cause == SLUICE_END_KILLED,
           "and is said to have been");
    tap_result(sluice_process_wait((uint32_t)number, sluice_deadline_ms(100), &end), SLUICE_E_NOT_FOUND,
               "its number means nothing then");
    tap_result(sluice_process_kill((uint32_t)number), SLUICE_E_NOT_FOUND, "neither to kill");
}

static void many_at_once(void)
{
    enum { MANY = 24 };
    int64_t numbers[MANY];
    struct sluice_end end;
    unsigned good = 0;

    for (unsigned i = 0; i < MANY; i++)
        numbers[i] = child_spawn(i % 2 ? "return" : "write", NULL);
    for (unsigned i = 0; i < MANY; i++)
        good += numbers[i] > 0 &&
                sluice_process_wait((uint32_t)numbers[i], sluice_deadline_ms(30000), &end) == 0 &&
                end.cause == (i % 2 ? SLUICE_END_EXIT : SLUICE_END_FAULT);
    tap_equal(good, MANY, "many processes at once end as they should");
}

void test_ends(void)
{
    struct sluice_end end;

    causes();
    killing("sleep");
    killing("spin");
    many_at_once();
    tap_result(sluice_process_wait(1, sluice_deadline_ms(100), &end), SLUICE_E_NOT_FOUND,
               "nobody waits for a process that is not his child");
    tap_result(sluice_process_kill(3), SLUICE_E_NOT_FOUND, "a server is not killed");
}
