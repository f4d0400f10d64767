// SPDX-License-Identifier: MIT
/*
 * Notifications: bits, masks, badges, waiters, deadlines; a ping-pong that hangs if one wake-up is lost.
 * Context: the program's first thread and a partner. Locks: none. Tests: this is one.
 */
#include "stress/lib/resources.h"
#include "tests/user/ipc/ipc.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"

#define PINGS 500u

static void test_bits(uint64_t notification)
{
    uint64_t bits = 99;
    tap_result(sluice_poll(notification, UINT64_MAX, &bits), 0, "poll of nothing");
    tap_equal(bits, 0, "finds no bit");
    tap_result(sluice_signal(notification, 0x8000000000000005ull), 0, "signal");
    tap_result(sluice_signal(notification, 2), 0, "signal of another bit");
    tap_result(sluice_wait(notification, 6, SLUICE_FOREVER, &bits), 0, "wait for bits that are set");
    tap_equal(bits, 6, "returns those of the mask");
    tap_result(sluice_poll(notification, UINT64_MAX, &bits), 0, "poll");
    tap_equal(bits, 0x8000000000000001ull, "returns the others, once");
    tap_result(sluice_wait(notification, 1, sluice_deadline_ms(20), &bits), SLUICE_E_TIMEOUT,
               "wait for 20 ms");
    int64_t result = sluice_wait(notification, 1, SLUICE_NOW, &bits);
    tap_ok(result == SLUICE_E_TIMEOUT || result == SLUICE_E_WOULD_BLOCK, "wait without waiting (%s)",
           error_name(result));
}

static void test_badge(uint64_t notification)
{
    uint64_t bits = 0, badged = sluice_slot_alloc();
    tap_result(sluice_cap_copy(0, badged, notification, SLUICE_RIGHT_WRITE, 0x30), 0,
               "a capability with a badge");
    tap_result(sluice_signal(badged, 0xf), 0, "signal through it");
    sluice_poll(notification, UINT64_MAX, &bits);
    tap_equal(bits, 0x30, "sets the bits of the badge");
    sluice_slot_drop(badged);
}

struct ping {
    uint64_t to, from;
    uint64_t count;
};

static void pong_body(void *argument)
{
    struct ping *ping = argument;
    while (ping->count < PINGS && sluice_wait(ping->to, 1, sluice_deadline_ms(5000), NULL) == 0) {
        ping->count++;
        sluice_signal(ping->from, 1);
    }
}

static void test_ping_pong(unsigned cpu, uint64_t to, uint64_t from)
{
    struct ping ping = {.to = to, .from = from};
    struct sluice_thread *thread = partner_start(pong_body, &ping, cpu);
    unsigned back = 0;
    for (unsigned i = 0; i < PINGS; i++) {
        sluice_signal(to, 1);
        back += sluice_wait(from, 1, sluice_deadline_ms(5000), NULL) == 0;
    }
    partner_join(thread, "pong");
    tap_ok(back == PINGS && ping.count == PINGS, "%u pings, %u came back", PINGS, back);
}

struct waiter {
    uint64_t notification, mask, bits;
    int64_t result;
};

static void wait_body(void *argument)
{
    struct waiter *waiter = argument;
    waiter->result = sluice_wait(waiter->notification, waiter->mask, sluice_deadline_ms(5000), &waiter->bits);
}

/* Two waiters for different bits: each gets its own, whoever came first. */
static void test_two_waiters(unsigned cpu, uint64_t notification)
{
    struct waiter waiters[2] = {{.notification = notification, .mask = 1},
                                {.notification = notification, .mask = 2}};
    struct sluice_thread *threads[2];
    for (unsigned i = 0; i < 2; i++) {
        threads[i] = partner_start(wait_body, &waiters[i], cpu);
    }
    tap_ok(partners_queued(notification, QUEUE_WAITERS, 2), "two waiters are counted");
    sluice_signal(notification, 2);
    partner_join(threads[1], "second waiter");
    sluice_signal(notification, 1);
    partner_join(threads[0], "first waiter");
    tap_ok(waiters[0].bits == 1 && waiters[1].bits == 2, "each waiter gets the bits of its mask");
}

static void test_destroyed(unsigned cpu)
{
    struct waiter waiter = {resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0), 1, 0, 1};
    struct sluice_thread *thread = partner_start(wait_body, &waiter, cpu);
    tap_ok(partners_queued(waiter.notification, QUEUE_WAITERS, 1), "a thread waits");
    resource_object_end(waiter.notification);
    partner_join(thread, "waiter of a destroyed notification");
    tap_result(waiter.result, SLUICE_E_CANCELED, "its wait is canceled when the notification is destroyed");
}

void test_notifications(unsigned cpu)
{
    uint64_t first = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    uint64_t second = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    if (!tap_ok(first && second, "two notifications"))
        return;
    test_bits(first);
    test_badge(first);
    test_ping_pong(cpu, first, second);
    test_two_waiters(cpu, first);
    test_destroyed(cpu);
    resource_object_end(first);
    resource_object_end(second);
}
