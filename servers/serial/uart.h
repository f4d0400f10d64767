// SPDX-License-Identifier: MIT
/*
 * The 16550 UART at COM1, by its ports (National Semiconductor PC16550D data sheet).
 * Entry points: below. Context: whoever holds the serial server's lock. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_FIFO_BYTES 16u

/* 115200 baud, 8N1, FIFOs on, interrupts of receiver and, when wanted, of the empty transmitter. */
void uart_start(void);
/* May the transmitter's FIFO be filled? */
bool uart_transmitter_empty(void);
/* At most UART_FIFO_BYTES, in one kernel entry. */
void uart_send(const uint8_t *bytes, size_t count);
/* Does the UART still hold its interrupt line up? */
bool uart_interrupt_pending(void);
/* Interrupt when the transmitter is empty, or not. */
void uart_transmit_interrupt(bool on);
/* Whatever has come, at most `limit`; returns how many. */
size_t uart_take(uint8_t *bytes, size_t limit);
