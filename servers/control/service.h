// SPDX-License-Identifier: MIT
/*
 * The control server's service: answers the console, and runs the watcher's periods in between.
 * Owns: struct service. Entry points: service_run. Context: the server's one thread. Locks: none.
 * Tests: tests/boot/console.t, tests/boot/demo.t.
 */
#pragma once
#include "servers/control/watcher.h"
#include <stdbool.h>

struct service {
    struct watcher watcher;
    bool on;
};

/* Serves for ever; returns the error that ended it. */
int64_t service_run(struct service *service);
