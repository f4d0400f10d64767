// SPDX-License-Identifier: MIT
/*
 * Input.
 * Context: see input.h. Locks: the server's is held. Tests: tests/boot/.
 *
 * A reader whose deadline passed is not there any more when its answer comes: the characters stay for the next one.
 */
#include "servers/serial/input.h"
#include "servers/lib/console_io.h"
#include "servers/lib/process.h"
#include "servers/lib/server.h"
#include "servers/serial/ring.h"
#include "servers/serial/uart.h"
#include <string.h>

static struct ring receive;
static uint64_t reader;      /* saved reply right, 0: nobody waits */
static uint64_t reader_most; /* bytes it takes */

/* Fills the answer without taking anything yet; returns how many bytes are in it. */
static uint32_t answer_fill(struct sluice_message *message, uint64_t most)
{
    uint8_t bytes[SLUICE_SERIAL_READ_MAX] = {0};
    uint32_t count = 0;

    while (count < most && count < sizeof bytes && count < ring_used(&receive)) {
        bytes[count] = receive.bytes[(receive.tail + count) % RING_BYTES];
        count++;
    }
    *message = (struct sluice_message){.tag = SLUICE_TAG(0, 6, 0), .word = {count}};
    memcpy(&message->word[1], bytes, sizeof bytes);
    return count;
}

bool input_read(struct sluice_message *message)
{
    uint64_t most = message->word[0];

    if (most == 0)
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    if (ring_used(&receive)) {
        receive.tail += answer_fill(message, most);
        return true;
    }
    int64_t slot = server_reply_save();
    if (slot < 0)
        return server_answer(message, slot, 0);
    if (reader) /* an earlier read, given up by now or by somebody else: it ends with an error */
        sluice_slot_drop(reader);
    reader = (uint64_t)slot;
    reader_most = most;
    return false;
}

void input_pump(void)
{
    struct sluice_message message;
    uint8_t byte;

    while (uart_take(&byte, 1))
        if (ring_room(&receive)) /* else it is lost, as on any terminal */
            ring_put(&receive, byte);
    if (!reader || !ring_used(&receive))
        return;
    uint32_t count = answer_fill(&message, reader_most);
    if (server_reply(reader, &message) == 0)
        receive.tail += count;
    reader = 0;
}
