// SPDX-License-Identifier: MIT
/*
 * Input: characters as they come, for one reader at a time.
 * Owns: the receive ring, the reader that waits. Entry points: below. Context: the request thread and the interrupt
 * thread, holding the server's lock. Tests: tests/boot/.
 */
#pragma once
#include "servers/lib/sluice.h"
#include <stdbool.h>
#include <stdint.h>

/* Answers a read request in *message: true to reply; false when its reply right was put aside until something comes. */
bool input_read(struct sluice_message *message);
/* Fetches what the UART has, and answers the reader that waits. */
void input_pump(void);
