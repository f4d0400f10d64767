// SPDX-License-Identifier: MIT
/*
 * What the files of test/process share. Context: the program's first thread. Locks: none. Tests: this is one.
 */
#pragma once
#include "servers/lib/spawn.h"
#include <stdint.h>

/* What a child does, by name; its exit status. Started as `test/process child NAME`. */
int child_run(const char *name);

/* Spawns this program as a child: its number, or an error. `change` (may be NULL) edits the request. */
int64_t child_spawn(const char *name, void (*change)(struct sluice_spawn_request *request));
/* Spawns, waits; true when it came to an end. */
bool child_end(const char *name, void (*change)(struct sluice_spawn_request *request),
               struct sluice_end *end);

void test_ends(void);
void test_limits(void);
void test_runtime(void);
