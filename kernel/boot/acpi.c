// SPDX-License-Identifier: MIT
/*
 * Reads ACPI's static tables.
 * Owns: machine. Entry point: acpi_read. Context: boot CPU, on the early tables. Locks: none.
 * Tests: tests/host/test_acpi.c.
 */
#include "kernel/boot/acpi.h"
#include "kernel/boot/string.h"
#include "mm/frame.h"
#include <stdbool.h>
#include <stddef.h>

#define ACPI_REACH (1ull << 32)

struct acpi_header {
    char signature[4];
    uint32_t bytes;
    uint8_t revision, checksum;
    char maker[26];
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char maker[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t bytes;
    uint64_t xsdt;
} __attribute__((packed));

struct acpi_entry { /* of MADT and SRAT */
    uint8_t type, bytes;
    uint8_t data[];
};

enum madt_type { MADT_APIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_X2APIC = 9 };
enum srat_type { SRAT_APIC = 0, SRAT_X2APIC = 2 };
/* ACPI 5.2.12, 5.2.16; IA-PC HPET Specification 1.0a, 3.2.4: its address, behind the header of a generic one. */
#define MADT_ENTRIES_AT 44u
#define SRAT_ENTRIES_AT 48u
#define HPET_ADDRESS_AT 44u
#define CPU_ENABLED 1u /* flags of a processor, in both tables: bit 0 */
#define ISA_LINES 16u  /* ACPI 5.2.12.5: those that an override may re-route */

struct machine machine;

static uint32_t read32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static uint64_t read64(const uint8_t *from)
{
    return read32(from) | (uint64_t)read32(from + 4) << 32;
}

/* NULL when the table is out of reach or its sum is not zero. */
static const struct acpi_header *table_at(uint64_t physical)
{
    if (physical == 0 || physical > ACPI_REACH - sizeof(struct acpi_header))
        return NULL;
    const struct acpi_header *table = direct_map(physical);
    if (table->bytes < sizeof(*table) || table->bytes > ACPI_REACH - physical)
        return NULL;
    uint8_t sum = 0;
    for (uint32_t i = 0; i < table->bytes; i++)
        sum += ((const uint8_t *)table)[i];
    return sum == 0 ? table : NULL;
}

/* The first table of that name in the root table, whose entries are 4 or 8 bytes long. */
static const struct acpi_header *table_find(const struct acpi_header *root, unsigned entry_bytes,
                                            const char *name)
{
    const uint8_t *entries = (const uint8_t *)(root + 1);
    unsigned count = (root->bytes - sizeof(*root)) / entry_bytes;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *entry = entries + i * entry_bytes;
        const struct acpi_header *table = table_at(entry_bytes == 8 ? read64(entry) : read32(entry));
        if (table && memcmp(table->signature, name, 4) == 0)
            return table;
    }
    return NULL;
}

static void entries_visit(const struct acpi_header *table, uint32_t at,
                          void (*visit)(const struct acpi_entry *))
{
    while (table && at + sizeof(struct acpi_entry) <= table->bytes) {
        const struct acpi_entry *entry = (const void *)((const char *)table + at);
        if (entry->bytes < sizeof(*entry) || at + entry->bytes > table->bytes)
            return;
        visit(entry);
        at += entry->bytes;
    }
}

static void cpu_add(uint32_t apic_id, uint32_t flags)
{
    if (!(flags & CPU_ENABLED) || apic_id == machine.cpu[0].apic_id)
        return; /* the boot CPU is there already */
    machine.cpus_found++;
    if (machine.cpus < SLUICE_CPUS_MAX)
        machine.cpu[machine.cpus++] = (struct machine_cpu){apic_id, 0};
}

static void ioapic_add(uint64_t physical, uint32_t first_line)
{
    if (machine.ioapics < IOAPICS_MAX)
        machine.ioapic[machine.ioapics++] =
            (struct machine_ioapic){.physical = physical, .first_line = first_line};
}

/* MPS INTI flags: 1 active high, 3 active low; 1 edge, 3 level; 0 as the bus (ISA: high, edge). */
static void override_add(uint32_t line, uint32_t flags)
{
    if (line < SLUICE_BOOT_IRQS)
        machine.line[line] =
            (struct machine_line){.level = (flags >> 2 & 3) == 3, .active_low = (flags & 3) == 3};
}

static void madt_entry(const struct acpi_entry *entry)
{
    const uint8_t *data = entry->data;
    if (entry->type == MADT_APIC && entry->bytes >= 8)
        cpu_add(data[1], read32(data + 2));
    else if (entry->type == MADT_X2APIC && entry->bytes >= 16)
        cpu_add(read32(data + 2), read32(data + 6));
    else if (entry->type == MADT_IOAPIC && entry->bytes >= 12)
        ioapic_add(read32(data + 2), read32(data + 6));
    else if (entry->type == MADT_OVERRIDE && entry->bytes >= 10)
        override_add(read32(data + 2), (uint32_t)(data[6] | data[7] << 8));
}

static void node_set(uint32_t apic_id, uint32_t node)
{
    for (unsigned i = 0; i < machine.cpus; i++)
        if (machine.cpu[i].apic_id == apic_id)
            machine.cpu[i].node = node;
}

static void srat_entry(const struct acpi_entry *entry)
{
    const uint8_t *data = entry->data;
    if (entry->type == SRAT_APIC && entry->bytes >= 16 && (read32(data + 2) & CPU_ENABLED))
        node_set(data[1],
                 data[0] | (uint32_t)data[7] << 8 | (uint32_t)data[8] << 16 | (uint32_t)data[9] << 24);
    else if (entry->type == SRAT_X2APIC && entry->bytes >= 24 && (read32(data + 10) & CPU_ENABLED))
        node_set(read32(data + 6), read32(data + 2));
}

static void tables_read(const struct acpi_header *root, unsigned entry_bytes)
{
    entries_visit(table_find(root, entry_bytes, "APIC"), MADT_ENTRIES_AT, madt_entry);
    entries_visit(table_find(root, entry_bytes, "SRAT"), SRAT_ENTRIES_AT, srat_entry);
    const struct acpi_header *hpet = table_find(root, entry_bytes, "HPET");
    if (hpet && hpet->bytes >= HPET_ADDRESS_AT + 8)
        machine.hpet = read64((const uint8_t *)hpet + HPET_ADDRESS_AT);
}

void acpi_read(const uint8_t *rsdp_bytes, uint32_t boot_apic_id)
{
    const struct acpi_rsdp *rsdp = (const void *)rsdp_bytes;
    machine.cpus = machine.cpus_found = 1;
    machine.cpu[0].apic_id = boot_apic_id;
    for (unsigned line = ISA_LINES; line < SLUICE_BOOT_IRQS; line++)
        machine.line[line] = (struct machine_line){.level = 1, .active_low = 1};
    if (memcmp(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature)) != 0)
        return;
    const struct acpi_header *xsdt = rsdp->revision >= 2 ? table_at(rsdp->xsdt) : NULL;
    const struct acpi_header *rsdt = table_at(rsdp->rsdt);
    if (xsdt)
        tables_read(xsdt, 8);
    else if (rsdt)
        tables_read(rsdt, 4);
}
