// SPDX-License-Identifier: MIT
/*
 * Handlers of messages, for the server loop. Context: the serving thread; server->context is its struct worker.
 * Locks: the client's mutex, inside. Tests: tests/user/memory/.
 */
#pragma once
#include "servers/lib/server.h"

/* Clients, at a worker's endpoint: the badge is the process number, with MEMORY_BADGE_FIRST. */
bool request_handle(struct server *server, uint64_t badge, struct sluice_message *message);
/* Root, at the control endpoint. */
bool control_handle(struct server *server, uint64_t badge, struct sluice_message *message);
