// SPDX-License-Identifier: MIT
/*
 * One section: see section.c. Context: both sides' workers, each for itself. Locks: none. Tests: tests/conflict/.
 */
#pragma once
#include "tests/user/conflict/conflict.h"

/* Before the first section, when everything was made: notes what the pool holds at rest. */
void section_rest(struct side *side);
void section_run(struct side *side, const struct pair *pair);
