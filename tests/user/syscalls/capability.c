// SPDX-License-Identifier: MIT
/*
 * Every system call that takes a capability, with each kind of bad one: empty, out of range, dead, revoked, of a slot
 * that is used again, of the wrong type, without the right. The table is the test; a new call is a new row.
 * Context: the test's one thread; nothing here may block, so every deadline is SLUICE_NOW.
 * Locks: none. Tests: this is one.
 */
#include "tests/user/syscalls/syscalls.h"
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/raw.h"
#include "tests/user/lib/tap.h"

#define ITEM 0xbe7c000000000000ull
#define OF(type) (ITEM | SLUICE_TYPE_##type)
#define FREE_SLOT (ITEM | BENCH_FREE)
#define MAY_BE_NULL 1u

struct capability_row {
    const char *name;
    uint8_t number, position, type, rights, flags;
    uint64_t argument[6];
};

#define ROW(call, at, of, needs, may, ...)                                                                   \
    {                                                                                                        \
#call, SLUICE_SYS_##call, at, SLUICE_TYPE_##of, needs, may,                                          \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
#define READ SLUICE_RIGHT_READ
#define WRITE SLUICE_RIGHT_WRITE
#define CONTROL SLUICE_RIGHT_CONTROL

/* Place for whatever a call that wrongly succeeds writes. */
static struct sluice_tunable_info capability_scrap;

static const struct capability_row capability_rows[] = {
    ROW(call, 0, ENDPOINT, WRITE, 0, 0),
    ROW(reply_receive, 0, ENDPOINT, READ, 0, 0),
    ROW(send, 0, ENDPOINT, WRITE, 0, 0),
    ROW(receive, 0, ENDPOINT, READ, 0, 0),
    ROW(reply, 0, REPLY, 0, MAY_BE_NULL, 0),
    ROW(signal, 0, NOTIFICATION, WRITE, 0, 0, 1),
    ROW(wait, 0, NOTIFICATION, READ, MAY_BE_NULL, 0, 1),
    ROW(poll, 0, NOTIFICATION, READ, 0, 0, 1),
    ROW(object_create, 0, POOL, CONTROL, 0, 0, SLUICE_TYPE_ENDPOINT, FREE_SLOT),
    ROW(object_create, 3, NONE, 0, 0, OF(POOL), SLUICE_TYPE_FACET, FREE_SLOT, 0),
    ROW(object_create, 3, CSPACE, 0, 0, OF(POOL), SLUICE_TYPE_THREAD, FREE_SLOT, 0, OF(ASPACE)),
    ROW(object_create, 4, ASPACE, 0, 0, OF(POOL), SLUICE_TYPE_THREAD, FREE_SLOT, OF(CSPACE), 0),
    ROW(object_destroy, 0, NONE, CONTROL, 0, 0),
    ROW(cap_copy, 0, CSPACE, 0, MAY_BE_NULL, 0, 1, OF(ENDPOINT), SLUICE_RIGHTS_ALL),
    ROW(cap_copy, 2, NONE, SLUICE_RIGHT_COPY, 0, OF(CSPACE), 1, 0, SLUICE_RIGHTS_ALL),
    ROW(cap_move, 0, CSPACE, 0, MAY_BE_NULL, 0, 1, OF(ENDPOINT)),
    ROW(cap_move, 2, NONE, 0, 0, OF(CSPACE), 1, 0),
    ROW(cap_delete, 0, CSPACE, 0, MAY_BE_NULL, 0, 1),
    ROW(cap_revoke, 0, NONE, CONTROL, 0, 0),
    ROW(cap_info, 0, NONE, 0, 0, 0, (uintptr_t)&capability_scrap),
    ROW(region_split, 0, REGION, CONTROL, 0, 0, 1, FREE_SLOT),
    ROW(region_merge, 0, REGION, CONTROL, 0, 0, OF(REGION)),
    ROW(region_merge, 1, REGION, CONTROL, 0, OF(REGION), 0),
    ROW(region_make_pool, 0, REGION, CONTROL, 0, 0, FREE_SLOT, 'x'),
    ROW(pool_destroy, 0, POOL, CONTROL, 0, 0),
    ROW(aspace_map, 0, ASPACE, CONTROL, 0, 0, OF(REGION), 0, BENCH_ADDRESS, 1, SLUICE_MAP_READ),
    ROW(aspace_map, 1, REGION, READ, 0, OF(ASPACE), 0, 0, BENCH_ADDRESS, 1, SLUICE_MAP_READ),
    ROW(aspace_map, 1, REGION, WRITE, 0, OF(ASPACE), 0, 0, BENCH_ADDRESS, 1,
        SLUICE_MAP_READ | SLUICE_MAP_WRITE),
    ROW(aspace_unmap, 0, ASPACE, CONTROL, 0, 0, BENCH_ADDRESS, 1),
    ROW(aspace_protect, 0, ASPACE, CONTROL, 0, 0, BENCH_ADDRESS, 1, SLUICE_MAP_READ),
    ROW(thread_start, 0, THREAD, CONTROL, 0, 0, BENCH_ADDRESS, BENCH_ADDRESS, 0),
    ROW(thread_stop, 0, THREAD, CONTROL, 0, 0),
    ROW(thread_resume, 0, THREAD, CONTROL, 0, 0),
    ROW(thread_read, 0, THREAD, 0, 0, 0, (uintptr_t)&capability_scrap),
    ROW(thread_write, 0, THREAD, 0, 0, 0, (uintptr_t)&capability_scrap),
    ROW(thread_move, 0, THREAD, CONTROL, 0, 0, OF(CPU)),
    ROW(thread_move, 1, CPU, CONTROL, 0, OF(THREAD), 0),
    ROW(thread_configure, 0, THREAD, CONTROL, MAY_BE_NULL, 0, 1),
    ROW(thread_configure, 3, ENDPOINT, 0, MAY_BE_NULL, OF(THREAD), 1, 0, 0),
    ROW(irq_bind, 0, IRQ, CONTROL, 0, 0, OF(NOTIFICATION), 1),
    ROW(irq_ack, 0, IRQ, CONTROL, 0, 0),
    ROW(port_in, 0, PORT, 0, 0, 0, 0x80, 1),
    ROW(port_out, 0, PORT, 0, 0, 0, 0x80, 1, 0),
    ROW(cpu_info, 0, CPU, 0, 0, 0, (uintptr_t)&capability_scrap),
    ROW(tunable_info, 0, TUNER, READ, 0, 0, 0, (uintptr_t)&capability_scrap),
    ROW(tunable_set, 0, TUNER, WRITE, 0, 0, 0, 5000),
    ROW(policy_propose, 0, TUNER, WRITE, 0, 0, 0, 0),
    ROW(policy_status, 0, TUNER, READ, 0, 0, 0),
    ROW(heartbeat, 0, TUNER, CONTROL, 0, 0, 0),
    ROW(log_map, 0, LOG, READ, 0, 0, OF(ASPACE), BENCH_ADDRESS, SLUICE_LOG_SYSTEM),
    ROW(log_map, 1, ASPACE, CONTROL, 0, OF(LOG), 0, BENCH_ADDRESS, SLUICE_LOG_SYSTEM),
    ROW(log_write, 0, LOG, WRITE, 0, 0, (uintptr_t)&capability_scrap, 0),
    ROW(machine_halt, 0, MACHINE, CONTROL, 0, 0, 0),
};

static bool capability_try(const struct capability_row *row, uint64_t slot, int64_t expected,
                           const char *kind)
{
    struct raw_call call = {.number = row->number, .deadline = SLUICE_NOW};
    for (unsigned i = 0; i < 6; i++) {
        uint64_t value = row->argument[i];
        call.argument[i] = (value & ~0xffffull) == ITEM ? bench[value & 0xffff] : value;
    }
    call.argument[row->position] = slot;
    int64_t result = raw_call(&call);
    if (result != expected)
        tap_note("%s with %s: %s, should be %s", row->name, kind, error_name(result), error_name(expected));
    return result == expected;
}

static bool capability_dead(const struct capability_row *row)
{
    bool good = capability_try(row, bench[BENCH_FREE], SLUICE_E_BAD_CAP, "an empty slot");
    good &= capability_try(row, bench[BENCH_DESTROYED], SLUICE_E_BAD_CAP, "a destroyed object");
    good &= capability_try(row, bench[BENCH_REVOKED], SLUICE_E_BAD_CAP, "a revoked capability");
    good &= capability_try(row, SLUICE_CSPACE_SLOTS_MAX, SLUICE_E_BAD_CAP, "a slot out of range");
    good &= capability_try(row, UINT64_MAX, SLUICE_E_BAD_CAP, "the largest slot number");
    if (!(row->flags & MAY_BE_NULL))
        good &= capability_try(row, 0, SLUICE_E_BAD_CAP, "the null slot");
    /* A slot number that is cut to 32 or 16 bits would name a good capability. */
    uint64_t any = bench[row->type ? row->type : SLUICE_TYPE_NOTIFICATION];
    if (any) {
        good &= capability_try(row, any | 1ull << 32, SLUICE_E_BAD_CAP, "a slot number of 33 bits");
        good &= capability_try(row, any | 1ull << 16, SLUICE_E_BAD_CAP, "a slot number of 17 bits");
    }
    return good;
}

static bool capability_type(const struct capability_row *row)
{
    if (!row->type)
        return true;
    unsigned other = row->type == SLUICE_TYPE_NOTIFICATION ? SLUICE_TYPE_ENDPOINT : SLUICE_TYPE_NOTIFICATION;
    bool good = capability_try(row, bench[other], SLUICE_E_BAD_TYPE, "another type");
    if (row->type != SLUICE_TYPE_ENDPOINT)
        good &= capability_try(row, bench[BENCH_REUSED], SLUICE_E_BAD_TYPE, "a slot that is used again");
    return good;
}

static bool capability_right(const struct capability_row *row)
{
    uint64_t whole = bench[row->type ? row->type : SLUICE_TYPE_NOTIFICATION];
    if (!row->rights || !whole)
        return true;
    uint64_t weak = resource_weaker(whole, SLUICE_RIGHTS_ALL & ~row->rights);
    bool good = weak && capability_try(row, weak, SLUICE_E_NO_RIGHT, "a capability without the right");
    sluice_slot_drop(weak);
    return good;
}

void test_capabilities(void)
{
    for (unsigned i = 0; i < sizeof capability_rows / sizeof capability_rows[0]; i++) {
        const struct capability_row *row = &capability_rows[i];
        bool good = capability_dead(row) & capability_type(row) & capability_right(row);
        tap_ok(good, "%s refuses bad capabilities as argument %u", row->name, row->position);
    }
}
