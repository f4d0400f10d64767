// SPDX-License-Identifier: MIT
/*
 * The table of operations, and those on threads, messages and nothing.
 * Context: a side's worker. Locks: none. Tests: tests/conflict/.
 */
#include "servers/lib/process.h"
#include "servers/lib/thread.h"
#include "tests/user/conflict/conflict.h"

const struct operation operations[] = {
    {"null", NULL, null_run},
    {"clock", NULL, clock_run},
    {"yield", NULL, yield_run},
    {"batch", NULL, batch_run},
    {"cpu_info", NULL, cpu_info_run},
    {"tuner_get", NULL, tuner_get_run},
    {"cap_info", NULL, cap_info_run},
    {"call", NULL, call_run},
    {"notify", NULL, notify_run},
    {"signal", NULL, signal_run},
    {"map", map_before, map_run},
    {"unmap", unmap_before, unmap_run},
    {"map_unmap", map_before, map_unmap_run},
    {"protect", unmap_before, protect_run},
    {"fault", fault_before, fault_run},
    {"server_fault", server_fault_before, server_fault_run},
    {"cap_copy", NULL, cap_copy_run},
    {"cap_move", NULL, cap_move_run},
    {"create", NULL, create_run},
    {"create_space", NULL, create_space_run},
    {"create_thread", NULL, create_thread_run},
    {"thread_start", NULL, thread_start_run},
    {"thread_move", NULL, thread_move_run},
    {"region_split", NULL, region_split_run},
};
const unsigned operation_count = sizeof operations / sizeof operations[0];

/* Every pair with itself, and all others; in the short form of the others only those with `call`. Last, the control. */
unsigned pairs_make(struct pair *pairs, bool only_short, bool with_control)
{
    unsigned count = 0;
    for (unsigned first = 0; first < operation_count; first++)
        for (unsigned second = first; second < operation_count; second++)
            if (!only_short || first == second || operations[first].run == call_run)
                pairs[count++] = (struct pair){first, second, false};
    if (with_control)
        pairs[count++] = (struct pair){0, 0, true};
    return count;
}

bool null_run(struct side *side, unsigned run)
{
    (void)side, (void)run;
    return sluice_null() == 0;
}

bool clock_run(struct side *side, unsigned run)
{
    (void)side, (void)run;
    return sluice_clock() > 0;
}

bool yield_run(struct side *side, unsigned run)
{
    (void)side, (void)run;
    return sluice_yield() == 0;
}

bool batch_run(struct side *side, unsigned run)
{
    struct sluice_batch_entry entries[] = {
        {.number = SLUICE_SYS_null},
        {.number = SLUICE_SYS_signal, .args = {side->lonely, 1}},
        {.number = SLUICE_SYS_poll, .args = {side->lonely, 1}},
        {.number = SLUICE_SYS_clock},
    };
    (void)run;
    return sluice_batch(entries, 4) == 4 && entries[1].result == 0 && entries[2].result == 0;
}

bool cpu_info_run(struct side *side, unsigned run)
{
    struct sluice_cpu_info info;
    (void)run;
    return sluice_cpu_info(SLUICE_SLOT_CPU(side->home), &info) == 0 && info.online;
}

/* Of its own thread, which tells what its processor knows of it. */
bool cap_info_run(struct side *side, unsigned run)
{
    struct sluice_cap_info info;
    (void)side, (void)run;
    return sluice_cap_info(sluice_thread_self()->slot, &info) == 0 && info.type == SLUICE_TYPE_THREAD;
}

bool tuner_get_run(struct side *side, unsigned run)
{
    struct sluice_tunable_info info;
    return sluice_tunable_info(SLUICE_SLOT_TUNER, run, &info) == 0 &&
           sluice_policy_status(SLUICE_SLOT_TUNER, side->pool_number, run % 7, NULL) >= 0;
}

bool call_run(struct side *side, unsigned run)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, 4, 0), .word = {run, 2, 3, 4}};
    return sluice_call(side->endpoint, &message, SLUICE_FOREVER) == 0 && message.word[0] == run;
}

bool notify_run(struct side *side, unsigned run)
{
    (void)run;
    return sluice_signal(side->ping, 1) == 0 && sluice_wait(side->ping, 2, SLUICE_FOREVER, NULL) == 0;
}

bool signal_run(struct side *side, unsigned run)
{
    return sluice_signal(side->lonely, 1ull << run) == 0;
}

/* The positive control: both sides change one object. */
bool common_run(struct side *side, unsigned run)
{
    return sluice_signal(side->common, 1ull << run) == 0;
}

bool thread_start_run(struct side *side, unsigned run)
{
    (void)run;
    return threadlet_start(side->idle_thread, THREADLET_SPIN, 1) == 0 &&
           sluice_thread_stop(side->idle_thread) == 0;
}

/* There and back; there it belongs to a processor that only this side uses. */
bool thread_move_run(struct side *side, unsigned run)
{
    uint64_t self = sluice_thread_self()->slot;
    (void)run;
    return sluice_thread_move(self, SLUICE_SLOT_CPU(side->other)) == 0 &&
           sluice_thread_move(self, SLUICE_SLOT_CPU(side->home)) == 0;
}
