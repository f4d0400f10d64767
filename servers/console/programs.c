// SPDX-License-Identifier: MIT
/*
 * Stress and test programs: spawned through root, watched to their end; ctrl-c stops them.
 * Entry points: program_run, command_stress, command_test. Their output reaches the serial line by itself.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/console/programs.h"
#include <stdio.h>
#include <string.h>

#define LOOK_MS 50 /* at the program, then as long at the keys */

static void program_unknown(const char *folder, const char *name)
{
    char known[SLUICE_PROCESS_NAME_BYTES];
    size_t bytes = strlen(folder);

    printf("no program %.40s; there are:", name);
    for (unsigned i = 0; sluice_program_name(i, known) >= 0; i++)
        if (strncmp(known, folder, bytes) == 0)
            printf(" %.63s", known + bytes);
    printf("\n");
}

/* What tests and workloads may need beyond the ordinary; root refuses what the console itself was not given. */
#define PROGRAM_FLAGS                                                                                        \
    (SLUICE_SPAWN_TUNER | SLUICE_SPAWN_LOG | SLUICE_SPAWN_PORTS | SLUICE_SPAWN_IRQ | SLUICE_SPAWN_REGIONS |  \
     SLUICE_SPAWN_TRUSTED)
#define PROGRAM_IRQ 7u /* the PC's printer port: nothing is there */

int64_t program_start(const char *folder, unsigned count, char **words)
{
    static struct sluice_spawn_request request;
    char name[SLUICE_PROCESS_NAME_BYTES];
    int64_t process;

    if (snprintf(name, sizeof(name), "%s%s", folder, words[0]) >= (int)sizeof(name)) {
        program_unknown(folder, words[0]);
        return SLUICE_E_NOT_FOUND;
    }
    sluice_spawn_init(&request, name);
    for (unsigned i = 1; i < count; i++)
        if (!sluice_spawn_argument(&request, words[i]))
            return SLUICE_E_BAD_ARGUMENT;
    request.flags = PROGRAM_FLAGS;
    request.irq = PROGRAM_IRQ;
    request.memory_limit = PROGRAM_MEMORY_BYTES;
    request.pool_bytes = PROGRAM_POOL_BYTES;
    fflush(stdout);
    process = sluice_spawn(&request);
    if (process == SLUICE_E_NOT_FOUND)
        program_unknown(folder, words[0]);
    else if (process < 0)
        printf("%s does not start: %s\n", name, sluice_error_text(process));
    return process;
}

bool program_ended(uint32_t process, uint64_t deadline_ns, struct sluice_end *end)
{
    int64_t error = sluice_process_wait(process, deadline_ns, end);

    if (error == SLUICE_E_TIMEOUT)
        return false;
    if (error < 0)
        *end = (struct sluice_end){.process = process, .cause = SLUICE_END_KILLED, .status = error};
    return true;
}

bool program_run(struct console *console, const char *folder, unsigned count, char **words)
{
    int64_t process = program_start(folder, count, words);
    struct sluice_end end;
    char text[96];

    if (process < 0)
        return false;
    while (!program_ended((uint32_t)process, sluice_deadline_ms(LOOK_MS), &end))
        if (key_interrupted(console, sluice_deadline_ms(LOOK_MS)))
            sluice_process_kill((uint32_t)process);
    printf("%s%s: %s\n", folder, words[0], sluice_end_text(&end, text, sizeof(text)));
    return end.cause == SLUICE_END_EXIT && end.status == 0;
}

bool command_stress(struct console *console, unsigned count, char **words)
{
    bool good = program_run(console, "stress/", count, words);

    console->failed |= !good;
    return good;
}

bool command_test(struct console *console, unsigned count, char **words)
{
    bool good = program_run(console, "test/", count, words);

    console->failed |= !good;
    return good;
}
