// SPDX-License-Identifier: MIT
/*
 * Operations that have to do with no object of ours: the entry itself, the clock, devices, the log.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/loop.h"

#define POST_PORT 0x80u /* the PC's power-on self test code: writes do nothing */

OPERATION(empty)
{
    return 0;
}

OPERATION(null)
{
    return sluice_null();
}

OPERATION(clock)
{
    return (int64_t)sluice_clock();
}

OPERATION(yield)
{
    return sluice_yield();
}

OPERATION(batch_null_16)
{
    return sluice_batch(bench->entries, 16);
}

OPERATION(cpu_info)
{
    return sluice_cpu_info(SLUICE_SLOT_CPU(0), &bench->out.cpu_info);
}

OPERATION(port_in)
{
    return sluice_port_in(SLUICE_SLOT_PORTS, POST_PORT, 1);
}

OPERATION(port_out)
{
    return sluice_port_out(SLUICE_SLOT_PORTS, POST_PORT, 1, 0);
}

/* Workers have no line: there is one, and its calls are done by CPU 0. */
int64_t bench_irq_ready(struct bench *bench)
{
    return resource_has(SLUICE_SLOT_IRQ) ? sluice_irq_bind(SLUICE_SLOT_IRQ, bench->lonely, 1) : 1;
}

OPERATION(irq_bind)
{
    return sluice_irq_bind(SLUICE_SLOT_IRQ, bench->lonely, 1);
}

OPERATION(irq_ack)
{
    return sluice_irq_ack(SLUICE_SLOT_IRQ);
}

int64_t bench_irq_done(struct bench *bench)
{
    (void)bench;
    return sluice_irq_bind(SLUICE_SLOT_IRQ, 0, 0);
}

/* A page of counters appears and goes. */
OPERATION(log_map)
{
    return sluice_log_map(SLUICE_SLOT_LOG, SLUICE_SLOT_ASPACE, BENCH_ADDRESS, SLUICE_LOG_SYSTEM, 0, NULL) |
           sluice_aspace_unmap(SLUICE_SLOT_ASPACE, BENCH_ADDRESS, 1, NULL);
}

OPERATION(log_write)
{
    return sluice_log_write(SLUICE_SLOT_LOG, ".", 1);
}

/* The line of dots ends. */
int64_t bench_log_write_done(struct bench *bench)
{
    (void)bench;
    return sluice_log_write(SLUICE_SLOT_LOG, "\n", 1);
}
