// SPDX-License-Identifier: MIT
/*
 * stress/model: loops at user level whose scaling is known, to judge an instrument by. Counters: mode=private on lines of
 * their own, mode=shared one for all, mode=false each its own but on one line. Locks, the kernel's own headers:
 * mode=tas|ticket|mcs, held for hold= turns of a loop, with gap= turns before the next.
 * Oracle: counters and operations agree; a lock that does not exclude loses increments of what it guards.
 * Context: a process of its own; needs nothing of the kernel while it runs. Locks: the one under test.
 * Tests: tests/sim/time.t, tests/user/stress.t.
 */
#include "stress/model/model.h"
#include "smp/atomic.h"
#include "stress/lib/arguments.h"

struct model_state model_state = {.hold = 10, .gap = 10};
static struct crew crew;
static unsigned mode;

static const char *const modes[] = {"private", "shared", "false", "tas", "ticket", "mcs", NULL};

static bool setup_parse(int argc, char **argv)
{
    const struct argument arguments[] = {
        CREW_ARGUMENTS(crew),
        {.key = "mode", .choice = &mode, .words = modes},
        {.key = "hold", .number = &model_state.hold, .minimum = 0, .maximum = 1000000},
        {.key = "gap", .number = &model_state.gap, .minimum = 0, .maximum = 1000000},
        {0},
    };
    crew.mode = "private";
    if (!arguments_parse(argc, argv, arguments))
        return false;
    crew.mode = modes[mode];
    return true;
}

static void counts_judge(void)
{
    uint64_t counted = model_state.shared.count + model_state.guarded.count, operations = 0;
    for (unsigned i = 0; i < MODEL_PACKED; i++)
        counted += model_state.packed[i];
    for (unsigned i = 0; i < crew.count; i++) {
        counted += model_state.private[i].count;
        operations += crew.workers[i].ops;
    }
    if (counted != operations)
        crew_fail(&crew, "an increment was lost");
}

int main(int argc, char **argv)
{
    if (!crew_init(&crew, "model") || !setup_parse(argc, argv))
        return 2;
    for (uint64_t i = 0; i < crew.cpus; i++)
        crew_add(&crew, model_bodies[mode], (void *)i, (unsigned)i, true);
    if (crew_run(&crew))
        counts_judge();
    return crew_report(&crew);
}
