// SPDX-License-Identifier: MIT
/*
 * What the control server did and why: the last decisions, as the console shows them.
 * Owns: struct control_decision, struct decision_ring. Entry points: decision_add, decision_at. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#pragma once
#include "kernel/abi/object.h"
#include <stdint.h>

#define DECISION_REASON_BYTES 160u
#define DECISION_RING 256u

enum decision_kind { DECISION_CHANGE, DECISION_ROLLBACK, DECISION_FREEZE, DECISION_RESET };

struct control_decision {
    uint64_t number; /* counts from 0 */
    uint64_t time_ms;
    uint32_t pool;
    uint32_t pool_generation;
    uint32_t lock_class;
    uint32_t kind;   /* enum decision_kind */
    uint32_t before; /* policy words */
    uint32_t wanted;
    int64_t result; /* of the proposal: > 0 transition, or minus an error */
    char pool_name[SLUICE_POOL_NAME_BYTES];
    char reason[DECISION_REASON_BYTES];
};

struct decision_ring {
    uint64_t count; /* ever made */
    struct control_decision decisions[DECISION_RING];
};

/* The next entry, numbered, everything else 0, for the caller to fill. */
struct control_decision *decision_add(struct decision_ring *ring);
/* The decision of that number, the oldest kept if it is gone, NULL past the last. */
const struct control_decision *decision_at(const struct decision_ring *ring, uint64_t number);
