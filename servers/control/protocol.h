// SPDX-License-Identifier: MIT
/*
 * What the control server understands: labels of messages to its service endpoint.
 * The reply's word 0 is the result: 0 or more, or minus an error; long replies go to the caller's window.
 * Shared by the control server and the console. Tests: tests/boot/console.t.
 */
#pragma once
#include "servers/control/decision.h"
#include <stdint.h>

enum control_label {
    CONTROL_STATUS = 1, /* -> long: struct control_status */
    CONTROL_SWITCH,     /* w0 1 on, 0 off */
    CONTROL_DECISION,   /* w0 number -> long: struct control_decision; the oldest kept when that one is gone;
                           NOT_FOUND past the last */
    CONTROL_SETTING,    /* w0 index -> long: struct sluice_tunable_info; NOT_FOUND past the last */
    CONTROL_SET,        /* w0 index, w1 value; OUT_OF_BOUNDS, NOT_FOUND */
};

struct control_status {
    uint64_t on;
    uint64_t period_us;
    uint64_t periods;
    uint64_t pools; /* watched now */
    uint64_t changes, rollbacks, freezes, refusals;
    uint64_t resets;         /* of the kernel's watchdog */
    uint64_t decisions;      /* ever made: the next one has this number */
    uint64_t decisions_from; /* the oldest kept */
};
