// SPDX-License-Identifier: MIT
/*
 * Starting a program and waiting for its end in slices, for commands that do something meanwhile.
 * Entry points: program_start, program_ended. Context: the console's thread. Locks: none.
 * Tests: tests/boot/console.t.
 */
#pragma once
#include "servers/lib/spawn.h"
#include <stdbool.h>
#include <stdint.h>

#define PROGRAM_MEMORY_BYTES 268435456ull
#define PROGRAM_POOL_BYTES 16777216ull

/* words[0] is the program's name in the folder ("stress/"). > 0: the process; an error was printed. */
int64_t program_start(const char *folder, unsigned count, char **words);
/* False when the deadline passed first. A process that root does not know counts as killed. */
bool program_ended(uint32_t process, uint64_t deadline_ns, struct sluice_end *end);
