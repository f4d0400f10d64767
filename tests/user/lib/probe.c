// SPDX-License-Identifier: MIT
/*
 * Probes: see probe.h. A fault on a page of the program that merely was not touched yet is answered by touching it,
 * so that a test sees only the faults it made.
 * Context: one user thread uses a probe at a time. Locks: none. Tests: tests/user/.
 */
#include "tests/user/lib/probe.h"
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "stress/lib/resources.h"

#define PROBE_LABEL_DONE 1u
#define PROBE_WAIT_MS 1000u

extern char _start[], sluice_image_end[]; /* servers/lib/user.ld */

static void probe_entry(void *argument)
{
    struct probe *probe = argument;
    probe->body(probe);
    struct sluice_message message = {.tag = SLUICE_TAG(PROBE_LABEL_DONE, 0, 0)};
    sluice_call(probe->endpoint, &message, SLUICE_FOREVER);
    sluice_thread_exit(0);
}

bool probe_init(struct probe *probe, unsigned cpu)
{
    void *stack;
    *probe = (struct probe){0};
    probe->endpoint = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, 0, 0);
    probe->thread =
        resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_THREAD, SLUICE_SLOT_CSPACE, SLUICE_SLOT_ASPACE);
    if (!probe->endpoint || !probe->thread ||
        sluice_memory_map(0, PROBE_STACK_BYTES, SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MEMORY_POPULATE,
                          &stack))
        return false;
    probe->stack = stack;
    return sluice_thread_move(probe->thread, SLUICE_SLOT_CPU(cpu)) == 0 &&
           sluice_thread_configure(probe->thread, sluice_process->priority, 0, probe->endpoint, 0) == 0;
}

void probe_end(struct probe *probe)
{
    if (probe->thread)
        resource_object_end(probe->thread);
    if (probe->endpoint)
        resource_object_end(probe->endpoint);
    if (probe->stack)
        sluice_memory_unmap(probe->stack, PROBE_STACK_BYTES);
}

bool probe_start(struct probe *probe, void (*body)(struct probe *), uint64_t argument)
{
    probe->body = body;
    probe->argument = argument;
    /* As a call would leave the stack: 8 below a multiple of 16. */
    uint64_t stack = (uint64_t)probe->stack + PROBE_STACK_BYTES - 8;
    return sluice_thread_start(probe->thread, (uint64_t)probe_entry, stack, (uint64_t)probe) == 0;
}

bool probe_stop(struct probe *probe)
{
    return sluice_thread_stop(probe->thread) == 0;
}

static bool probe_touch(const struct sluice_message *message)
{
    uint64_t address = message->word[0], error = message->word[1];
    if (SLUICE_TAG_LABEL(message->tag) != SLUICE_LABEL_PAGE_FAULT || (error & SLUICE_FAULT_PRESENT) ||
        address < (uint64_t)_start || address >= (uint64_t)sluice_image_end)
        return false;
    volatile char *byte = (volatile char *)address;
    char value = *byte;
    if (error & SLUICE_FAULT_WRITE)
        *byte = value;
    return true;
}

struct probe_outcome probe_collect(struct probe *probe, uint64_t wait_ms)
{
    struct sluice_message message = {0};
    uint64_t deadline = sluice_deadline_ms(wait_ms);
    while (sluice_receive(probe->endpoint, &message, deadline, NULL) == 0) {
        switch (SLUICE_TAG_LABEL(message.tag)) {
        case PROBE_LABEL_DONE:
            return (struct probe_outcome){.kind = PROBE_DONE};
        case SLUICE_LABEL_EXCEPTION:
            return (struct probe_outcome){PROBE_TRAP, message.word[0], message.word[1], message.word[2]};
        }
        if (!probe_touch(&message))
            return (struct probe_outcome){PROBE_FAULT, message.word[0], message.word[1], message.word[2]};
        message = (struct sluice_message){0};
        sluice_reply(0, &message);
    }
    return (struct probe_outcome){.kind = PROBE_SILENT};
}

struct probe_outcome probe_run(struct probe *probe, void (*body)(struct probe *), uint64_t argument)
{
    struct probe_outcome outcome = {.kind = PROBE_SILENT};
    if (probe_start(probe, body, argument))
        outcome = probe_collect(probe, PROBE_WAIT_MS);
    probe_stop(probe);
    return outcome;
}

static void probe_call_body(struct probe *probe)
{
    raw_call(&probe->call);
}

struct probe_outcome probe_call(struct probe *probe)
{
    return probe_run(probe, probe_call_body, 0);
}

const char *probe_kind_name(enum probe_kind kind)
{
    static const char *const names[] = {"done", "page fault", "exception", "silent"};
    return names[kind];
}
