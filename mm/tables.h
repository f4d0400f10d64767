// SPDX-License-Identifier: MIT
/*
 * Tables that a space lacks: what mapping needs of tables.c before it writes entries.
 * Entry points: below. Context: kernel, no gate entered. Locks, one after the other: class alloc of the space's pool,
 * class aspace. Tests: tests/host/test_aspace.c.
 */
#pragma once
#include "mm/aspace.h"
#include <stdint.h>

/* All tables of at most 512 pages; they stay as long as the space. 0, NO_MEMORY or SYSCALL_FORWARD. */
int64_t tables_build(struct aspace *space, uint64_t address, uint64_t pages);
