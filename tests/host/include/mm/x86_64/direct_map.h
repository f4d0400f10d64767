// SPDX-License-Identifier: MIT
/*
 * Stands in for the machine's header of the same path: RAM is an array of the test's (tests/host/fake_memory.c).
 * Context: host tests. Locks: none. Tests: those that link fake_memory.c.
 */
#pragma once
#include <stdint.h>

extern uint64_t fake_direct_map;
#define DIRECT_MAP fake_direct_map
