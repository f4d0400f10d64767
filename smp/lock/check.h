// SPDX-License-Identifier: MIT
/*
 * The run-time checker of locks, in DEBUG builds: ranks in order, released = acquired, one gate at a time, `off` only on
 * its CPU, one CPU in an object, nothing held at kernel exit and where a grace period is answered. A breach is a panic.
 * Owns: what each CPU holds. Entry points: below, called by gates and epochs. Context: kernel, interrupts off.
 * Locks: none. Tests: tests/host/test_gate.c.
 *
 * A rank is the number of a lock's bit in gate.held: kernel < pool < class < object, in each tas < ticket < mcs.
 */
#pragma once
#include <stdint.h>

struct gate;
struct lock;

#if defined(DEBUG) && !defined(UP)
/* A gate is entered: no other is open, the policy allows this CPU. */
void lock_check_gate_open(struct gate *gate, uint32_t policy);
void lock_check_gate_close(
    const struct gate *gate); /* it is left: it is the one that was entered, all is released */
void lock_check_take(const struct lock *lock, unsigned rank); /* about to wait for it */
void lock_check_drop(const struct lock *lock, unsigned rank);
void lock_check_drop_last(const struct lock *lock); /* the one taken last, whatever its rank */
void lock_check_no_gate(void);
void lock_check_nothing_held(void);
#else
#define lock_check_gate_open(gate, policy) ((void)0)
#define lock_check_gate_close(gate) ((void)0)
#define lock_check_take(lock, rank) ((void)0)
#define lock_check_drop(lock, rank) ((void)0)
#define lock_check_drop_last(lock) ((void)0)
#define lock_check_no_gate() ((void)0)
#define lock_check_nothing_held() ((void)0)
#endif

/* On the host ThreadSanitizer looks, and our own atomic operations would hide what it looks for. */
#if defined(DEBUG) && !defined(UP) && !defined(HOST)
void lock_check_inside(const struct lock *object); /* its gate is entered: no other CPU is inside */
void lock_check_outside(void);                     /* about to leave it */
#else
#define lock_check_inside(object) ((void)0)
#define lock_check_outside() ((void)0)
#endif
