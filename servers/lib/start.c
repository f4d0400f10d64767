// SPDX-License-Identifier: MIT
/*
 * From the first instruction to main, and from its return to the process's end.
 * Owns: sluice_process. Entry point: sluice_start, from x86_64/start.S. Context: the first thread, once. Locks: none.
 * Tests: tests/user/process/.
 */
#include "servers/lib/runtime_internal.h"
#include "servers/lib/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 64

const struct sluice_process_info *sluice_process;

int main(int count, char **words);
_Noreturn void sluice_start(void *argument);

__attribute__((weak)) const struct sluice_process_info *runtime_process_info(void *argument)
{
    return argument;
}

__attribute__((weak)) _Noreturn void runtime_exit(int status)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_ROOT_EXIT, 1, 0),
                                     .word = {(uint64_t)(int64_t)status}};

    sluice_call(SLUICE_SLOT_ROOT, &message, SLUICE_FOREVER);
    for (;;)
        sluice_thread_exit(status);
}

/* The words lie one after the other in the info page, which is read-only: main may write to its copies. */
static int arguments_split(char **words)
{
    static char text[SLUICE_PROCESS_ARGUMENT_BYTES];
    int count = 0;
    char *word = text;

    memcpy(text, sluice_process->arguments, sizeof text);
    text[sizeof text - 1] = '\0';
    while (count < ARGUMENTS_MAX && count < (int)sluice_process->argument_count &&
           word < text + sizeof text) {
        words[count++] = word;
        word += strlen(word) + 1;
    }
    words[count] = NULL;
    return count;
}

/* exit() calls it, whichever thread used the streams first. */
static void streams_flush(struct _reent *reent)
{
    (void)reent;
    fflush(NULL);
}

_Noreturn void sluice_start(void *argument)
{
    static char *words[ARGUMENTS_MAX + 1];
    struct sluice_thread *first = thread_first();

    sluice_process = runtime_process_info(argument);
    first->priority = sluice_process->priority;
    sluice_thread_configure(0, first->priority, 0, 0, (uint64_t)first);
    slots_start();
    locks_start();
    _GLOBAL_REENT->__cleanup = streams_flush;
    exit(main(arguments_split(words), words));
}
