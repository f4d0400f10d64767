// SPDX-License-Identifier: MIT
/*
 * Client side of the root server.
 * Entry points: see spawn.h. Context: any thread. Locks: none. Tests: tests/user/process/.
 */
#include "servers/lib/spawn.h"
#include "servers/lib/runtime_internal.h"
#include <stdio.h>
#include <string.h>

static int64_t root_ask(struct sluice_message *message, uint64_t deadline)
{
    int64_t result = sluice_call(SLUICE_SLOT_ROOT, message, deadline);

    return result < 0 ? result : (int64_t)message->word[0];
}

void sluice_spawn_init(struct sluice_spawn_request *request, const char *name)
{
    memset(request, 0, sizeof *request);
    strncpy(request->name, name, sizeof request->name - 1);
    sluice_spawn_argument(request, name);
}

bool sluice_spawn_argument(struct sluice_spawn_request *request, const char *word)
{
    size_t bytes = strlen(word) + 1;

    if (bytes > sizeof request->arguments - request->argument_bytes)
        return false;
    memcpy(request->arguments + request->argument_bytes, word, bytes);
    request->argument_bytes += (uint32_t)bytes;
    request->argument_count++;
    return true;
}

void sluice_spawn_cpu(struct sluice_spawn_request *request, unsigned cpu)
{
    if (cpu < 256)
        request->cpus[cpu / 64] |= 1ull << cpu % 64;
}

int64_t sluice_spawn(struct sluice_spawn_request *request)
{
    unsigned gifts = request->gifts < 4 ? request->gifts : 4;
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_ROOT_SPAWN, 0, gifts)};

    for (unsigned i = 0; i < gifts; i++)
        sluice_message_cap(&message, i, request->gift[i]);
    sluice_message_long(&message, request, sizeof *request);
    return root_ask(&message, SLUICE_FOREVER);
}

int64_t sluice_process_wait(uint32_t process, uint64_t deadline, struct sluice_end *end)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_ROOT_WAIT, 1, 0), .word = {process}};
    int64_t result = root_ask(&message, deadline);

    if (result < 0)
        return result;
    *end = (struct sluice_end){.process = process,
                               .cause = (uint32_t)message.word[1],
                               .status = (int64_t)message.word[2],
                               .address = message.word[3],
                               .error = message.word[4],
                               .rip = message.word[5]};
    return 0;
}

int64_t sluice_process_kill(uint32_t process)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_ROOT_KILL, 1, 0), .word = {process}};

    return root_ask(&message, SLUICE_FOREVER);
}

int64_t sluice_process_ready(void)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_ROOT_READY, 0, 0)};

    return root_ask(&message, SLUICE_FOREVER);
}

int64_t sluice_program_name(unsigned index, char name[SLUICE_PROCESS_NAME_BYTES])
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_ROOT_NAME, 1, 0), .word = {index}};
    int64_t result;

    window_borrow(name, SLUICE_PROCESS_NAME_BYTES, 0, 0);
    result = root_ask(&message, SLUICE_FOREVER);
    window_restore();
    return result;
}
