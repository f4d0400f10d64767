// SPDX-License-Identifier: MIT
/*
 * Output and input through the serial server.
 * Output: sluice_output sends whole pieces; each message appears in one piece, and lines of several processes do not
 * mix. printf and friends come here through newlib, line by line. Input: characters as they come, for the console.
 * Entry points: below. Context: any thread. Locks: none. Tests: tests/user/process/.
 */
#pragma once
#include "kernel/abi/error.h"
#include <stddef.h>
#include <stdint.h>

/* Returns when the server has taken all of it, or minus an error. LF goes out as CR LF. */
int64_t sluice_output(const char *text, size_t bytes);
/* Returns when everything that was written before has left the machine. */
int64_t sluice_output_drain(uint64_t deadline);
/* Waits for at least one character; returns how many, at most min(bytes, 40); TIMEOUT, NOT_ALLOWED. */
int64_t sluice_input(char *text, size_t bytes, uint64_t deadline);

/* Labels of messages to the serial server. */
enum sluice_serial_label {
    SLUICE_SERIAL_WRITE = 1, /* w0 bytes in words 1..3 and no long part, or a long part; -> w0 result */
    SLUICE_SERIAL_DRAIN,     /* -> w0 result, when all is sent */
    SLUICE_SERIAL_READ,      /* w0 most bytes -> w0 bytes, then the bytes in words 1..5 */
};
#define SLUICE_SERIAL_READ_MAX 40u
/* Badge bits beside the process number. */
#define SLUICE_SERIAL_RAW (1ull << 62)   /* output is passed on at once, also without the end of a line */
#define SLUICE_SERIAL_INPUT (1ull << 63) /* may read */
