// SPDX-License-Identifier: MIT
/*
 * The parts of stress/ipc: what is set up, the bodies of clients and servers, the oracle.
 * Owns: struct ipc_setup. Context: see each. Locks: none. Tests: tests/user/stress.t.
 */
#pragma once
#include "stress/lib/crew.h"
#include "stress/lib/resources.h"
#include <stdbool.h>
#include <stdint.h>

enum ipc_mode { IPC_PAIRS, IPC_CROSS, IPC_FAN, IPC_SIGNAL };
enum ipc_pools { IPC_POOLS_OWN, IPC_POOLS_SHARED };

/* What one side saw of one client. */
struct ipc_account {
    uint64_t count, sum;
};

struct ipc_client {
    uint64_t endpoint; /* slot: with the client's number + 1 as badge, or its bit */
    uint64_t back;     /* slot of a notification, mode=signal */
    uint64_t number;
    struct ipc_setup *setup;
    uint8_t *buffer;
    struct ipc_account sent;
} __attribute__((aligned(64)));

struct ipc_server {
    struct resource_pool pool; /* slot 0: it lies in that of server 0 */
    uint64_t endpoint;         /* or a notification, mode=signal */
    struct ipc_setup *setup;
    uint8_t *buffer;
    struct ipc_account *received; /* by client number */
} __attribute__((aligned(64)));

struct ipc_setup {
    unsigned mode, pools;
    uint64_t per_cpu, words, bytes;
    uint64_t away; /* fan: 1 keeps the clients off the server's processor */
    uint64_t clients, servers;
    struct ipc_client *client;
    struct ipc_server *server;
    uint64_t objects; /* in our own pool, before anything was made */
};

#define IPC_LABEL_WORK 1u
#define IPC_LABEL_END 2u

/* Many clients, one server. */
static inline bool ipc_one_server(const struct ipc_setup *setup)
{
    return setup->mode == IPC_FAN || setup->mode == IPC_SIGNAL;
}

/* What a server answers to a question: no copy of the question, nor of another answer, passes for it. */
static inline uint64_t ipc_answer(uint64_t question)
{
    return (question ^ 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
}

/* prepare.c: pools, endpoints, badges, workers; afterwards, that all of it goes away. */
bool ipc_prepare(struct ipc_setup *setup, struct crew *crew);
void ipc_servers_end(struct ipc_setup *setup);
void ipc_judge(struct ipc_setup *setup, struct crew *crew);

/* work.c: bodies of workers. */
void ipc_client_body(struct worker *worker);
void ipc_server_body(struct worker *worker);

/* signal.c: the same for mode=signal. */
#define IPC_SIGNAL_CLIENTS_MAX 63u
#define IPC_SIGNAL_END (1ull << 63)
void ipc_signal_client_body(struct worker *worker);
void ipc_signal_server_body(struct worker *worker);
