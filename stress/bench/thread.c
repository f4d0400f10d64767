// SPDX-License-Identifier: MIT
/*
 * Operations on a thread that is below our priority, so that it never runs while we do.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/loop.h"

OPERATION(thread_start_stop)
{
    return sluice_thread_start(bench->thread, THREADLET_ADDRESS, 0, 0) | sluice_thread_stop(bench->thread);
}

OPERATION(thread_resume_stop)
{
    return sluice_thread_resume(bench->thread) | sluice_thread_stop(bench->thread);
}

OPERATION(thread_read)
{
    return sluice_thread_read(bench->thread, &bench->out.registers);
}

int64_t bench_registers_ready(struct bench *bench)
{
    return sluice_thread_read(bench->thread, &bench->out.registers);
}

OPERATION(thread_write)
{
    return sluice_thread_write(bench->thread, &bench->out.registers);
}

OPERATION(thread_configure)
{
    return sluice_thread_configure(bench->thread, sluice_process->priority - 1, 0, 0, 0);
}

/* To the processor where it is: what is left without the other one's part. */
OPERATION(thread_move)
{
    return sluice_thread_move(bench->thread, SLUICE_SLOT_CPU(0));
}
