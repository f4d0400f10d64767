// SPDX-License-Identifier: MIT
/*
 * The table of processes. Numbers go up and never come back; a number's place is number % PROCESSES_MAX, as in the
 * memory server's table of clients.
 * Entry points: process_new, process_find, process_at, process_free. Context: main thread. Locks: none.
 * Tests: tests/user/process/.
 */
#include "servers/root/root.h"

static struct process processes[PROCESSES_MAX];

struct process *process_new(uint32_t parent)
{
    static uint32_t last = PROCESS_ROOT;

    for (unsigned i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = &processes[++last % PROCESSES_MAX];
        if (last < PROCESS_MEMORY)
            last = PROCESS_FIRST; /* after 2^32 processes */
        if (process->number || last % PROCESSES_MAX == PROCESS_ROOT)
            continue;
        *process = (struct process){.number = last, .parent = parent, .state = PROCESS_RUNNING};
        return process;
    }
    return NULL;
}

struct process *process_find(uint32_t number)
{
    struct process *process = &processes[number % PROCESSES_MAX];

    return number && process->number == number ? process : NULL;
}

struct process *process_at(unsigned index)
{
    return &processes[index];
}

void process_free(struct process *process)
{
    process->number = 0;
    process->state = PROCESS_FREE;
}
