// SPDX-License-Identifier: MIT
/*
 * The pages that user level may map to see what the kernel counts, and the records of the transition engine, all in
 * one piece of memory taken at boot.
 * Owns: the layout of that memory. Entry points: below. Context: boot, on the boot CPU, after tunables_parse and once
 * cpus[0..cpus-1] exist, before anything counts, logs or makes a pool; counters_pages anywhere. Locks: none.
 * Tests: tests/host/test_tunables.c, tests/user/counters/.
 *
 *      uint64_t bytes = counters_bytes(cpus);
 *      counters_init(direct_map(physical), cpus);              // page-aligned; need not be zeroed
 *      pool_table_init(memory, tunable(pools_max), counters_pool_infos);
 */
#pragma once
#include "kernel/abi/log.h"
#include <stdbool.h>
#include <stdint.h>

/* Fixed after counters_init. Boot fills in frames, kernel_bytes and boot_ns, and `cpus` when some failed to start. */
extern struct sluice_system_info *counters_system;
extern struct sluice_pool_info *counters_pool_infos; /* pools_max of them */

/* Whole pages. */
uint64_t counters_bytes(unsigned cpus);
/* Zeroes the memory; sets counters, lock_counters and events of each cpus[i], and the system page. */
void counters_init(void *memory, unsigned cpus);

struct counters_range {
    void *start;
    uint64_t pages;
};
/* The pages of one enum sluice_log_page; false when there is no such page or CPU. */
bool counters_pages(uint64_t what, uint64_t index, struct counters_range *range);
