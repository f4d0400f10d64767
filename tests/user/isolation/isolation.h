// SPDX-License-Identifier: MIT
/*
 * What test/isolation tries: instructions that a program may not execute, and states that it may not enter the kernel in.
 * Owns: the table of forbidden instructions. Entry points: below. Context: a probe's thread. Locks: none.
 * Tests: tests/user/isolation.t.
 */
#pragma once
#include <stdint.h>

struct forbidden {
    const char *name;
    void (*execute)(void);
    uint64_t vector; /* of the exception that it has to raise */
};
extern const struct forbidden forbidden[];
extern const unsigned forbidden_count;

/* SYSCALL null, entered with a stack pointer in the kernel, and with every flag set that a program can set. */
int64_t strange_stack(void);
int64_t strange_flags(void);
/* The address of the instruction that execute() of a forbidden row faults at is the function itself. */
