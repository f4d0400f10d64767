// SPDX-License-Identifier: MIT
/*
 * The operations that test/measure measures, and the threadlets that answer them.
 * A threadlet of our own pool serves each endpoint; it runs on our processor, below nobody: a call switches straight to
 * it. Context: the program's first thread. Locks: none. Tests: tools/measure.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "tests/user/measure/measure.h"
#include <stddef.h>

#define ADDRESS 0x0000500000000000ull

static uint64_t own(enum sluice_type type, uint64_t first, uint64_t second)
{
    return resource_object(SLUICE_SLOT_POOL, type, first, second);
}

/* A threadlet with its own cspace, in whose slot 1 its argument lies. */
static bool partner_make(uint64_t space, enum threadlet_kind kind, uint64_t argument)
{
    uint64_t cspace = own(SLUICE_TYPE_CSPACE, 16, 0);
    uint64_t thread = own(SLUICE_TYPE_THREAD, cspace, space);
    return cspace && thread && sluice_cap_copy(cspace, 1, argument, SLUICE_RIGHTS_ALL, 0) == 0 &&
           sluice_thread_configure(thread, sluice_process->priority, 0, 0, 0) == 0 &&
           threadlet_start(thread, kind, 1) == 0;
}

bool measure_init(struct measure *measure)
{
    *measure = (struct measure){0};
    if (!threadlet_init(&measure->code) || resource_region_init(&measure->region, 8) != 0)
        return false;
    measure->near_endpoint = own(SLUICE_TYPE_ENDPOINT, 0, 0);
    measure->far_endpoint = own(SLUICE_TYPE_ENDPOINT, 0, 0);
    measure->lonely = own(SLUICE_TYPE_NOTIFICATION, 0, 0);
    measure->ping = own(SLUICE_TYPE_NOTIFICATION, 0, 0);
    measure->space = own(SLUICE_TYPE_ASPACE, 0, 0);
    measure->slot = sluice_slot_alloc();
    bool good = measure->near_endpoint && measure->far_endpoint && measure->lonely && measure->ping &&
                measure->space && measure->slot && threadlet_map(&measure->code, measure->space) == 0 &&
                threadlet_map(&measure->code, SLUICE_SLOT_ASPACE) == 0;
    good = good && partner_make(SLUICE_SLOT_ASPACE, THREADLET_ECHO, measure->near_endpoint) &&
           partner_make(measure->space, THREADLET_ECHO, measure->far_endpoint) &&
           partner_make(measure->space, THREADLET_PONG, measure->ping);
    sluice_sleep_ms(20); /* they run to their first wait */
    return good;
}

static void null_round(void *context)
{
    (void)context;
    sluice_null();
}

static void yield_round(void *context)
{
    (void)context;
    sluice_yield();
}

static void call_words(uint64_t endpoint, unsigned words)
{
    struct sluice_message message = {.tag = SLUICE_TAG(1, words, 0)};
    sluice_call(endpoint, &message, SLUICE_FOREVER);
}

static void near_round(void *context)
{
    call_words(((struct measure *)context)->near_endpoint, 0);
}

static void far_round(void *context)
{
    call_words(((struct measure *)context)->far_endpoint, 0);
}

static void far_words_round(void *context)
{
    call_words(((struct measure *)context)->far_endpoint, 4);
}

static void signal_round(void *context)
{
    sluice_signal(((struct measure *)context)->lonely, 1);
}

static void ping_round(void *context)
{
    uint64_t ping = ((struct measure *)context)->ping;
    sluice_signal(ping, 1);
    sluice_wait(ping, 2, SLUICE_FOREVER, NULL);
}

static void map_unmap(const struct measure *measure, uint64_t space)
{
    sluice_aspace_map(space, measure->region.slot, 0, ADDRESS, 1, SLUICE_MAP_READ | SLUICE_MAP_WRITE, NULL);
    sluice_aspace_unmap(space, ADDRESS, 1, NULL);
}

static void map_own_round(void *context)
{
    map_unmap(context, SLUICE_SLOT_ASPACE);
}

static void map_other_round(void *context)
{
    map_unmap(context, ((struct measure *)context)->space);
}

static void copy_round(void *context)
{
    const struct measure *measure = context;
    sluice_cap_copy(0, measure->slot, measure->lonely, SLUICE_RIGHTS_ALL, 0);
    sluice_cap_delete(0, measure->slot);
}

static void create_round(void *context)
{
    const struct measure *measure = context;
    sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, measure->slot, 0, 0);
    sluice_object_destroy(measure->slot);
}

void measure_all(struct measure *measure, const char *policy)
{
    static const struct {
        const char *name;
        void (*round)(void *);
    } rows[] = {
        {"null", null_round},
        {"yield", yield_round},
        {"call_reply_0_words_same_space", near_round},
        {"call_reply_0_words", far_round},
        {"call_reply_4_words", far_words_round},
        {"signal", signal_round},
        {"notification_ping_pong", ping_round},
        {"map_unmap_own_space", map_own_round},
        {"map_unmap_other_space", map_other_round},
        {"cap_copy_delete", copy_round},
        {"endpoint_create_delete", create_round},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        measure_print(rows[i].name, policy, rows[i].round, measure);
}
