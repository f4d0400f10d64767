// SPDX-License-Identifier: MIT
/*
 * Capabilities in messages: one and four, with their rights and badges, and windows that do not take them.
 * Context: the program's first thread and a partner. Locks: none. Tests: this is one.
 */
#include "stress/lib/resources.h"
#include "tests/user/ipc/ipc.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"

struct taker {
    uint64_t first, slots; /* its window */
    struct sluice_message message;
    int64_t result;
};

static void take_body(void *argument)
{
    struct taker *taker = argument;
    sluice_ipc_window(NULL, 0, taker->first, taker->slots);
    taker->result = sluice_receive(ipc_endpoint, &taker->message, sluice_deadline_ms(300), NULL);
}

static int64_t give(struct taker *taker, unsigned cpu, const uint64_t *slots, unsigned count)
{
    struct sluice_message message = {.tag = SLUICE_TAG(3, 1, count), .word = {42}};
    for (unsigned i = 0; i < count; i++)
        sluice_message_cap(&message, i, slots[i]);
    struct sluice_thread *thread = partner_start(take_body, taker, cpu);
    partners_queued(ipc_endpoint, QUEUE_RECEIVERS, 1);
    int64_t result = sluice_send(ipc_endpoint, &message, sluice_deadline_ms(3000));
    partner_join(thread, "taker");
    return result;
}

static void test_four(unsigned cpu, const uint64_t *slots)
{
    struct taker taker = {.first = sluice_slot_alloc_run(4), .slots = 4};
    tap_result(give(&taker, cpu, slots, 4), 0, "a message with four capabilities");
    tap_equal(taker.message.word[0], 42, "its word comes with them");
    tap_equal(SLUICE_TAG_CAPS(taker.message.tag), 4, "the tag counts them");
    bool good = true;
    for (unsigned i = 0; i < 4; i++) {
        struct sluice_cap_info info = {0};
        uint64_t slot = sluice_message_cap_slot(&taker.message, i);
        good &= slot == taker.first + i && sluice_cap_info(slot, &info) == 0;
        good &= info.type == SLUICE_TYPE_NOTIFICATION && info.badge == 100 + i;
    }
    tap_ok(good, "each lies in its slot of the window, with its badge");
    tap_result(sluice_signal(taker.first, 1), 0, "and can be used");
    tap_result(give(&taker, cpu, slots, 1), SLUICE_E_TRUNCATED, "a window whose slot is used has no room");
    sluice_slot_free_run(taker.first, 4);
    for (unsigned i = 0; i < 4; i++)
        sluice_cap_delete(0, taker.first + i);
}

static void test_no_window(unsigned cpu, const uint64_t *slots)
{
    struct taker taker = {.first = sluice_slot_alloc_run(2), .slots = 0};
    tap_result(give(&taker, cpu, slots, 1), SLUICE_E_TRUNCATED,
               "a receiver without a window gets no capability");
    tap_result(taker.result, SLUICE_E_TIMEOUT, "and does not get the message either");
    taker.slots = 2;
    tap_result(give(&taker, cpu, slots, 3), SLUICE_E_TRUNCATED, "a window of two does not take three");
    struct sluice_cap_info info;
    tap_result(sluice_cap_info(taker.first, &info), SLUICE_E_BAD_CAP, "and none of them was put there");
    sluice_slot_free_run(taker.first, 2);
}

void test_capabilities(unsigned cpu)
{
    uint64_t notification = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0), slots[4];
    for (unsigned i = 0; i < 4; i++) {
        slots[i] = sluice_slot_alloc();
        sluice_cap_copy(0, slots[i], notification, SLUICE_RIGHTS_ALL, 100 + i);
    }
    test_four(cpu, slots);
    test_no_window(cpu, slots);
    for (unsigned i = 0; i < 4; i++)
        sluice_slot_drop(slots[i]);
    resource_object_end(notification);
}
