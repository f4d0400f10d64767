// SPDX-License-Identifier: MIT
/*
 * Output.
 * Context: see output.h. Locks: the server's is held. Tests: tests/boot/.
 *
 * A process's text is passed on up to its last complete line; the rest waits for its end in a small buffer of its own,
 * so that lines do not mix. The console's is passed on at once; when another process's line comes while the console's is
 * unfinished, it begins on a new line.
 */
#include "servers/serial/output.h"
#include "servers/lib/console_io.h"
#include "servers/lib/server.h"
#include "servers/serial/ring.h"
#include "servers/serial/uart.h"
#include <stdlib.h>
#include <string.h>

#define PARTIALS 32u
#define PARTIAL_BYTES 256u
#define WRITERS 64u

struct partial {
    uint64_t badge; /* 0: unused */
    uint64_t used;  /* when, for choosing one to give up */
    size_t bytes;
    uint8_t text[PARTIAL_BYTES];
};

struct writer {
    uint64_t badge, reply;
    uint8_t *text; /* NULL: waits for everything before it to be sent */
    size_t bytes;
};

static struct ring transmit;
static struct partial partials[PARTIALS];
static struct writer writers[WRITERS]; /* first come, first served */
static unsigned writer_first, writer_count;
static uint64_t line_badge; /* whose unfinished line stands on the terminal, 0: none */

static void byte_put(uint8_t byte)
{
    if (byte == '\n')
        ring_put(&transmit, '\r');
    ring_put(&transmit, byte);
}

/* Whole lines, or the console's anything. */
static void text_put(uint64_t badge, const uint8_t *text, size_t bytes)
{
    if (bytes == 0)
        return;
    if (line_badge && line_badge != badge)
        byte_put('\n');
    for (size_t i = 0; i < bytes; i++)
        byte_put(text[i]);
    line_badge = text[bytes - 1] == '\n' ? 0 : badge;
}

static struct partial *partial_find(uint64_t badge)
{
    for (unsigned i = 0; i < PARTIALS; i++)
        if (partials[i].badge == badge)
            return &partials[i];
    return NULL;
}

static void partial_flush(struct partial *partial)
{
    text_put(partial->badge, partial->text, partial->bytes);
    partial->bytes = 0;
    partial->badge = 0;
}

/* A free one, or the one that was used longest ago, whose text goes out as it is. */
static struct partial *partial_take(uint64_t badge)
{
    static uint64_t time;
    struct partial *best = partial_find(0);

    for (unsigned i = 0; i < PARTIALS && !best; i++)
        best = &partials[i];
    for (unsigned i = 0; i < PARTIALS; i++)
        if (best->badge && partials[i].used < best->used)
            best = &partials[i];
    if (best->badge)
        partial_flush(best);
    best->badge = badge;
    best->used = ++time;
    return best;
}

static void partial_add(uint64_t badge, const uint8_t *text, size_t bytes)
{
    struct partial *partial = partial_find(badge);

    while (bytes) {
        if (!partial)
            partial = partial_take(badge);
        size_t room = PARTIAL_BYTES - partial->bytes, piece = bytes < room ? bytes : room;
        memcpy(partial->text + partial->bytes, text, piece);
        partial->bytes += piece;
        text += piece;
        bytes -= piece;
        if (partial->bytes == PARTIAL_BYTES) {
            partial_flush(partial);
            partial = NULL;
        }
    }
}

static size_t lines_bytes(const uint8_t *text, size_t bytes)
{
    while (bytes && text[bytes - 1] != '\n')
        bytes--;
    return bytes;
}

bool output_write(uint64_t badge, const uint8_t *text, size_t bytes)
{
    size_t whole = badge & SLUICE_SERIAL_RAW ? bytes : lines_bytes(text, bytes);
    struct partial *partial = whole ? partial_find(badge) : NULL;

    /* The most it can become: every byte a line end, and what had been put aside. */
    if (ring_room(&transmit) < 2 * bytes + 4 * PARTIAL_BYTES)
        return false;
    if (partial) { /* the line that begins in it ends in this text */
        size_t first = (size_t)((const uint8_t *)memchr(text, '\n', whole) - text) + 1;
        size_t held = partial->bytes;
        uint8_t held_text[PARTIAL_BYTES];
        memcpy(held_text, partial->text, held);
        partial->badge = 0;
        partial->bytes = 0;
        text_put(badge, held_text, held);
        text_put(badge, text, first);
        text_put(badge, text + first, whole - first);
    } else {
        text_put(badge, text, whole);
    }
    partial_add(badge, text + whole, bytes - whole);
    return true;
}

static bool writer_add(const struct writer *writer)
{
    if (writer_count == WRITERS)
        return false;
    writers[(writer_first + writer_count++) % WRITERS] = *writer;
    return true;
}

bool output_queue(uint64_t badge, const uint8_t *text, size_t bytes, uint64_t reply)
{
    struct writer writer = {.badge = badge, .reply = reply, .text = malloc(bytes), .bytes = bytes};

    if (!writer.text)
        return false;
    memcpy(writer.text, text, bytes);
    if (writer_add(&writer))
        return true;
    free(writer.text);
    return false;
}

bool output_queue_drain(uint64_t reply)
{
    return writer_add(&(struct writer){.reply = reply});
}

bool output_drained(void)
{
    return ring_used(&transmit) == 0 && uart_transmitter_empty();
}

static bool writer_done(const struct writer *writer)
{
    if (!writer->text)
        return output_drained();
    return output_write(writer->badge, writer->text, writer->bytes);
}

static void writers_serve(void)
{
    while (writer_count) {
        struct writer *writer = &writers[writer_first];
        struct sluice_message message = {0};
        if (!writer_done(writer))
            return;
        server_answer(&message, 0, 0);
        server_reply(writer->reply, &message);
        free(writer->text);
        writer_first = (writer_first + 1) % WRITERS;
        writer_count--;
    }
}

static void ring_pump(void)
{
    uint8_t piece[UART_FIFO_BYTES];

    while (ring_used(&transmit) && uart_transmitter_empty()) {
        size_t count = 0;
        while (count < sizeof piece && ring_used(&transmit))
            piece[count++] = ring_take(&transmit);
        uart_send(piece, count);
    }
}

void output_pump(void)
{
    do {
        ring_pump();
        writers_serve();
    } while (ring_used(&transmit) && uart_transmitter_empty());
    uart_transmit_interrupt(ring_used(&transmit) || writer_count);
}
