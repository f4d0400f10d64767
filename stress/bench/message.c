// SPDX-License-Identifier: MIT
/*
 * Messages: round trips with the threadlets of prepare.c, in our address space (near) and in another (far).
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "servers/lib/thread.h"
#include "stress/bench/loop.h"

OPERATION(call_near)
{
    return call_words(bench->near_endpoint, 0);
}

OPERATION(call_near_4)
{
    return call_words(bench->near_endpoint, 4);
}

OPERATION(call_near_6)
{
    return call_words(bench->near_endpoint, 6);
}

OPERATION(call_far)
{
    return call_words(bench->far_endpoint, 0);
}

OPERATION(call_far_4)
{
    return call_words(bench->far_endpoint, 4);
}

OPERATION(call_far_6)
{
    return call_words(bench->far_endpoint, 6);
}

/* The same bytes go there and come back. */
static inline __attribute__((always_inline)) int64_t call_bytes(const struct bench *bench, uint64_t bytes)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, 0, 0)};
    sluice_message_long(&message, bench->buffer, bytes);
    int64_t result = sluice_call(bench->long_endpoint, &message, SLUICE_FOREVER);
    return result | (message.word[5] == bytes ? 0 : -1);
}

OPERATION(call_far_64_bytes)
{
    return call_bytes(bench, 64);
}

OPERATION(call_far_64_words)
{
    return call_bytes(bench, 512);
}

OPERATION(call_far_4_kib)
{
    return call_bytes(bench, 4096);
}

/* The receiver deletes the capability before it answers. */
OPERATION(call_far_cap)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, 0, 1)};
    sluice_message_cap(&message, 0, bench->lonely);
    return sluice_call(bench->cap_endpoint, &message, SLUICE_FOREVER);
}

/* A message without an answer; the yield lets the receiver take it and wait for the next. */
OPERATION(send_receive)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, 0, 0)};
    return sluice_send(bench->sink, &message, SLUICE_FOREVER) | sluice_yield();
}

/* The server's side, in three calls and in two. */
OPERATION(reply_save)
{
    struct sluice_message message = {0};
    int64_t result = sluice_receive(bench->caller, &message, SLUICE_FOREVER, NULL);
    message = (struct sluice_message){0};
    return result | sluice_reply_save(bench->slot) | sluice_reply(bench->slot, &message);
}

OPERATION(receive_reply)
{
    struct sluice_message message = {0};
    int64_t result = sluice_receive(bench->caller, &message, SLUICE_FOREVER, NULL);
    message = (struct sluice_message){0};
    return result | sluice_reply(0, &message);
}

OPERATION(ipc_window)
{
    return sluice_ipc_window(bench->buffer, SLUICE_PAGE_BYTES, 0, 0);
}

int64_t bench_window_done(struct bench *bench)
{
    sluice_window_set(bench->buffer, SLUICE_PAGE_BYTES, 0, 0);
    return 0;
}
