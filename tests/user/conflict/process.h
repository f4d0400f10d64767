// SPDX-License-Identifier: MIT
/*
 * A process of test/conflict that has one side, or both. Entry point: process_run. Context: its first thread.
 * Locks: none. Tests: tests/conflict/.
 */
#pragma once
#include "tests/user/conflict/conflict.h"

enum process_role { ROLE_DRIVER, ROLE_FIRST, ROLE_SECOND, ROLE_BOTH };
enum process_gift { GIFT_MEETING, GIFT_TOLD, GIFT_FINISH };

#define MEETING_PAGES 1u
#define TOLD_FAILED (1u << 8)

static inline bool role_has(enum process_role role, unsigned side)
{
    return role == ROLE_BOTH || role == (side ? ROLE_SECOND : ROLE_FIRST);
}

/* Does all sections, tells the driver, waits until it may end; the exit status. */
int process_run(enum process_role role, const struct pair *pairs, unsigned count);
