// SPDX-License-Identifier: MIT
/*
 * The threads of root that wait: one for faults of root itself and of the memory server, which end the system; one for
 * the memory server's word that a process cannot go on, which it passes to the main thread.
 * Entry points: watch_start, ends_start. Context: threads of their own. Locks: none. Tests: tests/boot/bad.t.
 */
#include "servers/lib/memory.h"
#include "servers/lib/thread.h"
#include "servers/root/root.h"

#define STACK_BYTES 8192u

static void end_of_fault(const struct sluice_message *message, struct sluice_end *end)
{
    uint32_t label = SLUICE_TAG_LABEL(message->tag);

    *end = (struct sluice_end){.cause = label == SLUICE_LABEL_PAGE_FAULT  ? SLUICE_END_FAULT
                                        : label == SLUICE_LABEL_EXCEPTION ? SLUICE_END_EXCEPTION
                                                                          : SLUICE_END_EXIT,
                               .status = (int64_t)message->word[0],
                               .address = message->word[0],
                               .error = message->word[1],
                               .rip = message->word[2]};
}

static void watch_run(void *argument)
{
    struct sluice_message message;
    struct sluice_end end;
    uint64_t badge;
    char text[120];

    (void)argument;
    if (sluice_receive(ROOT_SLOT_WATCH, &message, SLUICE_FOREVER, &badge) < 0)
        return;
    end_of_fault(&message, &end);
    const struct process *memory = process_find(PROCESS_MEMORY);
    bool starting = badge == PROCESS_MEMORY && memory && !memory->ready;
    root_say("%s ended%s: %s", badge == PROCESS_MEMORY ? "memory" : "root", starting ? " at start" : "",
             sluice_end_text(&end, text, sizeof text));
    root_give_up();
}

static void ends_run(void *argument)
{
    (void)argument;
    for (;;) {
        struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_END_WAIT, 0, 0)};
        if (sluice_call(ROOT_SLOT_CONTROL, &message, SLUICE_FOREVER) < 0)
            return; /* the memory server is gone: the other thread says so */
        message.tag = SLUICE_TAG(SLUICE_ROOT_ENDED, 6, 0);
        sluice_send(SLUICE_SLOT_SERVICE, &message, SLUICE_FOREVER);
    }
}

static void thread_start(void (*function)(void *))
{
    if (!sluice_thread_create(function, NULL, 0, 0, STACK_BYTES)) {
        root_say("no memory for its own threads");
        root_give_up();
    }
}

void watch_start(void)
{
    struct sluice_thread *self = sluice_thread_self();

    sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, ROOT_SLOT_WATCH, 0, 0);
    sluice_thread_configure(0, self->priority, 0, ROOT_SLOT_WATCH, (uint64_t)self);
    thread_start(watch_run);
}

void ends_start(void)
{
    thread_start(ends_run);
}
