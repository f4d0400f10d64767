// SPDX-License-Identifier: MIT
/*
 * What drivers and root need of the machine itself: I/O ports, processors, the end of it.
 * Entry points: sys_port_in, sys_port_out, sys_cpu_info, sys_machine_halt. Context: any CPU. Locks: none.
 * Tests: tests/user/syscalls/.
 */
#include "kernel/abi/ipc.h"
#include "kernel/boot/platform.h"
#include "kernel/abi/boot.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"

/* The port capability's badge is its range: first in bits 0-15, count from bit 16. */
static int64_t port_check(struct thread *thread, const uint64_t *args, unsigned right)
{
    struct cap cap;
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_PORT, right, &cap);
    if (error)
        return error;
    if (args[2] != 1 && args[2] != 2 && args[2] != 4)
        return SLUICE_E_BAD_ARGUMENT;
    uint64_t first = cap.badge & 0xffff, end = first + (cap.badge >> 16);
    if (args[1] < first || args[1] > 0xffff || args[1] + args[2] > end)
        return SLUICE_E_OUT_OF_BOUNDS;
    return 0;
}

int64_t sys_port_in(struct thread *thread, uint64_t *args)
{
    int64_t result = port_check(thread, args, SLUICE_RIGHT_READ);
    if (!result)
        args[2] = port_read((uint16_t)args[1], (unsigned)args[2]);
    return result;
}

int64_t sys_port_out(struct thread *thread, uint64_t *args)
{
    int64_t result = port_check(thread, args, SLUICE_RIGHT_WRITE);
    if (!result)
        port_write((uint16_t)args[1], (unsigned)args[2], (uint32_t)args[3]);
    return result;
}

int64_t sys_cpu_info(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_CPU, SLUICE_RIGHT_READ, &cap);
    if (error)
        return error;
    const struct cpu *cpu = cpus[cap.badge];
    struct sluice_cpu_info info = {
        .number = cpu->number,
        .apic_id = cpu->apic_id,
        .node = cpu->node,
        .online = atomic_load_relaxed(&cpu->online), /* relaxed: only told */
    };
    thread->fault_error = SLUICE_FAULT_WRITE;
    if (user_copy_out(thread->aspace, args[1], &info, sizeof(info), &thread->fault_address))
        return SYSCALL_FAULT;
    return 0;
}

int64_t sys_machine_halt(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_MACHINE, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    if (args[1] > SLUICE_EXIT_BOOT_FAILED)
        return SLUICE_E_BAD_ARGUMENT;
    machine_halt((unsigned)args[1]);
}
