// SPDX-License-Identifier: MIT
/*
 * Stands in for the machine's header of the same path: ThreadSanitizer has to see what is added.
 * Context: host tests. Locks: none. Tests: all of tests/host/ that count.
 */
#pragma once

#define counter_add(p, v) atomic_store_relaxed((p), atomic_load_relaxed(p) + (v))
