// SPDX-License-Identifier: MIT
/*
 * Client of the control server: one message for each function.
 * Entry points: see client.h. Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/client.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "servers/lib/thread.h"

#define CLIENT_TIMEOUT_MS 2000

/* Asks; a long reply goes to `reply`. */
static int64_t client_ask(enum control_label label, uint64_t first, uint64_t second, void *reply,
                          uint64_t bytes)
{
    struct sluice_message message = {.tag = SLUICE_TAG(label, 2, 0), .word = {first, second}};
    int64_t error;

    if (reply != NULL)
        sluice_window_set(reply, bytes, 0, 0);
    error = sluice_call(SLUICE_SLOT_PEER, &message, sluice_deadline_ms(CLIENT_TIMEOUT_MS));
    if (reply != NULL)
        sluice_window_set(NULL, 0, 0, 0);
    return error < 0 ? error : (int64_t)message.word[0];
}

int64_t client_status(struct control_status *status)
{
    return client_ask(CONTROL_STATUS, 0, 0, status, sizeof(*status));
}

int64_t client_switch(bool on)
{
    return client_ask(CONTROL_SWITCH, on, 0, NULL, 0);
}

int64_t client_decision(uint64_t number, struct control_decision *decision)
{
    return client_ask(CONTROL_DECISION, number, 0, decision, sizeof(*decision));
}

int64_t client_setting(unsigned index, struct sluice_tunable_info *info)
{
    return client_ask(CONTROL_SETTING, index, 0, info, sizeof(*info));
}

int64_t client_set(unsigned index, uint64_t value)
{
    return client_ask(CONTROL_SET, index, value, NULL, 0);
}
