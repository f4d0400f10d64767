// SPDX-License-Identifier: MIT
/*
 * stress/ipc: clients call servers. mode=pairs: client and server on one processor; mode=cross: on two neighbours;
 * mode=fan: every client calls one server, with away=1 from other processors than its own; mode=signal: the same by
 * notifications (signal.c). pools=own gives each endpoint a pool, pools=shared one pool to all.
 * Oracle: each answer is a function of the question that only the server computes; at the end, what each client sent
 * and what its server received from it, by badge, have the same sum and number; no object is left in a pool.
 * Context: a process of its own. Locks: none. Tests: tests/user/stress.t, tests/user/flip/.
 */
#include "stress/ipc/ipc.h"
#include "servers/lib/process.h"
#include "stress/lib/arguments.h"
#include <stdio.h>
#include <stdlib.h>

static struct ipc_setup setup = {.words = 4, .per_cpu = 1};
static struct crew crew;

static const char *const modes[] = {"pairs", "cross", "fan", "signal", NULL};
static const char *const pool_words[] = {"own", "shared", NULL};

static bool setup_parse(int argc, char **argv)
{
    const struct argument arguments[] = {
        CREW_ARGUMENTS(crew),
        {.key = "mode", .choice = &setup.mode, .words = modes},
        {.key = "pools", .choice = &setup.pools, .words = pool_words},
        {.key = "per_cpu", .number = &setup.per_cpu, .minimum = 1, .maximum = 16},
        {.key = "words", .number = &setup.words, .minimum = 2, .maximum = SLUICE_MESSAGE_WORDS},
        {.key = "away", .number = &setup.away, .minimum = 0, .maximum = 1},
        {.key = "bytes", .number = &setup.bytes, .minimum = 0, .maximum = SLUICE_MESSAGE_LONG_MAX},
        {0},
    };
    if (!arguments_parse(argc, argv, arguments))
        return false;
    if (setup.mode == IPC_CROSS && crew.cpus < 2) {
        printf("mode=cross needs cpus=2 or more\n");
        return false;
    }
    crew.mode = modes[setup.mode];
    setup.clients = crew.cpus * setup.per_cpu;
    setup.servers = ipc_one_server(&setup) ? 1 : setup.clients;
    if (setup.mode == IPC_SIGNAL && setup.clients > IPC_SIGNAL_CLIENTS_MAX) {
        printf("mode=signal has a bit for each of at most %u clients\n", IPC_SIGNAL_CLIENTS_MAX);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!crew_init(&crew, "ipc") || !setup_parse(argc, argv))
        return 2;
    if (!ipc_prepare(&setup, &crew)) {
        printf("ipc: not enough memory, pools or slots\n");
        return 3;
    }
    if (crew_run(&crew)) {
        ipc_servers_end(&setup);
        if (crew_dismiss(&crew))
            ipc_judge(&setup, &crew);
    }
    return crew_report(&crew);
}
