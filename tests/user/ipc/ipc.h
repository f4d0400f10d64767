// SPDX-License-Identifier: MIT
/*
 * The parts of test/ipc. Each makes its partners on processor `cpu` of the process and ends them.
 * Context: the program's first thread, on processor 0. Locks: none. Tests: tests/user/ipc.t.
 */
#pragma once
#include <stdint.h>

extern uint64_t ipc_endpoint; /* slot; nobody is queued on it between tests */

void test_words(unsigned cpu);         /* words.c: call, reply, badge, deadlines, order */
void test_long_parts(unsigned cpu);    /* long.c */
void test_capabilities(unsigned cpu);  /* capability.c */
void test_replies(unsigned cpu);       /* reply.c: saved, deleted and missing reply rights */
void test_notifications(unsigned cpu); /* notification.c */
