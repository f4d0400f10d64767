// SPDX-License-Identifier: MIT
/*
 * The parts of test/pools.
 * Context: the program's first thread. Locks: none. Tests: tests/user/pools.t.
 */
#pragma once

/* batches.c */
void test_batches(void);
