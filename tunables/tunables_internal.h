// SPDX-License-Identifier: MIT
/*
 * The rows of the table of tunables as data, for tunables.c and options.c.
 * Context: fixed data. Locks: none. Tests: tests/host/test_tunables.c.
 */
#pragma once
#include "kernel/abi/log.h"
#include "tunables/tunables.h"

enum tunable_when { TUNABLE_LIVE, TUNABLE_BOOT };

struct tunable_row {
    struct sluice_tunable_info info; /* but for the value */
    enum tunable_when when;
};
extern const struct tunable_row tunable_rows[TUNABLE_COUNT];
