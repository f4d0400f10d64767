// SPDX-License-Identifier: MIT
/*
 * Telling root which processes cannot go on, without ever waiting for root: root asks, and is answered when there is
 * something to say.
 * Owns: the list of ends not told yet (in the clients themselves), root's open question. Entry points: below.
 * Context: end_report_locked a worker that holds the client's mutex; end_ask the control thread.
 * Locks: mutex of ends, a leaf. Tests: tests/user/process/.
 */
#pragma once
#include "servers/lib/server.h"
#include "servers/memory/client.h"

/* Only the first cause of a client's end counts. */
void end_report_locked(struct client *client, const struct sluice_end *end);
/* Root's question: true when *message holds the answer already, else it was put aside. */
bool end_ask(struct sluice_message *message);
/* The client is dropped: what was not told about it is forgotten. */
void end_forget_locked(struct client *client);
