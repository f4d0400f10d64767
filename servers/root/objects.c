// SPDX-License-Identifier: MIT
/*
 * The objects of a process being made, and the capabilities it gets. Its pool lies in ROOT_SLOT_PROCESS + 3.
 * Entry points: objects_*. Context: main thread. Locks: none. Tests: tests/user/process/.
 *
 * The pool's other capabilities (cspace, space, thread) are dropped when the process runs: root needs the pool only.
 */
#include "servers/root/root.h"

enum { SLOT_CSPACE = ROOT_SLOT_PROCESS, SLOT_ASPACE, SLOT_THREAD, SLOT_POOL };

#define RIGHTS_CALL (SLUICE_RIGHT_WRITE | SLUICE_RIGHT_COPY)
#define RIGHTS_SERVE (SLUICE_RIGHT_READ | SLUICE_RIGHT_COPY)

int64_t objects_make(const struct sluice_process_info *info)
{
    int64_t result = sluice_object_create(SLOT_POOL, SLUICE_TYPE_CSPACE, SLOT_CSPACE, info->slots, 0);

    if (result == 0)
        result = sluice_object_create(SLOT_POOL, SLUICE_TYPE_ASPACE, SLOT_ASPACE, 0, 0);
    if (result == 0)
        result = sluice_object_create(SLOT_POOL, SLUICE_TYPE_THREAD, SLOT_THREAD, SLOT_CSPACE, SLOT_ASPACE);
    return result;
}

/* Copies one capability; after the first failure, nothing. */
static void give(int64_t *result, uint64_t there, uint64_t source, unsigned rights, uint64_t badge)
{
    if (*result == 0)
        *result = sluice_cap_copy(SLOT_CSPACE, there, source, rights, badge);
}

static void give_cpus(int64_t *result, const struct process *process, const struct sluice_process_info *info)
{
    bool worker = process->number == PROCESS_MEMORY;

    for (unsigned i = 0; i < info->cpu_count; i++) {
        give(result, SLUICE_SLOT_CPU(i), SLUICE_SLOT_CPU(info->cpu[i]), SLUICE_RIGHTS_ALL, 0);
        give(result, SLUICE_SLOT_MEMORY(i), SLUICE_SLOT_MEMORY(info->cpu[i]),
             worker ? RIGHTS_SERVE : RIGHTS_CALL, worker ? 0 : process->number);
    }
}

static void give_extra(int64_t *result, const struct process *process,
                       const struct sluice_spawn_request *request)
{
    if (process->flags & SLUICE_SPAWN_TUNER)
        give(result, SLUICE_SLOT_TUNER, SLUICE_SLOT_TUNER, SLUICE_RIGHTS_ALL, 0);
    if (process->flags & SLUICE_SPAWN_LOG)
        give(result, SLUICE_SLOT_LOG, SLUICE_SLOT_LOG, SLUICE_RIGHTS_ALL, 0);
    if (process->flags & SLUICE_SPAWN_MACHINE)
        give(result, SLUICE_SLOT_MACHINE, SLUICE_SLOT_MACHINE, SLUICE_RIGHTS_ALL, 0);
    if (process->flags & SLUICE_SPAWN_PORTS)
        give(result, SLUICE_SLOT_PORTS, SLUICE_SLOT_PORTS, SLUICE_RIGHTS_ALL,
             process->plan ? process->plan->ports : 0);
    if (process->flags & SLUICE_SPAWN_IRQ)
        give(result, SLUICE_SLOT_IRQ, ROOT_SLOT_IRQ + request->irq, SLUICE_RIGHTS_ALL, 0);
    for (unsigned i = 0; i < request->gifts; i++)
        give(result, SLUICE_SLOT_GIFT + i, ROOT_SLOT_GIFT + i, SLUICE_RIGHTS_ALL, 0);
}

static void give_server(int64_t *result, const struct process *process)
{
    const struct server_plan *plan = process->plan;

    if (!plan)
        return;
    if (plan->service)
        give(result, SLUICE_SLOT_SERVICE, plan->service, RIGHTS_SERVE, 0);
    if (plan->peer)
        give(result, SLUICE_SLOT_PEER, plan->peer, RIGHTS_CALL, process->number);
    if (plan->serial_badge)
        give(result, SLUICE_SLOT_INPUT, ROOT_SLOT_SERIAL, RIGHTS_CALL, process->number | plan->serial_badge);
}

int64_t objects_give(const struct process *process, const struct sluice_process_info *info,
                     const struct sluice_spawn_request *request)
{
    uint64_t serial_badge = process->plan ? process->plan->serial_badge : 0;
    int64_t result = 0;

    give(&result, SLUICE_SLOT_CSPACE, SLOT_CSPACE, SLUICE_RIGHTS_ALL, 0);
    give(&result, SLUICE_SLOT_ASPACE, SLOT_ASPACE, SLUICE_RIGHTS_ALL, 0);
    give(&result, SLUICE_SLOT_THREAD, SLOT_THREAD, SLUICE_RIGHTS_ALL, 0);
    give(&result, SLUICE_SLOT_POOL, SLOT_POOL, SLUICE_RIGHTS_ALL, 0);
    give(&result, SLUICE_SLOT_ROOT, SLUICE_SLOT_SERVICE, RIGHTS_CALL, process->number);
    give(&result, SLUICE_SLOT_OUTPUT, ROOT_SLOT_SERIAL, RIGHTS_CALL, process->number | serial_badge);
    give_cpus(&result, process, info);
    give_extra(&result, process, request);
    give_server(&result, process);
    return result;
}

int64_t objects_start(const struct sluice_process_info *info, uint64_t entry, uint64_t fault_slot,
                      uint64_t fault_badge)
{
    int64_t result = sluice_cap_copy(0, ROOT_SLOT_BADGED, fault_slot, SLUICE_RIGHTS_ALL, fault_badge);

    if (result == 0)
        result = sluice_thread_move(SLOT_THREAD, SLUICE_SLOT_CPU(info->cpu[0]));
    if (result == 0)
        result = sluice_thread_configure(SLOT_THREAD, info->priority, 0, ROOT_SLOT_BADGED, 0);
    sluice_cap_delete(0, ROOT_SLOT_BADGED);
    if (result == 0)
        result = sluice_thread_start(SLOT_THREAD, entry, SLUICE_BOOT_STACK_TOP, SLUICE_PROCESS_INFO_ADDRESS);
    return result;
}

void objects_drop(void)
{
    for (uint64_t slot = SLOT_CSPACE; slot <= SLOT_POOL; slot++)
        sluice_cap_delete(0, slot);
}
