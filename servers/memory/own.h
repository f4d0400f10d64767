// SPDX-License-Identifier: MIT
/*
 * The server's own memory: nobody answers its faults, so everything is mapped when it is asked for.
 * Owns: the server's own address ranges; small nodes of powers of two, kept by each worker for itself.
 * Entry points: below; malloc and thread stacks come here too. Context: node_* the worker's own thread; own_* any.
 * Locks: own_mutex, then the mutex of worker 0's cache, then the store's. Tests: tests/user/memory/.
 */
#pragma once
#include "servers/memory/store.h"
#include <stddef.h>
#include <stdint.h>

struct worker;

/* The whole region, zeroed, or NULL. */
void *own_map_region(const struct store_region *region);
/* So many pages of frames from worker 0, zeroed, at a new address; NULL when there are none. Never given back. */
void *own_map_pages(uint64_t pages);

/* Zeroed; NULL when the machine has no memory left. */
void *node_alloc(struct worker *worker, size_t bytes);
void node_free(struct worker *worker, void *node, size_t bytes);
