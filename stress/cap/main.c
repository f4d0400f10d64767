// SPDX-License-Identifier: MIT
/*
 * stress/cap: workers copy, move, delete and revoke capabilities, and make and destroy objects. mode=own: each in a
 * cspace and a pool of its own; mode=shared: all in one cspace and one pool; mode=process: all in the process's cspace.
 * Oracle: used slots refuse, emptied ones are empty; a revoked copy is dead and its original is not; in the process's
 * cspace, a copy has the badge it was given, wherever it was moved; at the end the cspaces are as empty, the pools as
 * full as before: two changes at once that should have excluded each other leave a wrong count.
 * Context: a process of its own. Locks: none. Tests: tests/user/stress.t, tests/user/flip/.
 */
#include "stress/cap/cap.h"
#include "servers/lib/process.h"
#include "stress/lib/arguments.h"
#include <stdio.h>

static struct cap_setup setup = {.create = 16};
static struct crew crew;

static const char *const modes[] = {"own", "shared", "process", NULL};

static bool setup_parse(int argc, char **argv)
{
    const struct argument arguments[] = {
        CREW_ARGUMENTS(crew),
        {.key = "mode", .choice = &setup.mode, .words = modes},
        {.key = "create", .number = &setup.create, .minimum = 0, .maximum = UINT64_MAX},
        {0},
    };
    if (!arguments_parse(argc, argv, arguments))
        return false;
    crew.mode = modes[setup.mode];
    setup.workers = crew.cpus;
    return true;
}

int main(int argc, char **argv)
{
    if (!crew_init(&crew, "cap") || !setup_parse(argc, argv))
        return 2;
    if (!cap_prepare(&setup, &crew)) {
        printf("cap: not enough memory, pools or slots\n");
        return 3;
    }
    if (crew_run(&crew))
        cap_judge(&setup, &crew);
    return crew_report(&crew);
}
