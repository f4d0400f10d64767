// SPDX-License-Identifier: MIT
/*
 * Atomic operations: the only file that uses __atomic_*.
 * Owns: the names for memory order. A caller of *_acquire, *_release or atomic_fence says beside the call
 * which other place it pairs with, and what is ordered before what.
 * Context: any. Locks: none. Tests: tests/host/ (every lock-free structure runs there under ThreadSanitizer).
 *
 *      atomic_load_acquire      later accesses stay after the load
 *      atomic_store_release     earlier accesses stay before the store
 *      atomic_fence             nothing passes in either direction (x86: a locked operation)
 *      atomic_exchange, _add, _or, _and, _cas: full fences on x86
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define atomic_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define atomic_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_exchange(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_add(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_sub(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_or(p, v) __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_and(p, v) __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define atomic_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Orders the compiler only: for what one CPU's own interrupts or serialising instructions order. */
#define compiler_barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* True when *p was `expected` and is now `desired`; full fence either way. */
#define atomic_cas(p, expected, desired)                                                                     \
    ({                                                                                                       \
        __typeof__(*(p)) atomic_cas_expected_ = (expected);                                                  \
        __atomic_compare_exchange_n((p), &atomic_cas_expected_, (desired), false, __ATOMIC_SEQ_CST,          \
                                    __ATOMIC_SEQ_CST);                                                       \
    })

#include "smp/x86_64/counter.h" /* counter_add(p, v): counters have one writer, their CPU; readers elsewhere see them whole */
