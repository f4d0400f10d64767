// SPDX-License-Identifier: MIT
/*
 * The serial server: a 16550 driver as an ordinary process. The first thread serves requests, a second one waits for
 * interrupts, which come as bits of a notification.
 * Context: both threads. Locks: `lock`, for everything but the waiting. Tests: tests/boot/.
 */
#include "servers/lib/console_io.h"
#include "servers/lib/server.h"
#include "servers/lib/spawn.h"
#include "servers/lib/thread.h"
#include "servers/serial/input.h"
#include "servers/serial/output.h"
#include "servers/serial/uart.h"
#include <stddef.h>

enum { STATUS_NO_OBJECT = 2, STATUS_NO_IRQ = 3, STATUS_NO_THREAD = 4 };

static struct sluice_mutex lock;
static uint64_t interrupt; /* slot of the notification; fixed after start */

/* The line tells of a change only: it must be let through before the causes are looked at, and they must all be gone
 * before the next wait. */
static void interrupt_run(void *argument)
{
    (void)argument;
    for (;;) {
        sluice_wait(interrupt, 1, SLUICE_FOREVER, NULL);
        sluice_irq_ack(SLUICE_SLOT_IRQ);
        sluice_mutex_lock(&lock);
        do {
            input_pump();
            output_pump();
        } while (uart_interrupt_pending());
        sluice_mutex_unlock(&lock);
    }
}

static bool write_request_locked(const struct server *server, uint64_t badge, struct sluice_message *message)
{
    const uint8_t *text = (const uint8_t *)&message->word[1];
    uint64_t bytes = message->word[0];
    int64_t slot;

    if (message->tag & SLUICE_TAG_LONG) {
        text = server->buffer;
        bytes = message->word[5];
    } else if (bytes > 3 * sizeof(uint64_t)) {
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    }
    if (bytes > SLUICE_MESSAGE_LONG_MAX / 8)
        return server_answer(message, SLUICE_E_LIMIT, 0);
    if (output_write(badge, text, bytes)) {
        output_pump();
        return server_answer(message, 0, 0);
    }
    slot = server_reply_save();
    if (slot < 0 || output_queue(badge, text, bytes, (uint64_t)slot))
        return slot < 0 ? server_answer(message, slot, 0) : false;
    server_answer(message, SLUICE_E_LIMIT, 0);
    server_reply((uint64_t)slot, message);
    return false;
}

static bool drain_request_locked(struct sluice_message *message)
{
    int64_t slot;

    if (output_drained())
        return server_answer(message, 0, 0);
    slot = server_reply_save();
    if (slot < 0)
        return server_answer(message, slot, 0);
    if (!output_queue_drain((uint64_t)slot)) {
        server_answer(message, SLUICE_E_LIMIT, 0);
        server_reply((uint64_t)slot, message);
    }
    output_pump();
    return false;
}

static bool request_locked(const struct server *server, uint64_t badge, struct sluice_message *message)
{
    switch (SLUICE_TAG_LABEL(message->tag)) {
    case SLUICE_SERIAL_WRITE:
        return write_request_locked(server, badge, message);
    case SLUICE_SERIAL_DRAIN:
        return drain_request_locked(message);
    case SLUICE_SERIAL_READ:
        if (!(badge & SLUICE_SERIAL_INPUT))
            return server_answer(message, SLUICE_E_NOT_ALLOWED, 0);
        return input_read(message);
    default:
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    }
}

static bool request_handle(struct server *server, uint64_t badge, struct sluice_message *message)
{
    sluice_mutex_lock(&lock);
    bool answer = request_locked(server, badge, message);
    sluice_mutex_unlock(&lock);
    return answer;
}

int main(int count, char **words)
{
    static uint8_t window[SLUICE_MESSAGE_LONG_MAX];
    struct server server = {.endpoint = SLUICE_SLOT_SERVICE,
                            .handle = request_handle,
                            .buffer = window,
                            .buffer_bytes = sizeof window};

    (void)count, (void)words;
    interrupt = sluice_slot_alloc();
    if (sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, interrupt, 0, 0) < 0)
        return STATUS_NO_OBJECT;
    uart_start();
    if (sluice_irq_bind(SLUICE_SLOT_IRQ, interrupt, 1) < 0 || sluice_irq_ack(SLUICE_SLOT_IRQ) < 0)
        return STATUS_NO_IRQ;
    if (!sluice_thread_create(interrupt_run, NULL, 0, 0, 0))
        return STATUS_NO_THREAD;
    sluice_process_ready();
    return (int)server_run(&server);
}
