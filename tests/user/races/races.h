// SPDX-License-Identifier: MIT
/*
 * The parts of test/races: what must hold when operations on one thread meet.
 * Context: the program's first thread, on processor 0. Locks: none. Tests: tests/user/races.t.
 */
#pragma once

void test_again(unsigned cpu); /* again.c: calls that are begun again after they had waited */
void test_base(void);          /* base.c: each thread's own base of FS */
void test_homes(void); /* homes.c: threads that are stopped, moved and started from several processors */
void test_waits(void); /* waits.c: waits that end by several causes at once */
