// SPDX-License-Identifier: MIT
/*
 * The event log: one ring for each CPU, written by that CPU only, mapped read-only by user level.
 * Entry points: log_event. Context: kernel, any. Locks: none. Tests: tests/user/counters/.
 */
#pragma once
#include "kernel/abi/log.h"
#include <stdint.h>

void log_event(enum sluice_event_kind kind, uint32_t a, uint64_t b, uint64_t c);
