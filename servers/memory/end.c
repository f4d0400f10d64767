// SPDX-License-Identifier: MIT
/*
 * Ends of processes, told to root.
 * Context: see end.h. Locks: ends_mutex. Tests: tests/user/process/.
 */
#include "servers/memory/end.h"

static struct sluice_mutex ends_mutex;
static struct client *ends_first, **ends_last = &ends_first; /* guarded by ends_mutex */
static uint64_t question; /* slot of root's reply right; guarded by ends_mutex */

static void end_message(const struct sluice_end *end, struct sluice_message *message)
{
    *message = (struct sluice_message){.tag = SLUICE_TAG(0, 6, 0),
                                       .word = {0, end->cause | (uint64_t)end->process << 32,
                                                (uint64_t)end->status, end->address, end->error, end->rip}};
}

void end_report_locked(struct client *client, const struct sluice_end *end)
{
    struct sluice_message message;
    uint64_t slot;

    if (client->ended)
        return;
    client->ended = true;
    client->end = *end;
    client->end.process = client->number;
    client->end_next = NULL;
    sluice_mutex_lock(&ends_mutex);
    slot = question;
    question = 0;
    if (!slot) {
        *ends_last = client;
        ends_last = &client->end_next;
    }
    sluice_mutex_unlock(&ends_mutex);
    end_message(&client->end, &message);
    if (slot)
        server_reply(slot, &message);
}

void end_forget_locked(struct client *client)
{
    struct client **link = &ends_first;

    sluice_mutex_lock(&ends_mutex);
    while (*link && *link != client)
        link = &(*link)->end_next;
    if (*link) {
        *link = client->end_next;
        if (!*link)
            ends_last = link;
    }
    sluice_mutex_unlock(&ends_mutex);
}

/* A client in the list stays what it is: client_drop takes it out. */
bool end_ask(struct sluice_message *message)
{
    sluice_mutex_lock(&ends_mutex);
    struct client *client = ends_first;
    if (client) {
        ends_first = client->end_next;
        if (!ends_first)
            ends_last = &ends_first;
        end_message(&client->end, message);
    } else {
        int64_t slot = server_reply_save();
        question = slot > 0 ? (uint64_t)slot : 0;
    }
    sluice_mutex_unlock(&ends_mutex);
    return client != NULL;
}
