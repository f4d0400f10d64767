// SPDX-License-Identifier: MIT
/*
 * Facets: small objects that forward to another capability, so that one grant can be revoked and the others not.
 * Owns: struct facet; cap_lookup follows it. Locks: none: fixed after init. Tests: tests/user/syscalls/.
 */
#pragma once
#include "kernel/cap/object.h"

struct facet {
    struct object object;
    struct cap target; /* never a facet itself, so a lookup follows at most one */
    struct object_reaper reaper;
};
