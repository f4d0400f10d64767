// SPDX-License-Identifier: MIT
/*
 * A ring of bytes. Entry points: below. Context: whoever holds the serial server's lock. Locks: none.
 * Tests: tests/boot/.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define RING_BYTES 32768u /* a power of two: positions may wrap */

struct ring {
    uint32_t head, tail; /* bytes ever put and taken */
    uint8_t bytes[RING_BYTES];
};

static inline size_t ring_used(const struct ring *ring)
{
    return ring->head - ring->tail;
}

static inline size_t ring_room(const struct ring *ring)
{
    return RING_BYTES - ring_used(ring);
}

/* There must be room, and something there. */
static inline void ring_put(struct ring *ring, uint8_t byte)
{
    ring->bytes[ring->head++ % RING_BYTES] = byte;
}

static inline uint8_t ring_take(struct ring *ring)
{
    return ring->bytes[ring->tail++ % RING_BYTES];
}
