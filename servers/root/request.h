// SPDX-License-Identifier: MIT
/*
 * The handler of requests to root, for the server loop. Context: main thread. Locks: none. Tests: tests/user/process/.
 */
#pragma once
#include "servers/lib/server.h"

bool request_handle(struct server *server, uint64_t badge, struct sluice_message *message);
