// SPDX-License-Identifier: MIT
/*
 * The server loop.
 * Entry points: see server.h. Context: the serving thread. Locks: none. Tests: every server.
 */
#include "servers/lib/server.h"
#include "servers/lib/process.h"
#include "servers/lib/runtime_internal.h"

/* Capabilities that the handler did not take away are dropped, else the next message could bring none. */
static void caps_drop(const struct server *server, unsigned count)
{
    for (unsigned i = 0; i < count && i < server->window_slots; i++)
        sluice_cap_delete(0, server->window_slot + i);
}

static uint64_t server_idle(struct server *server)
{
    if (server->idle && server->deadline && sluice_clock() >= server->deadline)
        server->deadline = server->idle(server);
    return server->deadline ? server->deadline : SLUICE_FOREVER;
}

int64_t server_run(struct server *server)
{
    struct sluice_message message;
    bool answer = false;

    sluice_window_set(server->buffer, server->buffer_bytes, server->window_slot, server->window_slots);
    for (;;) {
        uint64_t badge, deadline = server_idle(server);
        int64_t result = answer ? sluice_reply_receive(server->endpoint, &message, deadline, &badge)
                                : sluice_receive(server->endpoint, &message, deadline, &badge);
        answer = false;
        if (result == SLUICE_E_BAD_CAP || result == SLUICE_E_CANCELED || result == SLUICE_E_NO_RIGHT ||
            result == SLUICE_E_BAD_TYPE)
            return result;
        if (result < 0)
            continue; /* the deadline, or a reply that could not be given: its caller was told */
        unsigned caps = SLUICE_TAG_CAPS(message.tag);
        answer = server->handle(server, badge, &message);
        caps_drop(server, caps);
    }
}

int64_t server_reply_save(void)
{
    uint64_t slot = sluice_slot_alloc();
    int64_t result;

    if (!slot)
        return SLUICE_E_LIMIT;
    result = sluice_reply_save(slot);
    if (result < 0) {
        sluice_slot_free(slot);
        return result;
    }
    return (int64_t)slot;
}

int64_t server_reply(uint64_t slot, struct sluice_message *message)
{
    int64_t result = sluice_reply(slot, message);

    sluice_slot_drop(slot);
    return result;
}
