// SPDX-License-Identifier: MIT
/*
 * The parts of test/syscalls: each prints its tests, uses the bench and leaves it as it was.
 * Context: the program's first thread. Locks: none. Tests: tests/user/syscalls.t runs them.
 */
#pragma once

void test_capabilities(void); /* capability.c: bad capabilities, every call, by table */
void test_objects(void);      /* object.c: object_*, cap_* */
void test_regions(void);      /* region.c: region_*, pool_destroy */
void test_aspaces(void);      /* aspace.c: aspace_* */
void test_tunables(void);     /* tunable.c: tunable_*, policy_*, heartbeat, log_* */
void test_machine(void);      /* machine.c: null, yield, clock, cpu_info, port_*, irq_*, bad numbers */
