// SPDX-License-Identifier: MIT
/*
 * The right to answer a call, once.
 * Owns: thread.reply_word. Context: kernel; a word without REPLY_SHARED may be claimed on the caller's home CPU only,
 * by plain stores; one with it from any CPU, by compare-and-swap. The caller chooses when it begins to wait, by whether
 * its partner lives on the same CPU, so that a call and its reply on one CPU do no atomic operation.
 * Locks: none. Tests: tests/user/ipc/.
 *
 *      reply_word: bit 0 waiting, bit 1 shared, bits 2.. sequence of the call
 *      a right is a struct cap of type REPLY: object the caller, badge the word as it was when the call was made
 */
#pragma once
#include "kernel/cap/object.h"
#include <stdbool.h>
#include <stdint.h>

struct thread;

#define REPLY_WAITING 1ull
#define REPLY_SHARED 2ull
#define REPLY_SEQUENCE 4ull

enum reply_claim {
    REPLY_CLAIMED, /* the caller is this operation's now */
    REPLY_GONE,    /* it does not wait any more */
    REPLY_FORWARD, /* only its home CPU may claim: *forward */
};

/* The caller (blocked, owned by this operation) begins to wait; its right goes to `replier`, which lives on `cpu`. */
void reply_begin(struct thread *caller, struct thread *replier);
/* Does the caller that this living right names still wait for it? */
bool reply_waits(const struct cap *right);
enum reply_claim reply_claim(const struct cap *right, uint32_t *forward);
/* Gives the claim back: the caller waits on. */
void reply_unclaim(struct thread *caller);
/* The caller itself, or its home CPU, stops waiting: true when it won. */
bool reply_cancel_cpu(struct thread *caller);
/* A right is lost: its caller gets PEER_DIED. False: go on at CPU *forward. */
bool reply_drop(const struct cap *right, uint32_t *forward);
