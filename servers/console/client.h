// SPDX-License-Identifier: MIT
/*
 * Client of the control server.
 * Entry points: below; each returns 0 or more, or minus an error, of the call or of the server. When the control server
 * does not answer within two seconds, that is TIMEOUT.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#pragma once
#include "kernel/abi/log.h"
#include "servers/control/protocol.h"
#include <stdbool.h>
#include <stdint.h>

int64_t client_status(struct control_status *status);
int64_t client_switch(bool on);
int64_t client_decision(uint64_t number, struct control_decision *decision);
int64_t client_setting(unsigned index, struct sluice_tunable_info *info);
int64_t client_set(unsigned index, uint64_t value);
