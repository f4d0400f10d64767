// SPDX-License-Identifier: MIT
/*
 * Every system call that takes a pointer, with every kind of bad one. The table is the test; a call with a pointer is a
 * new row.
 * Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>

#define ITEM 0xbe7c000000000000ull
#define OF(type) (ITEM | SLUICE_TYPE_##type)

struct hostile_address hostile_addresses[HOSTILE_ADDRESSES] = {
    {"null", 0, false},
    {"the null page", 16, false},
    {"an unmapped address", BENCH_ADDRESS, false},
    {"the last user page", SLUICE_USER_MAX - 4096, false},
    {"the end of user space", SLUICE_USER_MAX, false},
    {"across the end of user space", SLUICE_USER_MAX - 4, false},
    {"the first non-canonical address", 0x0000800000000000ull, false},
    {"a non-canonical address", 0x8000000000000000ull, false},
    {"the direct map", 0xffff800000001000ull, false},
    {"the kernel's text", 0xffffffff80101000ull, false},
    {"the last page of all", 0xfffffffffffff000ull, false},
    {"an address whose end wraps", UINT64_MAX - 3, false},
    /* hostile_addresses_init */
    {"a page that ends too early", 0, false},
    {"a read-only page", 0, true},
};

struct pointer_row {
    const char *name;
    uint8_t number, position;
    bool writes; /* the kernel writes through the pointer */
    uint32_t bytes;
    uint64_t argument[6];
};

#define ROW(call, at, writes, bytes, ...)                                                                    \
    {                                                                                                        \
#call, SLUICE_SYS_##call, at, writes, bytes,                                                         \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
static const struct pointer_row pointer_rows[] = {
    ROW(cap_info, 1, true, sizeof(struct sluice_cap_info), OF(ENDPOINT)),
    ROW(thread_read, 1, true, sizeof(struct sluice_registers), OF(THREAD)),
    ROW(thread_write, 1, false, sizeof(struct sluice_registers), OF(THREAD)),
    ROW(cpu_info, 1, true, sizeof(struct sluice_cpu_info), OF(CPU)),
    ROW(tunable_info, 2, true, sizeof(struct sluice_tunable_info), OF(TUNER), 0),
    ROW(log_write, 1, false, 64, OF(LOG), 0, 64),
    ROW(batch, 0, true, 2 * sizeof(struct sluice_batch_entry), 0, 2),
};

static bool page_map(uint64_t bytes, unsigned flags, uint64_t *address)
{
    void *where;
    if (sluice_memory_map(0, bytes, flags | SLUICE_MEMORY_POPULATE, &where) != 0)
        return false;
    *address = (uint64_t)where;
    return true;
}

bool hostile_addresses_init(void)
{
    uint64_t two, one;
    if (!page_map(2 * 4096, SLUICE_MAP_READ | SLUICE_MAP_WRITE, &two) ||
        !page_map(4096, SLUICE_MAP_READ, &one) || sluice_memory_unmap((void *)(two + 4096), 4096) != 0)
        return false;
    hostile_addresses[HOSTILE_ADDRESSES - 2].address = two + 4096 - 4;
    hostile_addresses[HOSTILE_ADDRESSES - 1].address = one;
    return true;
}

bool hostile_judge(struct probe *probe, struct probe_outcome outcome, uint64_t address, uint64_t bytes)
{
    if (outcome.kind == PROBE_FAULT)
        return outcome.address - address < bytes;
    return outcome.kind == PROBE_DONE && (int64_t)probe->call.number == SLUICE_E_BAD_ADDRESS;
}

static void pointer_arguments(struct probe *probe, const struct pointer_row *row, uint64_t pointer)
{
    probe->call = (struct raw_call){.number = row->number};
    for (unsigned i = 0; i < 6; i++) {
        uint64_t value = row->argument[i];
        probe->call.argument[i] = (value & ~0xffffull) == ITEM ? bench[value & 0xffff] : value;
    }
    probe->call.argument[row->position] = pointer;
}

static bool pointer_try(struct probe *probe, const struct pointer_row *row, const struct hostile_address *bad)
{
    pointer_arguments(probe, row, bad->address);
    struct probe_outcome outcome = probe_call(probe);
    bool good = hostile_judge(probe, outcome, bad->address, row->bytes) ||
                (bad->readable && !row->writes && outcome.kind == PROBE_DONE);
    if (!good)
        tap_note("%s with %s (%#lx): %s, address %#lx, result %s", row->name, bad->name,
                 (unsigned long)bad->address, probe_kind_name(outcome.kind), (unsigned long)outcome.address,
                 error_name((int64_t)probe->call.number));
    return good;
}

/* The same row with a good pointer succeeds: else the row would test nothing. */
static bool pointer_good(struct probe *probe, const struct pointer_row *row)
{
    static uint64_t place[64];
    for (unsigned i = 0; i < 64; i++)
        place[i] = 0;
    pointer_arguments(probe, row, (uint64_t)place);
    return probe_call(probe).kind == PROBE_DONE && (int64_t)probe->call.number >= 0;
}

void test_pointers(struct probe *probe)
{
    if (!tap_ok(hostile_addresses_init(), "pages to be hostile with"))
        return;
    for (unsigned i = 0; i < sizeof pointer_rows / sizeof pointer_rows[0]; i++) {
        const struct pointer_row *row = &pointer_rows[i];
        bool good = true;
        for (unsigned j = 0; j < HOSTILE_ADDRESSES; j++)
            good &= pointer_try(probe, row, &hostile_addresses[j]);
        if (row->number == SLUICE_SYS_log_write)
            printf("\n"); /* what it wrote has no end of a line */
        tap_ok(good, "%s refuses bad pointers", row->name);
        bool taken = pointer_good(probe, row);
        if (row->number == SLUICE_SYS_log_write)
            printf("\n");
        tap_ok(taken, "%s takes a good one", row->name);
    }
}
