// SPDX-License-Identifier: MIT
// sources: kernel/boot/acpi.c
// sanitize: undefined
/*
 * Reading ACPI's tables out of a made-up physical memory: what they say, and that damaged ones are left alone.
 */
#include "kernel/boot/acpi.h"
#include "mm/x86_64/direct_map.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define XSDT_AT 0x1000u
#define RSDT_AT 0x2000u
#define MADT_AT 0x3000u
#define SRAT_AT 0x8000u
#define HPET_AT 0xc000u
#define BOOT_APIC_ID 2u

static uint8_t fake_memory[0x10000];
static uint8_t rsdp[36];

static void put32(uint32_t at, uint32_t value)
{
    memcpy(fake_memory + at, &value, sizeof(value));
}

static void table_begin(uint32_t at, const char *name, uint32_t bytes)
{
    memset(fake_memory + at, 0, bytes);
    memcpy(fake_memory + at, name, 4);
    put32(at + 4, bytes);
}

static uint32_t length(uint32_t at)
{
    uint32_t bytes;
    memcpy(&bytes, fake_memory + at + 4, sizeof(bytes));
    return bytes;
}

static void table_end(uint32_t at)
{
    uint8_t sum = 0;
    fake_memory[at + 9] = 0;
    for (uint32_t i = 0; i < length(at); i++)
        sum += fake_memory[at + i];
    fake_memory[at + 9] = (uint8_t)-sum;
}

static void add(uint32_t at, const void *bytes, uint32_t count)
{
    memcpy(fake_memory + at + length(at), bytes, count);
    put32(at + 4, length(at) + count);
}

static void madt_fill(void)
{
    table_begin(MADT_AT, "APIC", 44);
    for (uint8_t id = 0; id < 6; id++) /* the last one is not enabled */
        add(MADT_AT, (uint8_t[]){0, 8, id, id, id < 5, 0, 0, 0}, 8);
    add(MADT_AT, (uint8_t[]){9, 16, 0, 0, 0x34, 0x12, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 16);
    add(MADT_AT, (uint8_t[]){1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0}, 12);
    add(MADT_AT, (uint8_t[]){2, 10, 0, 0, 2, 0, 0, 0, 0, 0}, 10);    /* timer: line 2, as the bus */
    add(MADT_AT, (uint8_t[]){2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0}, 10); /* line 9: level, active high */
    add(MADT_AT, (uint8_t[]){2, 10, 0, 5, 5, 0, 0, 0, 0x07, 0}, 10); /* line 5: edge, active low */
    table_end(MADT_AT);
}

static void srat_fill(void)
{
    table_begin(SRAT_AT, "SRAT", 48);
    add(SRAT_AT, (uint8_t[16]){0, 16, 7, 3, 1}, 16);                               /* APIC id 3: node 7 */
    add(SRAT_AT, (uint8_t[24]){2, 24, 0, 0, 9, 0, 0, 0, 0x34, 0x12, 0, 0, 1}, 24); /* id 0x1234: node 9 */
    table_end(SRAT_AT);
}

static int fill(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof(machine));
    memset(fake_memory, 0, sizeof(fake_memory));
    madt_fill();
    srat_fill();
    table_begin(HPET_AT, "HPET", 56);
    put32(HPET_AT + 44, 0xfed00000u);
    table_end(HPET_AT);
    table_begin(XSDT_AT, "XSDT", 36);
    table_begin(RSDT_AT, "RSDT", 36);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t at = (uint64_t[]){HPET_AT, MADT_AT, SRAT_AT}[i];
        add(XSDT_AT, &at, 8);
        add(RSDT_AT, &at, 4);
    }
    table_end(XSDT_AT);
    table_end(RSDT_AT);
    memset(rsdp, 0, sizeof(rsdp));
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = 2;
    memcpy(rsdp + 16, &(uint32_t){RSDT_AT}, 4);
    memcpy(rsdp + 24, &(uint64_t){XSDT_AT}, 8);
    return 0;
}

static void machine_check(void)
{
    assert_int_equal(machine.cpus, 6);
    assert_int_equal(machine.cpus_found, 6);
    assert_int_equal(machine.cpu[0].apic_id, BOOT_APIC_ID);
    assert_int_equal(machine.cpu[1].apic_id, 0);
    assert_int_equal(machine.cpu[3].apic_id, 3);
    assert_int_equal(machine.cpu[3].node, 7);
    assert_int_equal(machine.cpu[5].apic_id, 0x1234);
    assert_int_equal(machine.cpu[5].node, 9);
    assert_int_equal(machine.ioapics, 1);
    assert_int_equal(machine.ioapic[0].physical, 0xfec00000u);
    assert_int_equal(machine.hpet, 0xfed00000u);
}

static void tables_are_found_by_either_root(void **state)
{
    acpi_read(rsdp, BOOT_APIC_ID);
    machine_check();
    fill(state);
    rsdp[15] = 0; /* ACPI 1.0: only the old root table */
    acpi_read(rsdp, BOOT_APIC_ID);
    machine_check();
}

static void lines_signal_as_overrides_say(void **state)
{
    (void)state;
    acpi_read(rsdp, BOOT_APIC_ID);
    assert_false(machine.line[2].level || machine.line[2].active_low);
    assert_true(machine.line[9].level && !machine.line[9].active_low);
    assert_true(!machine.line[5].level && machine.line[5].active_low);
    assert_false(machine.line[4].level || machine.line[4].active_low);
    assert_true(machine.line[20].level && machine.line[20].active_low);
}

static void tables_with_a_wrong_sum_do_not_count(void **state)
{
    (void)state;
    fake_memory[MADT_AT + 50]++;
    acpi_read(rsdp, BOOT_APIC_ID);
    assert_int_equal(machine.cpus, 1);
    assert_int_equal(machine.ioapics, 0);
    assert_int_equal(machine.hpet, 0xfed00000u);
}

static void without_tables_there_is_the_boot_cpu(void **state)
{
    (void)state;
    memset(rsdp, 0, sizeof(rsdp));
    acpi_read(rsdp, BOOT_APIC_ID);
    assert_int_equal(machine.cpus, 1);
    assert_int_equal(machine.hpet, 0);
}

static void more_cpus_than_supported_are_counted(void **state)
{
    (void)state;
    table_begin(MADT_AT, "APIC", 44);
    for (unsigned id = 0; id < 400; id++)
        add(MADT_AT, (uint8_t[]){9, 16, 0, 0, (uint8_t)id, (uint8_t)(id >> 8), 0, 0, 1, 0, 0, 0, 0, 0, 0, 0},
            16);
    table_end(MADT_AT);
    acpi_read(rsdp, BOOT_APIC_ID);
    assert_int_equal(machine.cpus_found, 400);
    assert_int_equal(machine.cpus, SLUICE_CPUS_MAX);
}

/* The root tables stay, so that nothing points out of the array; what hangs below them is torn. */
static void torn_entries_end_a_table(void **state)
{
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        fill(state);
        uint32_t at = rand() % 2 ? MADT_AT : SRAT_AT;
        for (unsigned i = 0; i < 4; i++)
            fake_memory[at + 44 + (unsigned)rand() % (length(at) - 44)] = (uint8_t)rand();
        table_end(at);
        acpi_read(rsdp, BOOT_APIC_ID);
        assert_true(machine.cpus >= 1 && machine.cpus <= length(MADT_AT) / 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tables_are_found_by_either_root, fill),
        cmocka_unit_test_setup(lines_signal_as_overrides_say, fill),
        cmocka_unit_test_setup(tables_with_a_wrong_sum_do_not_count, fill),
        cmocka_unit_test_setup(without_tables_there_is_the_boot_cpu, fill),
        cmocka_unit_test_setup(more_cpus_than_supported_are_counted, fill),
        cmocka_unit_test_setup(torn_entries_end_a_table, fill),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    fake_direct_map = (uint64_t)fake_memory;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
