// SPDX-License-Identifier: MIT
/*
 * Threadlets: threads of a few instructions that need no stack and no data, so that they can live in an address space
 * that holds one page of code. They stand for a program of its own where a whole process would be too much.
 * Entry points: below. Context: any thread of the program that makes them. Locks: none. Tests: stress/bench/,
 * stress/pools.
 */
#pragma once
#include "stress/lib/resources.h"
#include <stdbool.h>
#include <stdint.h>

/* Where the page of code lies in a space that has it. */
#define THREADLET_ADDRESS 0x0000000000010000ull

enum threadlet_kind {
    THREADLET_ECHO, /* receives from the endpoint in slot `argument`, answers with the same words, for ever */
    THREADLET_SPIN, /* makes no system call at all */
    THREADLET_SIGNAL, /* signals the notification in slot `argument` and yields, for ever */
    THREADLET_PONG, /* waits for bit 0 of the notification in slot `argument`, signals bit 1 of it, for ever */
    THREADLET_LONG,   /* like ECHO, with a window for long parts: the page at THREADLET_BUFFER */
    THREADLET_TAKE,   /* like ECHO, deletes the capability that came and answers with nothing */
    THREADLET_SINK,   /* receives from the endpoint in slot `argument`, for ever */
    THREADLET_CALLER, /* calls the endpoint in slot `argument` with an empty message, for ever */
    THREADLET_TOUCH,  /* like ECHO, and writes a byte to the address in word 0 before it answers */
};
/* Where THREADLET_LONG wants a page, and the slot that THREADLET_TAKE takes capabilities into. */
#define THREADLET_BUFFER 0x0000000000020000ull
#define THREADLET_BUFFER_BYTES 4096u
#define THREADLET_TAKEN 2u

struct threadlet_code {
    struct resource_region region;
};

bool threadlet_init(struct threadlet_code *code);
/* No space has the code any more. */
int64_t threadlet_end(struct threadlet_code *code);
/* Gives a space the code. */
int64_t threadlet_map(const struct threadlet_code *code, uint64_t space);
/* Starts a stopped thread whose space has the code. `argument` is a slot of the thread's own cspace. */
int64_t threadlet_start(uint64_t thread, enum threadlet_kind kind, uint64_t argument);
