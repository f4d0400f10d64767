// SPDX-License-Identifier: MIT
/*
 * The parts of test/threads. Each makes its threads on processor `cpu` of the process and ends them.
 * Context: the program's first thread, on processor 0. Locks: none. Tests: tests/user/threads.t.
 */
#pragma once
#include <stdint.h>

extern uint64_t threads_objects; /* in our pool when the program began */

void test_life(unsigned cpu);      /* life.c: start, stop, resume, exit, destroy */
void test_registers(unsigned cpu); /* registers.c: thread_read, thread_write, FPU state */
void test_schedule(void);          /* schedule.c: priorities, slices, homes */
