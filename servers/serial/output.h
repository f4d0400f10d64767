// SPDX-License-Identifier: MIT
/*
 * Output: lines of several processes, one after the other, to the UART as it takes them.
 * Owns: the transmit ring, unfinished lines, writers that wait for room. Entry points: below.
 * Context: the request thread and the interrupt thread, holding the server's lock. Tests: tests/boot/.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes a piece of a process's output. False: no room now; nothing was taken. */
bool output_write(uint64_t badge, const uint8_t *text, size_t bytes);
/* The request that output_write refused: its text, and the saved reply right to answer when it was taken. False when
 * too many wait already, or no memory. */
bool output_queue(uint64_t badge, const uint8_t *text, size_t bytes, uint64_t reply);
/* A request to be answered when everything is sent: as output_queue. */
bool output_queue_drain(uint64_t reply);
/* True when nothing is left to send. */
bool output_drained(void);
/* Feeds the UART; called after writing and at its interrupts. */
void output_pump(void);
