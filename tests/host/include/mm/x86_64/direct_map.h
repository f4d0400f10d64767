// SPDX-License-Identifier: MIT
/*
 * Stands in for the machine's header of the same path: physical memory is an array that the test defines. It is weak:
 * a test that never follows a physical address need not have one.
 * Tests: those of tests/host/ that touch memory by physical address.
 */
#pragma once
#include <stdint.h>

extern uint8_t fake_memory[] __attribute__((weak));
#define DIRECT_MAP ((uint64_t)fake_memory)
