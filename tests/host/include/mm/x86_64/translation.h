// SPDX-License-Identifier: MIT
/*
 * Stands in for the machine's header of the same path: the test says what a CPU's TLB does.
 * Context: host tests. Locks: none. Tests: tests/host/test_tlb.c, tests/host/test_user.c.
 */
#pragma once
#include <stdint.h>

void translation_load(uint64_t root);
void translation_drop(uint64_t address);
