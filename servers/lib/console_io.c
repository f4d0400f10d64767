// SPDX-License-Identifier: MIT
/*
 * Output and input through the serial server.
 * Entry points: see console_io.h. Context: any thread. Locks: none. Tests: tests/user/process/.
 */
#include "servers/lib/console_io.h"
#include "servers/lib/runtime_internal.h"
#include <string.h>

__attribute__((weak)) int64_t runtime_output(const char *text, size_t bytes)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_SERIAL_WRITE, 1, 0), .word = {bytes}};
    int64_t result;

    if (bytes <= 3 * sizeof(uint64_t)) {
        message.tag = SLUICE_TAG(SLUICE_SERIAL_WRITE, 4, 0);
        memcpy(&message.word[1], text, bytes);
    } else {
        sluice_message_long(&message, text, bytes);
    }
    result = sluice_call(SLUICE_SLOT_OUTPUT, &message, SLUICE_FOREVER);
    return result < 0 ? result : (int64_t)message.word[0];
}

int64_t sluice_output(const char *text, size_t bytes)
{
    while (bytes) {
        size_t piece = bytes < SLUICE_MESSAGE_LONG_MAX / 4 ? bytes : SLUICE_MESSAGE_LONG_MAX / 4;
        int64_t result = runtime_output(text, piece);
        if (result < 0)
            return result;
        text += piece;
        bytes -= piece;
    }
    return 0;
}

int64_t sluice_output_drain(uint64_t deadline)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_SERIAL_DRAIN, 0, 0)};
    int64_t result = sluice_call(SLUICE_SLOT_OUTPUT, &message, deadline);

    return result < 0 ? result : (int64_t)message.word[0];
}

int64_t sluice_input(char *text, size_t bytes, uint64_t deadline)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_SERIAL_READ, 1, 0)};
    int64_t result;

    message.word[0] = bytes < SLUICE_SERIAL_READ_MAX ? bytes : SLUICE_SERIAL_READ_MAX;
    result = sluice_call(SLUICE_SLOT_INPUT, &message, deadline);
    if (result < 0 || (int64_t)message.word[0] < 0)
        return result < 0 ? result : (int64_t)message.word[0];
    memcpy(text, &message.word[1], message.word[0]);
    return (int64_t)message.word[0];
}
