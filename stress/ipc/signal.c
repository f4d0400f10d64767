// SPDX-License-Identifier: MIT
/*
 * mode=signal of stress/ipc: each client has a bit of one notification that a server waits on; the server signals back.
 * A bit that is lost leaves its client waiting for ever, which ends the run as a failure; one that comes twice makes the
 * numbers of both sides differ.
 * Context: worker threads. Locks: none. Tests: tests/user/stress.t.
 */
#include "smp/atomic.h"
#include "stress/ipc/ipc.h"

#define MARKER_SIGNAL 5

void ipc_signal_client_body(struct worker *worker)
{
    struct ipc_client *client = worker->context;
    marker_begin(MARKER_SIGNAL);
    while (worker_goes_on(worker)) {
        client->sent.count++;
        if (!worker_check(worker, sluice_signal(client->endpoint, 0) == 0, "a signal failed") ||
            !worker_check(worker, sluice_wait(client->back, 1, SLUICE_FOREVER, NULL) == 0, "a wait failed"))
            break;
        marker_operation(MARKER_SIGNAL);
        atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
    }
    marker_end(MARKER_SIGNAL);
}

static void server_answer(struct worker *worker, struct ipc_server *server, uint64_t bits)
{
    for (; bits; bits &= bits - 1) {
        uint64_t number = (uint64_t)__builtin_ctzll(bits);
        if (!worker_check(worker, number < server->setup->clients, "a bit is set that is nobody's"))
            return;
        struct ipc_account *received = &server->received[number];
        received->count += 1 + worker_errs(worker, received->count);
        worker_check(worker, sluice_signal(server->setup->client[number].back, 1) == 0,
                     "a signal back failed");
    }
}

void ipc_signal_server_body(struct worker *worker)
{
    struct ipc_server *server = worker->context;
    uint64_t bits = 0;
    while (!(bits & IPC_SIGNAL_END)) {
        bits = 0;
        if (!worker_check(worker, sluice_wait(server->endpoint, UINT64_MAX, SLUICE_FOREVER, &bits) == 0,
                          "a wait failed"))
            return;
        server_answer(worker, server, bits & ~IPC_SIGNAL_END);
    }
}
