// SPDX-License-Identifier: MIT
/*
 * Calls that are begun again: a receiver whose message could not be delivered, a call that faulted and was stopped, a
 * call whose fault was sent by way of another processor. Each must go on where it was, not where an older call was.
 * Context: the program's first thread, partners and probes. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/races/races.h"
#include <string.h>

#define LABEL_END 99u
#define WINDOW_BYTES 16u

static uint64_t endpoint, served;

/* Answers with what it got, plus 1; in words only, so that it can wait by the short path. */
static void serve_body(void *argument)
{
    static uint8_t window[WINDOW_BYTES];
    struct sluice_message message = {0};
    (void)argument;
    sluice_ipc_window(window, sizeof window, 0, 0);
    sluice_sleep_ms(20); /* the first call waits for us, so that it is taken from the queue */
    int64_t result = sluice_receive(endpoint, &message, SLUICE_FOREVER, NULL);
    while (result == 0 && SLUICE_TAG_LABEL(message.tag) != LABEL_END) {
        served++;
        message = (struct sluice_message){.tag = SLUICE_TAG(0, 1, 0), .word = {message.word[0] + 1}};
        result = sluice_reply_receive(endpoint, &message, SLUICE_FOREVER, NULL);
    }
    message = (struct sluice_message){0};
    sluice_reply(0, &message);
}

static bool ask(uint64_t value)
{
    struct sluice_message message = {.tag = SLUICE_TAG(0, 1, 0), .word = {value}};
    return sluice_call(endpoint, &message, SLUICE_FOREVER) == 0 && message.word[0] == value + 1;
}

struct sleeper {
    bool answered;
    uint64_t event;
    int64_t result;
};

/* A call that is taken from the queue, then another wait, which nothing that others do on the endpoint may end. */
static void sleeper_body(void *argument)
{
    struct sleeper *sleeper = argument;
    sleeper->answered = ask(1);
    sleeper->result = sluice_wait(sleeper->event, 1, sluice_deadline_ms(5000), NULL);
}

static void test_receiver(unsigned cpu)
{
    static uint8_t bytes[WINDOW_BYTES + 1];
    struct sleeper sleeper = {.event = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0)};
    served = 0;
    struct sluice_thread *server = partner_start(serve_body, NULL, cpu);
    struct sluice_thread *thread = partner_start(sleeper_body, &sleeper, cpu);
    sluice_sleep_ms(60);
    bool good = true;
    for (unsigned i = 0; i < 20; i++) {
        struct sluice_message message = {0};
        sluice_message_long(&message, bytes, sizeof bytes);
        good &= sluice_call(endpoint, &message, SLUICE_FOREVER) == SLUICE_E_TRUNCATED;
        sluice_sleep_ms(1);
    }
    tap_ok(good && ask(7), "a receiver whose message was too long waits again");
    tap_equal(served, 2, "calls that it got");
    sluice_signal(sleeper.event, 1);
    partner_join(thread, "caller before");
    tap_ok(sleeper.answered && sleeper.result == 0, "its caller before has no part in that (%s)",
           error_name(sleeper.result));
    struct sluice_message end = {.tag = SLUICE_TAG(LABEL_END, 0, 0)};
    sluice_call(endpoint, &end, sluice_deadline_ms(5000));
    partner_join(server, "server");
    resource_object_end(sleeper.event);
}

static void long_call_body(struct probe *probe)
{
    struct sluice_message message = {0};
    sluice_message_long(&message, (const void *)probe->argument, 8);
    sluice_sleep_ms(5); /* its pager waits when it faults */
    probe->result = (uint64_t)sluice_call(endpoint, &message, SLUICE_NOW);
}

static void info_body(struct probe *probe)
{
    sluice_sleep_ms(5);
    probe->result = (uint64_t)sluice_cap_info(endpoint, (struct sluice_cap_info *)probe->argument);
}

static struct probe_outcome faulted(struct probe *probe, void (*body)(struct probe *), void *where)
{
    probe->result = 0x5555;
    probe_start(probe, body, (uint64_t)where);
    return probe_collect(probe, 2000);
}

static void mend(void)
{
    struct sluice_message message = {0};
    sluice_reply(0, &message);
}

/* Stopped while it waits for its pager, and resumed: the same fault once more. */
static void test_stopped(struct probe *probe, void *where)
{
    struct probe_outcome first = faulted(probe, long_call_body, where);
    tap_ok(first.kind == PROBE_FAULT && first.address == (uint64_t)where, "a call faults on its buffer");
    bool good = true;
    for (unsigned i = 0; i < 20; i++) {
        good &= probe_stop(probe) && sluice_thread_resume(probe->thread) == 0;
        struct probe_outcome next = probe_collect(probe, 2000);
        good &= next.kind == PROBE_FAULT && next.address == (uint64_t)where;
    }
    tap_ok(good, "stopped and resumed, it faults there again");
}

static void test_mended(struct probe *probe, void (*body)(struct probe *), void *where, int64_t expected,
                        const char *name)
{
    struct probe_outcome outcome = faulted(probe, body, where);
    tap_ok(outcome.kind == PROBE_FAULT, "%s faults", name);
    *(volatile uint8_t *)where = 0; /* our own pager maps it */
    mend();
    tap_ok(probe_collect(probe, 2000).kind == PROBE_DONE, "it goes on when the page is there");
    tap_result((int64_t)probe->result, expected, "with its result");
    probe_stop(probe);
}

static void *page_take(void)
{
    void *where = NULL;
    sluice_memory_map(0, SLUICE_PAGE_BYTES, SLUICE_MAP_READ | SLUICE_MAP_WRITE, &where);
    return where;
}

void test_again(unsigned cpu)
{
    struct probe probe;
    endpoint = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, 0, 0);
    if (!tap_ok(endpoint && probe_init(&probe, cpu), "a thread on processor %u", cpu))
        return;
    test_receiver(cpu);
    void *pages[2] = {page_take(), page_take()};
    test_stopped(&probe, pages[0]);
    probe_stop(&probe);
    test_mended(&probe, long_call_body, pages[0], SLUICE_E_WOULD_BLOCK, "a call");
    test_mended(&probe, info_body, pages[1], 0, "cap_info");
    probe_end(&probe);
    for (unsigned i = 0; i < 2; i++)
        sluice_memory_unmap(pages[i], SLUICE_PAGE_BYTES);
    resource_object_end(endpoint);
}
