// SPDX-License-Identifier: MIT
/*
 * Messages whose tags, lengths, buffers and slots lie: the sender's long part, the receiver's window.
 * Context: the program's first thread sends, the probe receives, or the other way round. Locks: none.
 * Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/thread.h"
#include "stress/lib/resources.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"

#define ENDPOINT (bench[SLUICE_TYPE_ENDPOINT])

static void test_window(struct probe *probe)
{
    static uint8_t buffer[64];
    static const struct {
        const char *name;
        uint64_t bytes, first, slots;
    } bad[] = {
        {"65537 bytes", SLUICE_MESSAGE_LONG_MAX + 1, 0, 0},
        {"2^63 bytes", 1ull << 63, 0, 0},
        {"2^64 - 1 bytes", UINT64_MAX, 0, 0},
        {"5 slots", 64, 20, 5},
        {"2^32 + 1 slots", 64, 20, (1ull << 32) + 1},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        probe->call =
            (struct raw_call){.number = SLUICE_SYS_ipc_window,
                              .argument = {(uint64_t)buffer, bad[i].bytes, bad[i].first, bad[i].slots}};
        struct probe_outcome outcome = probe_call(probe);
        tap_ok(outcome.kind == PROBE_DONE && (int64_t)probe->call.number == SLUICE_E_BAD_ARGUMENT,
               "ipc_window refuses %s (%s)", bad[i].name, error_name((int64_t)probe->call.number));
    }
}

static void test_tags(struct probe *probe)
{
    static const struct {
        const char *name;
        uint64_t tag;
    } bad[] = {{"7 words", 7}, {"5 capabilities", 5 << 3}, {"7 capabilities", 7 << 3}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        probe->call = (struct raw_call){.number = SLUICE_SYS_send, .argument = {ENDPOINT, bad[i].tag}};
        struct probe_outcome outcome = probe_call(probe);
        tap_ok(outcome.kind == PROBE_DONE && (int64_t)probe->call.number == SLUICE_E_BAD_ARGUMENT,
               "send refuses a tag with %s (%s)", bad[i].name, error_name((int64_t)probe->call.number));
    }
}

static void receive_body(struct probe *probe)
{
    sluice_ipc_window((void *)probe->argument, 4096, 0, 0);
    struct sluice_message message = {0};
    probe->result = (uint64_t)sluice_receive(ENDPOINT, &message, sluice_deadline_ms(300), NULL);
}

static void call_body(struct probe *probe)
{
    raw_call(&probe->call);
}

/* The probe sends from a bad buffer; we receive into a good one. */
static bool send_from(struct probe *probe, const struct hostile_address *bad)
{
    probe->call = (struct raw_call){.number = SLUICE_SYS_send,
                                    .argument = {ENDPOINT, SLUICE_TAG_LONG},
                                    .word4 = bad->address,
                                    .word5 = 64,
                                    .deadline = SLUICE_FOREVER};
    static uint8_t buffer[64];
    struct sluice_message message = {0};
    sluice_ipc_window(buffer, sizeof buffer, 0, 0);
    if (!probe_start(probe, call_body, 0))
        return false;
    int64_t received = sluice_receive(ENDPOINT, &message, sluice_deadline_ms(50), NULL);
    struct probe_outcome outcome = probe_collect(probe, 300);
    probe_stop(probe);
    bool good = received != 0 && hostile_judge(probe, outcome, bad->address, 64);
    if (bad->readable)
        good = received == 0 && outcome.kind == PROBE_DONE;
    if (!good)
        tap_note("long part from %s: received %s, sender %s at %#lx", bad->name, error_name(received),
                 probe_kind_name(outcome.kind), (unsigned long)outcome.address);
    return good;
}

/* We send a good buffer; the probe receives into a bad one. */
static bool receive_into(struct probe *probe, const struct hostile_address *bad)
{
    static uint8_t buffer[64];
    struct sluice_message message = {0};
    sluice_message_long(&message, buffer, sizeof buffer);
    if (!probe_start(probe, receive_body, bad->address))
        return false;
    int64_t sent = sluice_send(ENDPOINT, &message, sluice_deadline_ms(50));
    struct probe_outcome outcome = probe_collect(probe, 600);
    probe_stop(probe);
    /* Refused by ipc_window: then the message found no window. */
    bool good = hostile_judge(probe, outcome, bad->address, 64) ||
                (outcome.kind == PROBE_DONE && (int64_t)probe->result < 0) || sent == SLUICE_E_TRUNCATED;
    if (!good)
        tap_note("window at %s: sent %s, receiver %s at %#lx, result %s", bad->name, error_name(sent),
                 probe_kind_name(outcome.kind), (unsigned long)outcome.address,
                 error_name((int64_t)probe->result));
    return good;
}

static void test_long(struct probe *probe)
{
    bool sent = true, received = true;
    for (unsigned i = 0; i < HOSTILE_ADDRESSES; i++) {
        sent &= send_from(probe, &hostile_addresses[i]);
        received &= receive_into(probe, &hostile_addresses[i]);
    }
    tap_ok(sent, "a long part is never sent from memory that the sender can't read");
    tap_ok(received, "a long part is never put where the receiver can't write");
    probe->call = (struct raw_call){.number = SLUICE_SYS_send,
                                    .argument = {ENDPOINT, SLUICE_TAG_LONG},
                                    .word4 = BENCH_ADDRESS,
                                    .word5 = SLUICE_MESSAGE_LONG_MAX + 1};
    struct probe_outcome outcome = probe_call(probe);
    tap_ok(outcome.kind == PROBE_DONE && (int64_t)probe->call.number == SLUICE_E_BAD_ARGUMENT,
           "a long part of 65537 bytes is refused (%s)", error_name((int64_t)probe->call.number));
}

static void take_body(struct probe *probe)
{
    sluice_ipc_window(NULL, 0, probe->argument, 4);
    struct sluice_message message = {0};
    sluice_receive(ENDPOINT, &message, sluice_deadline_ms(300), NULL);
}

/* Capabilities that the sender does not have, or may not give. */
static void test_capabilities_sent(struct probe *probe)
{
    uint64_t kept = resource_weaker(bench[SLUICE_TYPE_NOTIFICATION], SLUICE_RIGHT_READ);
    uint64_t window = sluice_slot_alloc_run(4);
    const struct {
        const char *name;
        uint64_t slot;
        int64_t expected;
    } bad[] = {{"an empty slot", bench[BENCH_FREE], SLUICE_E_BAD_CAP},
               {"slot 0", 0, SLUICE_E_BAD_CAP},
               {"a slot out of range", 65535, SLUICE_E_BAD_CAP},
               {"a revoked capability", bench[BENCH_REVOKED], SLUICE_E_BAD_CAP},
               {"a capability that may not be copied", kept, SLUICE_E_NO_RIGHT}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sluice_message message = {.tag = SLUICE_TAG(0, 0, 1)};
        sluice_message_cap(&message, 0, bad[i].slot);
        probe_start(probe, take_body, window);
        int64_t sent = sluice_send(ENDPOINT, &message, sluice_deadline_ms(50));
        probe_collect(probe, 600);
        probe_stop(probe);
        tap_result(sent, bad[i].expected, "send refuses to give %s", bad[i].name);
    }
    struct sluice_cap_info info;
    tap_result(sluice_cap_info(window, &info), SLUICE_E_BAD_CAP,
               "and nothing was put into the receiver's window");
    sluice_slot_free_run(window, 4);
    sluice_slot_drop(kept);
}

static void small_body(struct probe *probe)
{
    static uint8_t buffer[64];
    struct sluice_message message = {0};
    sluice_ipc_window(buffer, sizeof buffer, probe->argument, 4);
    probe->result = (uint64_t)sluice_receive(ENDPOINT, &message, SLUICE_FOREVER, NULL);
}

/* A message that is refused leaves nothing in the receiver's window: else nobody could send it a capability again. */
static void test_refused_whole(struct probe *probe)
{
    static uint8_t buffer[128];
    uint64_t window = sluice_slot_alloc_run(4);
    struct sluice_cap_info info;
    struct sluice_message message = {.tag = SLUICE_TAG(0, 0, 1)};
    sluice_message_cap(&message, 0, ENDPOINT);
    sluice_message_long(&message, buffer, sizeof buffer);
    probe_start(probe, small_body, window);
    tap_result(sluice_send(ENDPOINT, &message, sluice_deadline_ms(500)), SLUICE_E_TRUNCATED,
               "a capability with too long a long part is refused");
    tap_result(sluice_cap_info(window, &info), SLUICE_E_BAD_CAP, "the capability did not arrive either");
    message = (struct sluice_message){.tag = SLUICE_TAG(0, 0, 1)};
    sluice_message_cap(&message, 0, ENDPOINT);
    tap_result(sluice_send(ENDPOINT, &message, sluice_deadline_ms(500)), 0, "the next capability does");
    probe_collect(probe, 600);
    probe_stop(probe);
    sluice_cap_delete(0, window);
    sluice_slot_free_run(window, 4);
}

/* A server that waits again after having answered is sent what it has no room for: it waits on. */
static void test_refused_after_answer(void)
{
    static uint8_t buffer[64];
    void *where;
    bool good = true;
    for (unsigned i = 0; i < 20; i++) {
        struct sluice_message message = {.tag = SLUICE_TAG(99, 0, 0)};
        good &= sluice_memory_map(0, 4096, SLUICE_MAP_READ | SLUICE_MEMORY_POPULATE, &where) == 0;
        sluice_message_long(&message, buffer, sizeof buffer);
        good &=
            sluice_call(sluice_thread_self()->memory_slot, &message, SLUICE_FOREVER) == SLUICE_E_TRUNCATED;
        good &= sluice_memory_unmap(where, 4096) == 0;
    }
    tap_ok(good, "the memory server refuses a long part, and serves on");
}

void test_messages(struct probe *probe)
{
    test_refused_after_answer();
    test_refused_whole(probe);
    test_window(probe);
    test_tags(probe);
    test_long(probe);
    test_capabilities_sent(probe);
}
