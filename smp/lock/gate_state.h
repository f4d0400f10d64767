// SPDX-License-Identifier: MIT
/*
 * What a gate that is open knows: see gate.h, the only place where it is used.
 * Owns: struct gate. Context: kernel, interrupts off. Locks: see gate.h. Tests: tests/host/test_gate.c.
 */
#pragma once
#include "smp/lock/lock.h"
#include <stdint.h>

struct pool;

struct gate {
    struct lock *lock; /* the object's */
    struct lock *one;  /* the one that is held: GATE_ONE */
    uint32_t policy;   /* the word as it was read; not stored where gate_leave needs only `held` */
    uint16_t held;     /* what gate_leave releases: bits of gate_internal.h */
    uint8_t lock_class;
    uint32_t cpu; /* when gate_enter failed: the CPU to forward to */
    struct pool *pool;
    uint64_t began_tsc;      /* 0: this hold is not sampled */
    struct mcs_node node[2]; /* for the mcs locks among them but the kernel's */
};
