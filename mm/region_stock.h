// SPDX-License-Identifier: MIT
/*
 * A stock of region objects on each CPU, so that regions are cut and joined without a line that others write: they all
 * live in the system pool, whoever they belong to.
 * Owns: cpu->region_stock. Entry points: below. Context: kernel. Locks: class alloc of the system pool, when the stock is
 * empty. Tests: tests/host/test_region.c, tests/conflict/.
 */
#pragma once
#include "mm/region.h"
#include "smp/cpu.h"
#include <stdbool.h>

/* Objects that an empty stock is filled with, under one gate; so many more may come back to it. The stocks of 255 CPUs
 * are then less than 1 MiB of the system pool. */
#define REGION_STOCK_FILL 12u
#define REGION_STOCK_MOST 24u

/* A region object whose fields are as its last user left them. 0, NO_MEMORY or SYSCALL_FORWARD. */
int64_t region_stock_take(struct region **region);
/* A dead region whose grace period is over: true when this CPU keeps it, else its memory goes back to the pool. */
bool region_stock_keep_cpu(struct region *region);
