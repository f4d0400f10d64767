// SPDX-License-Identifier: MIT
/*
 * stress/map: workers map frames of their own regions, and unmap them. mode=threads: all in the process's own space,
 * each at its own addresses, writing to what they mapped; mode=spaces: each in spaces of its own, in a pool of its own;
 * mode=shared: all in one space that is nobody's.
 * Oracle: a frame holds what was last written to it, wherever it was mapped; every call counts the pages it was given;
 * at the end no frame is mapped, no space holds a page, no object is left, and the region can be given back.
 * Context: a process of its own, with regions. Locks: none. Tests: tests/user/stress.t, tests/user/flip/.
 */
#include "stress/map/map.h"
#include "servers/lib/process.h"
#include "stress/lib/arguments.h"
#include <stdio.h>

static struct map_setup setup = {.pages = 1, .spaces = 2, .life = 256};
static struct crew crew;

static const char *const modes[] = {"threads", "spaces", "shared", NULL};

static bool setup_parse(int argc, char **argv)
{
    const struct argument arguments[] = {
        CREW_ARGUMENTS(crew),
        {.key = "mode", .choice = &setup.mode, .words = modes},
        {.key = "pages", .number = &setup.pages, .minimum = 1, .maximum = MAP_REGION_PAGES},
        {.key = "spaces", .number = &setup.spaces, .minimum = 1, .maximum = MAP_SPACES_MAX},
        {.key = "life", .number = &setup.life, .minimum = 1, .maximum = UINT64_MAX},
        {0},
    };
    if (!arguments_parse(argc, argv, arguments))
        return false;
    crew.mode = modes[setup.mode];
    if (setup.mode == MAP_SHARED) {
        setup.spaces = 1;
        setup.life = UINT64_MAX;
    }
    setup.workers = crew.cpus;
    return true;
}

int main(int argc, char **argv)
{
    if (!crew_init(&crew, "map") || !setup_parse(argc, argv))
        return 2;
    if (!map_prepare(&setup, &crew)) {
        printf("map: not enough memory, regions, pools or slots\n");
        return 3;
    }
    if (crew_run(&crew))
        map_judge(&setup, &crew);
    return crew_report(&crew);
}
