// SPDX-License-Identifier: MIT
/*
 * null, yield, clock, cpu_info, batch, call numbers that do not exist, registers that a call must keep.
 * Devices (irq_*, port_*) are tried as far as the program was given them.
 * Context: the test's one thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/raw.h"
#include "tests/user/lib/tap.h"
#include "tests/user/syscalls/syscalls.h"

static void test_numbers(void)
{
    static const uint64_t numbers[] = {SLUICE_SYSCALL_COUNT,           64,         1000,      1ull << 32,
                                       (1ull << 32) + SLUICE_SYS_null, 1ull << 63, UINT64_MAX};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct raw_call call = {.number = numbers[i]};
        tap_result(raw_call(&call), SLUICE_E_BAD_SYSCALL, "system call %#lx does not exist",
                   (unsigned long)numbers[i]);
    }
}

static void test_registers_kept(void)
{
    struct raw_call call = {
        .number = SLUICE_SYS_null, .argument = {11, 12, 13, 14, 15, 16}, .word4 = 17, .word5 = 18};
    tap_result(raw_call(&call), 0, "null");
    bool kept = call.word4 == 17 && call.word5 == 18;
    for (unsigned i = 0; i < 6; i++)
        kept &= call.argument[i] == 11 + i;
    tap_ok(kept, "every register but rax, rcx and r11 is kept");
}

static void test_time(void)
{
    uint64_t last = sluice_clock();
    unsigned backwards = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now = sluice_clock();
        backwards += now < last;
        last = now;
    }
    tap_equal(backwards, 0, "the clock never goes back");
    uint64_t until = sluice_deadline_ms(20);
    int64_t result = sluice_sleep_until(until);
    tap_ok(result == SLUICE_E_TIMEOUT || result == 0, "wait with 0 sleeps (%s)", error_name(result));
    tap_ok(sluice_clock() >= until, "not shorter than asked");
    tap_result(sluice_yield(), 0, "yield");
}

static void test_cpus(void)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < sluice_cpu_count(); i++) {
        struct sluice_cpu_info info = {.number = 999};
        int64_t result = sluice_cpu_info(SLUICE_SLOT_CPU(i), &info);
        wrong += result != 0 || info.number != sluice_process->cpu[i] || !info.online;
    }
    tap_equal(wrong, 0, "cpu_info describes each of %u processors", sluice_cpu_count());
}

static void test_batch(void)
{
    uint64_t notification = bench[SLUICE_TYPE_NOTIFICATION];
    struct sluice_batch_entry entries[SLUICE_BATCH_MAX + 1] = {
        {.number = SLUICE_SYS_signal, .args = {notification, 5}},
        {.number = SLUICE_SYS_signal, .args = {bench[BENCH_FREE], 5}},
        {.number = SLUICE_SYS_poll, .args = {notification, 5}},
        {.number = SLUICE_SYS_wait, .args = {notification, 5, SLUICE_NOW}},
        {.number = SLUICE_SYS_call, .args = {bench[SLUICE_TYPE_ENDPOINT]}},
        {.number = 12345},
        {.number = SLUICE_SYS_null},
    };
    tap_result(sluice_batch(entries, 7), 7, "batch runs all of its entries");
    static const int64_t expected[] = {
        0, SLUICE_E_BAD_CAP, 0, SLUICE_E_NOT_BATCHED, SLUICE_E_NOT_BATCHED, SLUICE_E_BAD_SYSCALL, 0};
    for (unsigned i = 0; i < 7; i++)
        tap_result(entries[i].result, expected[i], "result of entry %u", i);
    tap_result(sluice_batch(entries, 0), 0, "a batch of nothing");
    tap_result(sluice_batch(entries, SLUICE_BATCH_MAX + 1), SLUICE_E_BAD_ARGUMENT, "a batch of 65");
    tap_result(sluice_batch(entries, UINT64_MAX), SLUICE_E_BAD_ARGUMENT, "a batch of 2^64 - 1");
    for (unsigned i = 0; i < SLUICE_BATCH_MAX; i++)
        entries[i] = (struct sluice_batch_entry){.number = SLUICE_SYS_null, .result = 77};
    tap_result(sluice_batch(entries, SLUICE_BATCH_MAX), SLUICE_BATCH_MAX, "a batch of 64");
    tap_equal((uint64_t)entries[SLUICE_BATCH_MAX - 1].result, 0, "to its last entry");
}

/* Entries on two pages, in the space that runs; the last but one takes their own page away. */
static void test_batch_unmaps_itself(void)
{
    const uint64_t place = BENCH_ADDRESS, other = BENCH_ADDRESS + 8 * SLUICE_PAGE_BYTES;
    uint64_t region = bench[SLUICE_TYPE_REGION], rw = SLUICE_MAP_READ | SLUICE_MAP_WRITE;
    struct sluice_batch_entry *entries = (void *)(place + SLUICE_PAGE_BYTES - 2 * sizeof *entries - 8);
    tap_result(sluice_aspace_map(SLUICE_SLOT_ASPACE, region, 0, place, 2, (unsigned)rw, NULL), 0,
               "two pages");
    for (unsigned i = 0; i < 4; i++)
        entries[i] = (struct sluice_batch_entry){
            .number = SLUICE_SYS_aspace_map,
            .args = {SLUICE_SLOT_ASPACE, region, i, other + i * SLUICE_PAGE_BYTES, 1, rw},
            .result = 77};
    entries[3] = (struct sluice_batch_entry){
        .number = SLUICE_SYS_aspace_unmap, .args = {SLUICE_SLOT_ASPACE, place, 2}, .result = 77};
    tap_result(sluice_batch(entries, 4), 4, "a batch whose last entry unmaps where the entries lie");
    struct sluice_batch_entry *seen = (void *)((uint64_t)entries - place + other);
    for (unsigned i = 0; i < 3; i++)
        tap_ok(seen[i].result == 0 && seen[i].args[2] == 1, "entry %u, at the end of a page, is answered", i);
    tap_equal((uint64_t)seen[3].result, 77, "nothing is written to a page that is unmapped");
    tap_result(sluice_aspace_unmap(SLUICE_SLOT_ASPACE, other, 3, NULL), 0, "the pages go");
}

/* Copies of a port range may be narrowed by their badge, first | count << 16, never widened. */
static void test_port_range(void)
{
    uint64_t narrow = sluice_slot_alloc(), wide = sluice_slot_alloc();
    tap_result(sluice_cap_copy(0, narrow, SLUICE_SLOT_PORTS, SLUICE_RIGHTS_ALL, 0x80 | 2 << 16), 0,
               "a range of 2 ports");
    tap_ok(sluice_port_in(narrow, 0x81, 1) >= 0, "its last port can be read");
    tap_result(sluice_port_in(narrow, 0x82, 1), SLUICE_E_OUT_OF_BOUNDS, "the one after it can't");
    tap_result(sluice_port_in(narrow, 0x81, 2), SLUICE_E_OUT_OF_BOUNDS, "nor two bytes from the last");
    tap_result(sluice_port_out(narrow, 0x7f, 1, 0), SLUICE_E_OUT_OF_BOUNDS, "nor the one before be written");
    tap_result(sluice_cap_copy(0, wide, narrow, SLUICE_RIGHTS_ALL, 0x80 | 3 << 16), SLUICE_E_OUT_OF_BOUNDS,
               "a copy is never wider");
    sluice_slot_drop(narrow);
    sluice_slot_free(wide);
}

static void test_devices(void)
{
    if (!resource_has(SLUICE_SLOT_PORTS))
        return;
    tap_ok(sluice_port_in(SLUICE_SLOT_PORTS, 0x80, 1) >= 0, "port_in");
    tap_result(sluice_port_out(SLUICE_SLOT_PORTS, 0x80, 1, 0), 0, "port_out");
    tap_result(sluice_port_in(SLUICE_SLOT_PORTS, 0x80, 3), SLUICE_E_BAD_ARGUMENT, "port_in of 3 bytes");
    tap_result(SLUICE_DO(port_in, SLUICE_SLOT_PORTS, 1ull << 16, 1), SLUICE_E_OUT_OF_BOUNDS,
               "port_in of port 65536");
    tap_result(SLUICE_DO(port_in, SLUICE_SLOT_PORTS, 0xffff, 4), SLUICE_E_OUT_OF_BOUNDS,
               "port_in across the last port");
    test_port_range();
}

void test_machine(void)
{
    test_numbers();
    test_registers_kept();
    test_time();
    test_cpus();
    test_batch();
    test_batch_unmaps_itself();
    test_devices();
}
