// SPDX-License-Identifier: MIT
/*
 * The parts of test/memory.
 * Context: the program's first thread. Locks: none. Tests: tests/user/memory.t.
 */
#pragma once

void test_stale(unsigned cpu);       /* stale.c: what another processor's TLB may still hold */
void test_server(void);              /* server.c: the memory server's interface */
void test_sharing(const char *self); /* sharing.c: memory shared with a child process */
int sharing_child(unsigned long object);
