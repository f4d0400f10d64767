// SPDX-License-Identifier: MIT
/*
 * The ring of the last decisions.
 * Entry points: decision_add, decision_at. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#include "servers/control/decision.h"
#include <stddef.h>
#include <string.h>

struct control_decision *decision_add(struct decision_ring *ring)
{
    struct control_decision *decision = &ring->decisions[ring->count % DECISION_RING];

    memset(decision, 0, sizeof(*decision));
    decision->number = ring->count++;
    return decision;
}

const struct control_decision *decision_at(const struct decision_ring *ring, uint64_t number)
{
    uint64_t oldest = ring->count > DECISION_RING ? ring->count - DECISION_RING : 0;

    if (number >= ring->count)
        return NULL;
    return &ring->decisions[(number < oldest ? oldest : number) % DECISION_RING];
}
