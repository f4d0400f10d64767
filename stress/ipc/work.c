// SPDX-License-Identifier: MIT
/*
 * What clients and servers of stress/ipc do: the loops that are measured.
 * Context: worker threads. Locks: none. Tests: tests/user/stress.t.
 */
#include "smp/atomic.h"
#include "stress/ipc/ipc.h"

#define MARKER_IPC 1

/* The last byte of a long part follows the question, so that a part cut short or of another call is seen. */
static void client_fill(struct ipc_client *client, struct sluice_message *message, uint64_t question)
{
    const struct ipc_setup *setup = client->setup;
    *message = (struct sluice_message){.tag = SLUICE_TAG(IPC_LABEL_WORK, setup->words, 0),
                                       .word = {question, client->number}};
    if (!setup->bytes)
        return;
    client->buffer[0] = (uint8_t)question;
    client->buffer[setup->bytes - 1] = (uint8_t)question;
    sluice_message_long(message, client->buffer, setup->bytes);
}

static bool client_call(struct worker *worker, struct ipc_client *client)
{
    struct sluice_message message;
    uint64_t question = ipc_answer(worker->ops + client->number * 0x100000001ull);
    client_fill(client, &message, question);
    int64_t result = sluice_call(client->endpoint, &message, SLUICE_FOREVER);
    if (!worker_check(worker, result == 0, "a call failed") ||
        !worker_check(worker, message.word[0] == ipc_answer(question),
                      "an answer is not that of its question"))
        return false;
    client->sent.count++;
    client->sent.sum += question;
    return true;
}

void ipc_client_body(struct worker *worker)
{
    struct ipc_client *client = worker->context;
    marker_begin(MARKER_IPC);
    while (worker_goes_on(worker) && client_call(worker, client)) {
        marker_operation(MARKER_IPC);
        atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
    }
    marker_end(MARKER_IPC);
}

static bool server_serve(struct worker *worker, struct ipc_server *server, struct sluice_message *message,
                         uint64_t badge)
{
    const struct ipc_setup *setup = server->setup;
    uint64_t question = message->word[0], number = badge - 1;
    bool good = worker_check(worker, number < setup->clients && message->word[1] == number,
                             "a message has a wrong badge");
    if (setup->bytes)
        good =
            good && worker_check(worker,
                                 message->word[5] == setup->bytes && server->buffer[0] == (uint8_t)question &&
                                     server->buffer[setup->bytes - 1] == (uint8_t)question,
                                 "a long part is not that of its message");
    if (good) {
        server->received[number].count++;
        server->received[number].sum += question + worker_errs(worker, server->received[number].count);
    }
    *message = (struct sluice_message){.tag = SLUICE_TAG(0, setup->words, 0), .word = {ipc_answer(question)}};
    return good;
}

void ipc_server_body(struct worker *worker)
{
    struct ipc_server *server = worker->context;
    struct sluice_message message = {0};
    uint64_t badge;
    if (server->setup->bytes)
        sluice_ipc_window(server->buffer, server->setup->bytes, 0, 0);
    int64_t result = sluice_receive(server->endpoint, &message, SLUICE_FOREVER, &badge);
    while (result == 0 && SLUICE_TAG_LABEL(message.tag) == IPC_LABEL_WORK) {
        server_serve(worker, server, &message, badge);
        result = sluice_reply_receive(server->endpoint, &message, SLUICE_FOREVER, &badge);
    }
    worker_check(worker, result == 0, "a receive failed");
    message = (struct sluice_message){0};
    sluice_reply(0, &message);
}
