// SPDX-License-Identifier: MIT
/*
 * The root server: made at boot of the archive's program `root`, given every capability there is.
 * Entry points: below. Context: boot CPU, all CPUs up. Locks: none; nobody else runs. Tests: tests/boot/.
 */
#pragma once
#include <stdint.h>

/* Memory the root server takes beside what is in the archive: for the check that there is enough. */
uint64_t root_bytes(void);
/* Makes it: address space, thread, capabilities. It is ready to run and what is left of RAM is its regions. */
void root_make(void);
uint64_t root_regions_bytes(void); /* of them, after root_make */
