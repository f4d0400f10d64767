// SPDX-License-Identifier: MIT
/*
 * Words, labels and badges of messages; deadlines; the order of senders.
 * Context: the program's first thread and a partner. Locks: none. Tests: this is one.
 */
#include "stress/lib/resources.h"
#include "tests/user/ipc/ipc.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"

#define ROUNDS 300u
#define BADGE 0x1234567890abcdefull
#define LABEL_END 99u

/* Answers each call with its words plus 1 and its label plus 1, and word 5 = the badge, until LABEL_END. */
static void echo_body(void *argument)
{
    struct sluice_message message = {0};
    uint64_t badge, *served = argument;
    int64_t result = sluice_receive(ipc_endpoint, &message, SLUICE_FOREVER, &badge);
    while (result == 0 && SLUICE_TAG_LABEL(message.tag) != LABEL_END) {
        (*served)++;
        for (unsigned i = 0; i < 5; i++)
            message.word[i]++;
        message.word[5] = badge;
        message.tag = SLUICE_TAG(SLUICE_TAG_LABEL(message.tag) + 1, 6, 0);
        result = sluice_reply_receive(ipc_endpoint, &message, SLUICE_FOREVER, &badge);
    }
    message = (struct sluice_message){0};
    sluice_reply(0, &message);
}

static bool call_once(uint64_t cap, uint64_t seed)
{
    struct sluice_message message = {.tag = SLUICE_TAG(seed & 31, 6, 0)};
    for (unsigned i = 0; i < 6; i++)
        message.word[i] = seed * 1000003 + i;
    if (sluice_call(cap, &message, sluice_deadline_ms(5000)) != 0 ||
        SLUICE_TAG_LABEL(message.tag) != (seed & 31) + 1)
        return false;
    for (unsigned i = 0; i < 5; i++)
        if (message.word[i] != seed * 1000003 + i + 1)
            return false;
    return message.word[5] == BADGE;
}

static void test_echo(unsigned cpu)
{
    uint64_t served = 0, badged = sluice_slot_alloc();
    unsigned good = 0;
    struct sluice_thread *server = partner_start(echo_body, &served, cpu);
    tap_result(sluice_cap_copy(0, badged, ipc_endpoint, SLUICE_RIGHT_WRITE, BADGE), 0, "a badge of 64 bits");
    for (unsigned i = 0; i < ROUNDS; i++)
        good += call_once(badged, i);
    tap_equal(good, ROUNDS, "every call is answered with its own words and badge");
    struct sluice_message end = {.tag = SLUICE_TAG(LABEL_END, 0, 0)};
    tap_result(sluice_call(badged, &end, sluice_deadline_ms(5000)), 0, "the server is told to end");
    partner_join(server, "echo");
    tap_equal(served, ROUNDS, "the server saw each call once");
    sluice_slot_drop(badged);
}

static void test_deadlines(void)
{
    struct sluice_message message = {0};
    int64_t result = sluice_call(ipc_endpoint, &message, SLUICE_NOW);
    tap_ok(result == SLUICE_E_TIMEOUT || result == SLUICE_E_WOULD_BLOCK,
           "call to nobody without waiting (%s)", error_name(result));
    result = sluice_receive(ipc_endpoint, &message, SLUICE_NOW, NULL);
    tap_ok(result == SLUICE_E_TIMEOUT || result == SLUICE_E_WOULD_BLOCK,
           "receive from nobody without waiting (%s)", error_name(result));
    uint64_t until = sluice_deadline_ms(20);
    tap_result(sluice_call(ipc_endpoint, &message, until), SLUICE_E_TIMEOUT, "call to nobody for 20 ms");
    tap_ok(sluice_clock() >= until, "waits as long as asked");
    until = sluice_deadline_ms(20);
    tap_result(sluice_send(ipc_endpoint, &message, until), SLUICE_E_TIMEOUT, "send to nobody for 20 ms");
    tap_result(sluice_receive(ipc_endpoint, &message, sluice_deadline_ms(20), NULL), SLUICE_E_TIMEOUT,
               "receive from nobody for 20 ms");
    tap_result(sluice_call(ipc_endpoint, &message, 1), SLUICE_E_TIMEOUT, "a deadline that has passed");
}

/* Takes one call and never answers. */
static void mute_body(void *argument)
{
    struct sluice_message message = {0};
    *(int64_t *)argument = sluice_receive(ipc_endpoint, &message, sluice_deadline_ms(5000), NULL);
    sluice_sleep_ms(60);
    message = (struct sluice_message){0};
    *(int64_t *)argument = sluice_reply(0, &message);
}

static void test_no_answer(unsigned cpu)
{
    int64_t replied = 1;
    struct sluice_message message = {0};
    struct sluice_thread *mute = partner_start(mute_body, &replied, cpu);
    partners_queued(ipc_endpoint, QUEUE_RECEIVERS, 1);
    tap_result(sluice_call(ipc_endpoint, &message, sluice_deadline_ms(20)), SLUICE_E_TIMEOUT,
               "a caller waits for the answer no longer than asked");
    partner_join(mute, "mute");
    tap_result(replied, SLUICE_E_NO_REPLY, "the answer that came too late is refused");
}

static void sender_body(void *argument)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, 1, 0), .word = {(uint64_t)argument}};
    sluice_send(ipc_endpoint, &message, sluice_deadline_ms(8000));
}

/* Senders that wait are served in the order in which they came. */
static void test_order(unsigned cpu)
{
    struct sluice_thread *senders[4];
    bool ordered = true;
    for (uint64_t i = 0; i < 4; i++) {
        senders[i] = partner_start(sender_body, (void *)i, i & 1 ? cpu : 0);
        ordered &= partners_queued(ipc_endpoint, QUEUE_SENDERS, i + 1);
    }
    tap_ok(ordered, "four senders wait");
    tap_equal(resource_detail(ipc_endpoint, 0), 4, "the endpoint counts them");
    for (uint64_t i = 0; i < 4; i++) {
        struct sluice_message message = {0};
        ordered &= sluice_receive(ipc_endpoint, &message, sluice_deadline_ms(5000), NULL) == 0 &&
                   message.word[0] == i;
    }
    tap_ok(ordered, "they are served in the order in which they came");
    for (unsigned i = 0; i < 4; i++)
        partner_join(senders[i], "sender");
}

void test_words(unsigned cpu)
{
    test_echo(cpu);
    test_deadlines();
    test_no_answer(cpu);
    test_order(cpu);
}
