// SPDX-License-Identifier: MIT
/*
 * Waits that several things end at once: an answer, a deadline, a stop, the end of the endpoint. Each wait ends once, and
 * what the waiters and those who end them count agrees.
 * Context: the program's first thread and partners. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/tap.h"
#include "tests/user/races/races.h"

#define RACE_MS 3000u
#define CALLERS 4u

static uint64_t endpoints[2]; /* slots that stay; what is in the second comes and goes */
static uint32_t over;         /* atomic */
static struct {
    uint64_t answered, timed_out, ended, wrong;
} counts[CALLERS];

/* Deadlines that come about when the answer does. */
static void caller_body(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    for (uint64_t i = 1; !atomic_load_relaxed(&over); i++) {
        uint64_t value = i << 8 | number;
        struct sluice_message message = {.tag = SLUICE_TAG(0, 1, 0), .word = {value}};
        uint64_t deadline = sluice_clock() + i % 64 * 4000;
        int64_t result = sluice_call(endpoints[i % 2], &message, deadline);
        if (result == 0)
            counts[number].answered++;
        else if (result == SLUICE_E_TIMEOUT)
            counts[number].timed_out++;
        else
            counts[number].ended++;
        if ((result == 0 && message.word[0] != value + 1) ||
            (result == SLUICE_E_TIMEOUT && sluice_clock() < deadline))
            counts[number].wrong++;
    }
}

static void server_body(void *argument)
{
    uint64_t endpoint = *(uint64_t *)argument;
    struct sluice_message message = {0};
    while (!atomic_load_relaxed(&over)) {
        int64_t result = sluice_receive(endpoint, &message, sluice_clock() + 100000, NULL);
        while (result == 0) {
            message = (struct sluice_message){.tag = SLUICE_TAG(0, 1, 0), .word = {message.word[0] + 1}};
            result = sluice_reply_receive(endpoint, &message, sluice_clock() + 100000, NULL);
        }
    }
}

/* The second endpoint dies and is made anew, in the same place of the pool. */
static void maker_body(void *argument)
{
    (void)argument;
    while (!atomic_load_relaxed(&over)) {
        sluice_sleep_ms(1);
        sluice_object_destroy(endpoints[1]);
        sluice_cap_delete(0, endpoints[1]);
        sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, endpoints[1], 0, 0);
    }
}

void test_waits(void)
{
    struct sluice_thread *threads[CALLERS + 3];
    unsigned cpus = sluice_cpu_count(), count = 0;
    uint64_t answered = 0, timed_out = 0, ended = 0, wrong = 0;
    for (unsigned i = 0; i < 2; i++)
        endpoints[i] = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, 0, 0);
    over = 0;
    for (unsigned i = 0; i < CALLERS; i++)
        threads[count++] = partner_start(caller_body, (void *)(uintptr_t)i, i % cpus);
    for (unsigned i = 0; i < 2; i++)
        threads[count++] = partner_start(server_body, &endpoints[i], (i + 1) % cpus);
    threads[count++] = partner_start(maker_body, NULL, 3 % cpus);
    sluice_sleep_ms(RACE_MS);
    atomic_store_relaxed(&over, 1u);
    for (unsigned i = 0; i < count; i++)
        partner_join(threads[i], "caller or server");
    for (unsigned i = 0; i < CALLERS; i++) {
        answered += counts[i].answered;
        timed_out += counts[i].timed_out;
        ended += counts[i].ended;
        wrong += counts[i].wrong;
    }
    tap_ok(answered && !wrong,
           "calls that race with their deadlines (%lu answered, %lu timed out, %lu ended)",
           (unsigned long)answered, (unsigned long)timed_out, (unsigned long)ended);
    for (unsigned i = 0; i < 2; i++)
        resource_object_end(endpoints[i]);
}
