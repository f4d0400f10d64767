// SPDX-License-Identifier: MIT
/*
 * The watcher: each period it reads the counters of every pool and class, keeps their loads, lets the judges decide and
 * proposes what they ask for.
 * Owns: struct watcher, the histories of all live pools. Entry points: watcher_init, watcher_period, watcher_restart,
 * watcher_pools.
 * Reads pages that the kernel writes meanwhile; a proposal goes out through the caller's function, so no system call is
 * made here. Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#pragma once
#include "servers/control/decision.h"
#include "servers/control/history.h"

/* Proposes a policy; returns the kernel's answer: > 0 or minus an error. */
struct watcher_kernel {
    void *context;
    int64_t (*propose)(void *context, unsigned pool, unsigned lock_class, uint32_t word, uint32_t policy);
};

/* Touched by the owner's thread only. */
struct watcher {
    const struct counters *counters;
    struct watcher_kernel kernel;
    struct settings settings;
    struct decision_ring ring;
    struct history **pools; /* [pools_max]; NULL: not alive when last seen, or no memory */
    uint64_t cycles;        /* the kernel's clock at the last period */
    uint64_t resets;        /* of the kernel's watchdog, as last seen */
    uint64_t periods, changes, rollbacks, freezes, refusals;
};

/* False: no memory. */
bool watcher_init(struct watcher *watcher, const struct counters *counters, struct watcher_kernel kernel);
/* One period that ends now. `decide` false: only keeps the histories. */
void watcher_period(struct watcher *watcher, uint64_t now_ns, bool decide);
/* Forgets what judges remember, after decisions were off. */
void watcher_restart(struct watcher *watcher, uint64_t now_ns);
/* How many pools have a history. */
unsigned watcher_pools(const struct watcher *watcher);
