// SPDX-License-Identifier: MIT
/*
 * Stands in for the machine's header of the same path: on the host each thread may be a CPU.
 * Entry point: cpu_self. Tests: all of tests/host/ that link fake_cpu.c.
 */
#pragma once

extern _Thread_local struct cpu *fake_self;

static inline struct cpu *cpu_self(void)
{
    return fake_self;
}
