// SPDX-License-Identifier: MIT
/*
 * TAP from inside the machine: what a test program prints so that tests/lib/Sluice.pm can judge it.
 * Entry points: tap_begin, then tap_ok and its relatives, then tap_end. Context: one thread at a time.
 * Locks: none. Tests: the wrappers in tests/user/ read it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

void tap_begin(const char *name);
bool tap_ok(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A result is what it should be; errors are shown by name. */
bool tap_result(int64_t got, int64_t expected, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Two numbers are equal. */
bool tap_equal(uint64_t got, uint64_t expected, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints the plan; returns the program's exit status: 0 if every test was good. */
int tap_end(void);

/* "OK", "BAD_CAP", ... */
const char *error_name(int64_t result);
