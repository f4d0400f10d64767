// SPDX-License-Identifier: MIT
/*
 * Reply rights: saved and used out of order, deleted, gone with their thread; waits that end with their object.
 * Context: the program's first thread and partners. Locks: none. Tests: this is one.
 */
#include "stress/lib/resources.h"
#include "tests/user/ipc/ipc.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"

struct caller {
    uint64_t endpoint, value;
    int64_t result;
};

static void call_body(void *argument)
{
    struct caller *caller = argument;
    struct sluice_message message = {.tag = SLUICE_TAG(1, 1, 0), .word = {caller->value}};
    caller->result = sluice_call(caller->endpoint, &message, sluice_deadline_ms(5000));
    caller->value = message.word[0];
}

static void test_saved(unsigned cpu)
{
    struct caller callers[3];
    struct sluice_thread *threads[3];
    uint64_t saved[3];
    for (unsigned i = 0; i < 3; i++) {
        callers[i] = (struct caller){.endpoint = ipc_endpoint, .value = i};
        threads[i] = partner_start(call_body, &callers[i], cpu);
        struct sluice_message message = {0};
        sluice_receive(ipc_endpoint, &message, sluice_deadline_ms(5000), NULL);
        saved[i] = sluice_slot_alloc();
        tap_result(sluice_reply_save(saved[i]), 0, "the right to answer caller %u is saved", i);
    }
    struct sluice_message message = {.tag = SLUICE_TAG(0, 1, 0), .word = {202}};
    tap_result(sluice_reply(saved[2], &message), 0, "the last caller is answered first");
    message = (struct sluice_message){.tag = SLUICE_TAG(0, 1, 0), .word = {200}};
    tap_result(sluice_reply(saved[0], &message), 0, "then the first");
    int64_t result = sluice_reply(saved[0], &message);
    tap_ok(result == SLUICE_E_BAD_CAP || result == SLUICE_E_NO_REPLY, "nobody is answered twice (%s)",
           error_name(result));
    tap_result(sluice_cap_delete(0, saved[1]), 0, "the second one's right is deleted");
    for (unsigned i = 0; i < 3; i++)
        partner_join(threads[i], "caller");
    tap_ok(callers[0].result == 0 && callers[0].value == 200 && callers[2].result == 0 &&
               callers[2].value == 202,
           "each got its own answer");
    tap_result(callers[1].result, SLUICE_E_PEER_DIED, "a deleted right ends the call");
    for (unsigned i = 0; i < 3; i++)
        sluice_slot_drop(saved[i]);
}

static void test_nobody(void)
{
    struct sluice_message message = {0};
    tap_result(sluice_reply(0, &message), SLUICE_E_NO_REPLY, "reply without a caller");
    uint64_t slot = sluice_slot_alloc();
    tap_result(sluice_reply_save(slot), SLUICE_E_NO_REPLY, "reply_save without a caller");
    sluice_slot_free(slot);
}

static void take_and_end_body(void *argument)
{
    struct sluice_message message = {0};
    (void)argument;
    sluice_receive(ipc_endpoint, &message, sluice_deadline_ms(5000), NULL);
}

/* A server that ends without answering. */
static void test_server_ends(unsigned cpu)
{
    struct sluice_thread *server = partner_start(take_and_end_body, NULL, cpu);
    /* The thread's end leaves its caller waiting until the thread is destroyed, which the join does. */
    struct caller caller = {.endpoint = ipc_endpoint};
    struct sluice_thread *thread = partner_start(call_body, &caller, cpu);
    partner_join(server, "server that ends");
    partner_join(thread, "its caller");
    tap_result(caller.result, SLUICE_E_PEER_DIED, "the caller of a thread that ends hears of it");
}

/* Destroying an endpoint ends the waits on it. */
static void test_endpoint_destroyed(unsigned cpu)
{
    struct caller caller = {.endpoint = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, 0, 0)};
    struct sluice_thread *thread = partner_start(call_body, &caller, cpu);
    tap_ok(partners_queued(caller.endpoint, QUEUE_SENDERS, 1), "a caller waits");
    tap_result(resource_object_end(caller.endpoint), 0, "its endpoint is destroyed");
    partner_join(thread, "caller of a destroyed endpoint");
    tap_result(caller.result, SLUICE_E_CANCELED, "its wait is canceled");
}

static void test_thread_stopped(unsigned cpu)
{
    struct caller caller = {.endpoint = ipc_endpoint};
    struct sluice_thread *thread = partner_start(call_body, &caller, cpu);
    tap_ok(partners_queued(caller.endpoint, QUEUE_SENDERS, 1), "a caller waits");
    tap_result(sluice_thread_stop(thread->slot), 0, "it is stopped");
    tap_equal(resource_detail(ipc_endpoint, 0), 0, "it left the endpoint's queue");
    tap_result(sluice_thread_resume(thread->slot), 0, "it goes on");
    partner_join(thread, "stopped caller");
    tap_result(caller.result, SLUICE_E_CANCELED, "its wait was canceled");
}

void test_replies(unsigned cpu)
{
    test_saved(cpu);
    test_nobody();
    test_server_ends(cpu);
    test_endpoint_destroyed(cpu);
    test_thread_stopped(cpu);
}
