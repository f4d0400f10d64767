// SPDX-License-Identifier: MIT
/*
 * Stands in for the machine's header of the same path: RAM is an array of the test's own or of fake_memory.c.
 * Weak: a test that never follows a physical address has none. Context: host tests. Locks: none.
 */
#pragma once
#include <stdint.h>

uint64_t fake_direct_map __attribute__((weak)); /* where that array begins */
#define DIRECT_MAP fake_direct_map
