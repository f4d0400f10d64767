// SPDX-License-Identifier: MIT
/*
 * The memory server: owns the machine's free memory, answers page faults, gives memory to processes and takes it back.
 * Starts a worker on each CPU, each with its own endpoint, and then serves root itself.
 * Context: first thread. Locks: none. Tests: tests/user/memory/.
 */
#include "kernel/abi/boot.h"
#include "servers/lib/spawn.h"
#include "servers/memory/cache.h"
#include "servers/memory/client.h"
#include "servers/memory/request.h"
#include "servers/memory/store.h"

#define STACK_BYTES 16384u

enum { STATUS_NO_MEMORY = 2, STATUS_NO_WORKER = 3 };

static void worker_run(void *argument)
{
    struct worker *worker = argument;
    struct server server = {
        .endpoint = SLUICE_SLOT_MEMORY(worker->index), .handle = request_handle, .context = worker};

    server_run(&server);
}

int main(int count, char **words)
{
    unsigned cpus = sluice_cpu_count();
    struct server control = {.endpoint = SLUICE_SLOT_SERVICE, .handle = control_handle};

    (void)count, (void)words;
    workers_start(cpus + 1);
    control.context = worker_by_index(cpus);
    if (!store_start(MEMORY_SLOT_REGION, SLUICE_BOOT_REGIONS_MAX))
        return STATUS_NO_MEMORY;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        struct worker *worker = worker_by_index(cpu);
        worker->thread = sluice_thread_create(worker_run, worker, cpu, 0, STACK_BYTES);
        if (!worker->thread)
            return STATUS_NO_WORKER;
    }
    sluice_process_ready();
    return (int)server_run(&control);
}
