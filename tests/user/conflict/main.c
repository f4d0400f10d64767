// SPDX-License-Identifier: MIT
/*
 * test/conflict: see conflict.h. Without role= it is the driver, on processor 0: it starts two processes with one side
 * each (so with pools, spaces and tables of their own), then one process with both sides, and prints which section is
 * which pair. Processes of sides end only when all is done: who looks at memory afterwards finds their objects.
 * Processors 1 and 2 are the sides' homes, 3 and 4 the ones that they move to.
 * Context: a process that may spawn and was given tuner and regions. Locks: none. Tests: tests/conflict/.
 */
#include "servers/lib/process.h"
#include "servers/lib/spawn.h"
#include "stress/lib/arguments.h"
#include "stress/lib/marker.h"
#include "tests/user/conflict/process.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>
#include <string.h>

#define CPUS 5u
#define PATIENCE_MS 240000u

static unsigned role, pairs_wanted;
static const char *const roles[] = {"driver", "first", "second", "both", NULL};
static const char *const pair_words[] = {"all", "short", NULL};
static struct pair pairs[PAIRS_MAX];

struct driver {
    struct resource_region page; /* the meeting of both sides */
    uint64_t told, finish;       /* notifications: a process is done; all may end */
    uint32_t process[3];
    unsigned processes;
};

static bool driver_init(struct driver *driver)
{
    driver->told = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    driver->finish = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    return driver->told && driver->finish && resource_region_init(&driver->page, MEETING_PAGES) == 0;
}

static bool process_start(struct driver *driver, enum process_role as)
{
    static struct sluice_spawn_request request;
    char word[24];
    sluice_spawn_init(&request, "test/conflict");
    snprintf(word, sizeof word, "role=%s", roles[as]);
    sluice_spawn_argument(&request, word);
    snprintf(word, sizeof word, "pairs=%s", pair_words[pairs_wanted]);
    sluice_spawn_argument(&request, word);
    for (unsigned side = 0; side < SIDES; side++)
        if (role_has(as, side)) {
            sluice_spawn_cpu(&request, 1 + side);
            sluice_spawn_cpu(&request, 3 + side);
        }
    request.flags = SLUICE_SPAWN_TUNER | SLUICE_SPAWN_REGIONS;
    request.gifts = 3;
    request.gift[GIFT_MEETING] = (uint32_t)driver->page.slot;
    request.gift[GIFT_TOLD] = (uint32_t)driver->told;
    request.gift[GIFT_FINISH] = (uint32_t)driver->finish;
    int64_t process = sluice_spawn(&request);
    if (process > 0)
        driver->process[driver->processes++] = (uint32_t)process;
    return tap_ok(process > 0, "a process with %s side starts (%s)", roles[as], error_name(process));
}

/* Each process signals a bit of its own when it is done: bit 0 side by side, bit 8 if something was not as it should. */
static bool process_wait(const struct driver *driver, uint64_t bits)
{
    uint64_t seen = 0;
    while ((seen & bits) != bits) {
        uint64_t more = 0;
        if (sluice_wait(driver->told, UINT64_MAX, sluice_deadline_ms(PATIENCE_MS), &more) != 0)
            return tap_ok(false, "the sides end in time");
        seen |= more;
    }
    return tap_ok(!(seen & TOLD_FAILED), "every operation did what it should");
}

static void sections_print(unsigned first, const char *placement, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        printf("RESULT section=%u placement=%s first=%s second=%s\n", first + i, placement,
               pairs[i].common ? "common" : operations[pairs[i].first].name,
               pairs[i].common ? "common" : operations[pairs[i].second].name);
}

static int driver_run(void)
{
    static struct driver driver;
    tap_begin("conflict");
    if (!tap_ok(sluice_cpu_count() >= CPUS, "five processors are there") ||
        !tap_ok(driver_init(&driver), "what is shared is there"))
        return tap_end();
    if (process_start(&driver, ROLE_FIRST) && process_start(&driver, ROLE_SECOND) &&
        process_wait(&driver, 1u << ROLE_FIRST | 1u << ROLE_SECOND) && process_start(&driver, ROLE_BOTH))
        process_wait(&driver, 1u << ROLE_BOTH);
    marker_operation(MARKER_PICTURE);
    sluice_signal(driver.finish, (1u << ROLE_FIRST) | (1u << ROLE_SECOND) | (1u << ROLE_BOTH));
    for (unsigned i = 0; i < driver.processes; i++) {
        struct sluice_end end;
        tap_ok(sluice_process_wait(driver.process[i], sluice_deadline_ms(PATIENCE_MS), &end) == 0 &&
                   end.cause == SLUICE_END_EXIT && end.status == 0,
               "a process of sides ends well");
    }
    unsigned count = pairs_make(pairs, pairs_wanted, false);
    sections_print(0, "pools", count);
    sections_print(count, "objects", pairs_make(pairs, pairs_wanted, true));
    return tap_end();
}

int main(int argc, char **argv)
{
    const struct argument arguments[] = {{.key = "role", .choice = &role, .words = roles},
                                         {.key = "pairs", .choice = &pairs_wanted, .words = pair_words},
                                         {0}};
    if (!arguments_parse(argc, argv, arguments))
        return 2;
    if (role == ROLE_DRIVER)
        return driver_run();
    return process_run((enum process_role)role, pairs, pairs_make(pairs, pairs_wanted, role == ROLE_BOTH));
}
