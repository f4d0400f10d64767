// SPDX-License-Identifier: MIT
/*
 * Requests to root.
 * Entry point: request_handle. Context: main thread. Locks: none. Tests: tests/user/process/.
 *
 * The badge is the number of the process that asks; root's own messages to itself come without one. Nothing here waits
 * for a client: the end of a process is answered when it comes.
 */
#include "servers/root/request.h"
#include "servers/lib/cpio.h"
#include "servers/root/root.h"
#include <string.h>

static int64_t request_check(const struct sluice_spawn_request *request, const struct process *asker,
                             unsigned gifts)
{
    if (memchr(request->name, '\0', sizeof request->name) == NULL || request->gifts != gifts ||
        request->argument_bytes > sizeof request->arguments || request->irq >= SLUICE_BOOT_IRQS ||
        (request->flags & ~(uint32_t)SLUICE_SPAWN_FLAGS_ALL))
        return SLUICE_E_BAD_ARGUMENT;
    if (request->priority > SLUICE_SPAWN_PRIORITY_MAX)
        return SLUICE_E_NOT_ALLOWED;
    if (request->flags && !(asker->flags & SLUICE_SPAWN_TRUSTED))
        return SLUICE_E_NOT_ALLOWED;
    return 0;
}

static bool spawn_request(struct server *server, const struct process *asker, struct sluice_message *message)
{
    static struct sluice_spawn_request request; /* a copy that the window's next message cannot change */
    unsigned gifts = SLUICE_TAG_CAPS(message->tag);
    int64_t result = SLUICE_E_BAD_ARGUMENT;

    if ((message->tag & SLUICE_TAG_LONG) && message->word[5] == sizeof request) {
        memcpy(&request, server->buffer, sizeof request);
        result = request_check(&request, asker, gifts);
    }
    if (result == 0)
        result = process_spawn(&request, asker->number, NULL, NULL);
    return server_answer(message, result, 0);
}

static bool wait_request(const struct process *asker, struct sluice_message *message)
{
    struct process *process = process_find((uint32_t)message->word[0]);
    int64_t slot;

    if (!process || process->parent != asker->number)
        return server_answer(message, SLUICE_E_NOT_FOUND, 0);
    if (process->state == PROCESS_ENDED) {
        process_end_tell(process, message);
        return true;
    }
    slot = server_reply_save();
    if (slot < 0)
        return server_answer(message, slot, 0);
    if (process->waiter) /* an earlier wait, which may have passed its deadline */
        sluice_slot_drop(process->waiter);
    process->waiter = (uint64_t)slot;
    return false;
}

static bool kill_request(const struct process *asker, struct sluice_message *message)
{
    struct process *process = process_find((uint32_t)message->word[0]);
    struct sluice_end end = {.cause = SLUICE_END_KILLED};

    if (!process || process->state != PROCESS_RUNNING || process->plan)
        return server_answer(message, SLUICE_E_NOT_FOUND, 0);
    if (process->parent != asker->number && !(asker->flags & SLUICE_SPAWN_TRUSTED))
        return server_answer(message, SLUICE_E_NOT_ALLOWED, 0);
    process_end(process, &end);
    return server_answer(message, 0, 0);
}

static bool exit_request(struct process *asker, const struct sluice_message *message)
{
    struct sluice_end end = {.cause = SLUICE_END_EXIT, .status = (int64_t)message->word[0]};

    process_end(asker, &end);
    return false;
}

/* The servers that root starts next may need the one that is ready now: it is answered first. */
static bool ready_request(struct process *asker, struct sluice_message *message)
{
    server_answer(message, 0, 0);
    sluice_reply(0, message);
    if (asker->plan && !asker->ready) {
        asker->ready = true;
        boot_server_ready(asker);
    }
    return false;
}

static bool name_request(struct sluice_message *message)
{
    static char name[SLUICE_PROCESS_NAME_BYTES];
    uint64_t index = message->word[0];
    size_t offset = 0;
    struct cpio_entry entry;

    for (uint64_t i = 0; i <= index; i++)
        if (cpio_next((const void *)boot_info->archive, boot_info->archive_bytes, &offset, &entry) !=
            CPIO_ENTRY)
            return server_answer(message, SLUICE_E_NOT_FOUND, 0);
    strncpy(name, entry.name, sizeof name - 1);
    server_answer(message, 0, 0);
    sluice_message_long(message, name, sizeof name);
    return true;
}

/* From the thread that asks the memory server for ends. */
static bool ended_message(const struct sluice_message *message)
{
    const uint64_t *word = message->word;
    struct process *process = process_find((uint32_t)(word[1] >> 32));
    struct sluice_end end = {.cause = (uint32_t)word[1],
                             .status = (int64_t)word[2],
                             .address = word[3],
                             .error = word[4],
                             .rip = word[5]};

    if (process && process->state == PROCESS_RUNNING)
        process_end(process, &end);
    return false;
}

bool request_handle(struct server *server, uint64_t badge, struct sluice_message *message)
{
    struct process *asker = process_find((uint32_t)badge);

    if (badge == 0 && SLUICE_TAG_LABEL(message->tag) == SLUICE_ROOT_ENDED)
        return ended_message(message);
    if (!asker || asker->state != PROCESS_RUNNING)
        return false; /* it ended while its message was on the way */
    switch (SLUICE_TAG_LABEL(message->tag)) {
    case SLUICE_ROOT_SPAWN:
        return spawn_request(server, asker, message);
    case SLUICE_ROOT_WAIT:
        return wait_request(asker, message);
    case SLUICE_ROOT_KILL:
        return kill_request(asker, message);
    case SLUICE_ROOT_EXIT:
        return exit_request(asker, message);
    case SLUICE_ROOT_READY:
        return ready_request(asker, message);
    case SLUICE_ROOT_NAME:
        return name_request(message);
    default:
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    }
}
