// SPDX-License-Identifier: MIT
/*
 * What ACPI's static tables say about processors, interrupt controllers and timers (ACPI Specification 6.4, ch. 5.2).
 * Owns: struct machine. Entry point: acpi_read. Context: boot CPU, on the early tables, which reach 4 GiB: tables
 * beyond are taken as absent. Locks: none. Tests: tests/host/test_acpi.c.
 */
#pragma once
#include "kernel/abi/boot.h"
#include "kernel/abi/object.h"
#include <stdint.h>

#define IOAPICS_MAX 16u

struct machine_cpu {
    uint32_t apic_id;
    uint32_t node;
};

struct machine_ioapic {
    uint64_t physical;
    uint32_t first_line; /* global interrupt number of its pin 0 */
    uint32_t pins;       /* found by ioapic_init */
};

/* How a line signals; from the interrupt overrides, else by its bus: ISA below 16, PCI above. */
struct machine_line {
    uint8_t level, active_low;
};

struct machine {
    unsigned cpus_found; /* usable ones in the tables; cpu[] holds the first of them */
    unsigned cpus;
    struct machine_cpu cpu[SLUICE_CPUS_MAX];
    unsigned ioapics;
    struct machine_ioapic ioapic[IOAPICS_MAX];
    struct machine_line line[SLUICE_BOOT_IRQS];
    uint64_t hpet; /* physical address, 0: none */
};

extern struct machine machine;

/* Fills in `machine`, the boot CPU first. Without tables: the boot CPU alone. */
void acpi_read(const uint8_t *rsdp, uint32_t boot_apic_id);
