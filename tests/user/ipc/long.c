// SPDX-License-Identifier: MIT
/*
 * Long parts: whole, at odd addresses, across pages, in calls and in answers, and too long for the receiver.
 * Context: the program's first thread and a partner. Locks: none. Tests: this is one.
 */
#include "stress/lib/resources.h"
#include "tests/user/ipc/ipc.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"
#include <string.h>

#define BYTES_MAX SLUICE_MESSAGE_LONG_MAX
#define LABEL_END 99u

static uint8_t sent[BYTES_MAX + 64], received[BYTES_MAX + 64], served[BYTES_MAX + 64];

static uint8_t pattern(uint64_t seed, uint64_t i)
{
    return (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

/* Answers with the same bytes, each plus 1. */
static void long_body(void *argument)
{
    uint64_t window = *(uint64_t *)argument;
    struct sluice_message message = {0};
    sluice_ipc_window(served, window, 0, 0);
    int64_t result = sluice_receive(ipc_endpoint, &message, SLUICE_FOREVER, NULL);
    while (result == 0 && SLUICE_TAG_LABEL(message.tag) != LABEL_END) {
        uint64_t bytes = message.tag & SLUICE_TAG_LONG ? message.word[5] : 0;
        bool placed = bytes == 0 || message.word[4] == (uint64_t)served;
        for (uint64_t i = 0; i < bytes; i++)
            served[i]++;
        message = (struct sluice_message){.tag = SLUICE_TAG(0, 1, 0), .word = {placed}};
        sluice_message_long(&message, served, bytes);
        result = sluice_reply_receive(ipc_endpoint, &message, SLUICE_FOREVER, NULL);
    }
    message = (struct sluice_message){0};
    sluice_reply(0, &message);
}

/* With a deadline the kernel takes the long way, without the short one where it can. */
static bool in_haste;

static uint64_t call_deadline(void)
{
    return in_haste ? SLUICE_FOREVER : sluice_deadline_ms(5000);
}

static int64_t long_call(uint64_t bytes, unsigned shift, bool *whole)
{
    struct sluice_message message = {0};
    for (uint64_t i = 0; i < bytes; i++)
        sent[shift + i] = pattern(bytes, i);
    memset(received, 0xee, sizeof received);
    sluice_ipc_window(received + shift, BYTES_MAX, 0, 0);
    sluice_message_long(&message, sent + shift, bytes);
    int64_t result = sluice_call(ipc_endpoint, &message, call_deadline());
    *whole = result == 0 && message.word[5] == bytes && message.word[0] == 1;
    *whole = *whole && message.word[4] == (uint64_t)(received + shift);
    for (uint64_t i = 0; *whole && i < bytes; i++)
        *whole = received[shift + i] == (uint8_t)(pattern(bytes, i) + 1);
    *whole = *whole && received[shift + bytes] == 0xee;
    return result;
}

static void server_end(struct sluice_thread *server)
{
    struct sluice_message end = {.tag = SLUICE_TAG(LABEL_END, 0, 0)};
    sluice_call(ipc_endpoint, &end, sluice_deadline_ms(5000));
    partner_join(server, "long");
}

static void test_whole(unsigned cpu)
{
    static const uint64_t sizes[] = {1, 8, 64, 4095, 4096, 4097, 20000, BYTES_MAX - 1, BYTES_MAX};
    uint64_t window = BYTES_MAX;
    struct sluice_thread *server = partner_start(long_body, &window, cpu);
    bool whole;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t result = long_call(sizes[i], i * 3, &whole);
        tap_ok(whole, "%lu bytes there and back (%s)", (unsigned long)sizes[i], error_name(result));
    }
    int64_t result = long_call(0, 0, &whole);
    tap_ok(result == 0, "a long part of no bytes (%s)", error_name(result));
    server_end(server);
}

static void test_truncated(unsigned cpu)
{
    uint64_t window = 100;
    struct sluice_thread *server = partner_start(long_body, &window, cpu);
    bool whole;
    long_call(100, 0, &whole);
    tap_ok(whole, "a long part as long as the window");
    tap_result(long_call(101, 0, &whole), SLUICE_E_TRUNCATED, "a long part that is longer is refused");
    long_call(50, 0, &whole);
    tap_ok(whole, "the receiver still waits after that");
    server_end(server);
}

/* A window of no bytes was not checked, whatever its address: nothing is looked for there, whoever comes first. */
static void nowhere_body(void *argument)
{
    struct sluice_message message = {0};
    sluice_ipc_window(*(void **)argument, 0, 0, 0);
    sluice_receive(ipc_endpoint, &message, SLUICE_FOREVER, NULL);
    message = (struct sluice_message){.word = {message.word[4]}};
    sluice_reply(0, &message);
}

static void test_nowhere(unsigned cpu, bool receiver_first)
{
    static void *const windows[] = {NULL, (void *)0xffff800000000000ull, (void *)0xffff800040000000ull,
                                    (void *)0xffffffff80100000ull, (void *)0x8000000000000000ull};
    for (unsigned i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        void *window = windows[i];
        struct sluice_thread *server = partner_start(nowhere_body, &window, cpu);
        if (receiver_first)
            partners_queued(ipc_endpoint, QUEUE_RECEIVERS, 1);
        struct sluice_message message = {0};
        sluice_message_long(&message, sent, 0);
        int64_t result = sluice_call(ipc_endpoint, &message, call_deadline());
        tap_ok(result == 0 && message.word[0] == 0, "no bytes for a window of none at %p (%s)", window,
               error_name(result));
        if (result != 0)
            sluice_call(ipc_endpoint, &(struct sluice_message){0}, sluice_deadline_ms(5000));
        partner_join(server, "nowhere");
    }
}

void test_long_parts(unsigned cpu)
{
    for (unsigned i = 0; i < 2; i++) {
        in_haste = i;
        test_whole(cpu);
        test_truncated(cpu);
        test_nowhere(cpu, false);
        test_nowhere(cpu, true);
    }
    sluice_ipc_window(NULL, 0, 0, 0);
}
