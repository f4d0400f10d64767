// SPDX-License-Identifier: MIT
/*
 * The server loop: receive, handle, reply, for a thread that owns its window.
 * Entry points: server_run, server_reply_save. Context: one call for each thread that serves; threads may share an
 * endpoint. Locks: none. Tests: every server.
 *
 * A handler finds the request in *message and leaves the reply there. It returns true to reply, false when nobody shall
 * be answered now: it saved the reply right (server_reply_save), or dropped it (sluice_reply_save to a slot it deletes).
 */
#pragma once
#include "servers/lib/sluice.h"
#include <stdbool.h>
#include <stdint.h>

struct server {
    uint64_t endpoint; /* slot */
    bool (*handle)(struct server *server, uint64_t badge, struct sluice_message *message);
    void *context;
    /* Where long parts and capabilities of requests go; may be absent. The first slots are emptied before the next
     * receive: a handler moves away what it keeps. */
    void *buffer;
    uint64_t buffer_bytes;
    uint64_t window_slot;
    uint64_t window_slots;
    /* A deadline for the receive, 0 for none: when it passes, idle() runs and says the next one. */
    uint64_t deadline;
    uint64_t (*idle)(struct server *server);
};

/* Serves until the endpoint is destroyed; returns the error that ended it. */
int64_t server_run(struct server *server);
/* Moves the right to answer the current request to a new slot: > 0, or minus an error. To be used up by
 * server_reply. */
int64_t server_reply_save(void);
/* Answers a saved request and gives the slot back; NO_REPLY when the caller no longer waits. */
int64_t server_reply(uint64_t slot, struct sluice_message *message);

/* A reply of one or two words. Returns true, for handlers to return. */
static inline bool server_answer(struct sluice_message *message, int64_t result, uint64_t second)
{
    message->tag = SLUICE_TAG(0, 2, 0);
    message->word[0] = (uint64_t)result;
    message->word[1] = second;
    return true;
}
