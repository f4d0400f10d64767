// SPDX-License-Identifier: MIT
/*
 * The I/O interrupt controllers: global lines 0..23, each masked until its driver asks, and the old 8259s put to sleep.
 * Owns: the controllers' index registers. Entry points: ioapic_init, irq_line_unmask, irq_line_mask. Context: boot,
 * then CPU 0 only (the lines are routed there), so the index register needs no lock. Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/acpi.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/trap/vectors.h"
#include "mm/frame.h"
#include <stddef.h>

#define IOAPIC_INDEX 0u
#define IOAPIC_DATA (0x10u / 4)
#define IOAPIC_VERSION 1u
#define IOAPIC_ENTRIES 0x10u
#define ENTRY_ACTIVE_LOW 0x2000u
#define ENTRY_LEVEL 0x8000u
#define ENTRY_MASKED 0x10000u

#define PIC_MASTER 0x20
#define PIC_SLAVE 0xa0
#define PIC_VECTORS 0xe0 /* should one of them ever speak: vectors that nobody uses */

static bool line_open[SLUICE_BOOT_IRQS];

static uint32_t ioapic_read(uint64_t physical, uint32_t index)
{
    volatile uint32_t *registers = direct_map(physical);
    registers[IOAPIC_INDEX] = index;
    return registers[IOAPIC_DATA];
}

static void ioapic_write(uint64_t physical, uint32_t index, uint32_t value)
{
    volatile uint32_t *registers = direct_map(physical);
    registers[IOAPIC_INDEX] = index;
    registers[IOAPIC_DATA] = value;
}

static void entry_write(uint64_t physical, uint32_t pin, uint32_t low, uint32_t high)
{
    ioapic_write(physical, IOAPIC_ENTRIES + pin * 2, ENTRY_MASKED);
    ioapic_write(physical, IOAPIC_ENTRIES + pin * 2 + 1, high);
    ioapic_write(physical, IOAPIC_ENTRIES + pin * 2, low);
}

/* Intel 8259A: four initialisation words each, then everything masked. */
static void pic_silence(void)
{
    static const uint8_t words[2][4] = {{0x11, PIC_VECTORS, 4, 1}, {0x11, PIC_VECTORS + 8, 2, 1}};
    for (unsigned i = 0; i < 2; i++) {
        uint16_t port = i ? PIC_SLAVE : PIC_MASTER;
        out8(port, words[i][0]);
        for (unsigned word = 1; word < 4; word++)
            out8(port + 1, words[i][word]);
        out8(port + 1, 0xff);
    }
}

void ioapic_init(void)
{
    pic_silence();
    for (unsigned i = 0; i < machine.ioapics; i++) {
        uint64_t physical = machine.ioapic[i].physical;
        paging_map_device(physical);
        machine.ioapic[i].pins = (ioapic_read(physical, IOAPIC_VERSION) >> 16 & 255) + 1;
        for (uint32_t pin = 0; pin < machine.ioapic[i].pins; pin++)
            entry_write(physical, pin, ENTRY_MASKED, 0);
    }
}

/* Each line belongs to one controller; NULL when none has it. */
static const struct machine_ioapic *ioapic_of(unsigned line)
{
    for (unsigned i = 0; i < machine.ioapics; i++)
        if (line - machine.ioapic[i].first_line < machine.ioapic[i].pins)
            return &machine.ioapic[i];
    return NULL;
}

void irq_line_unmask(unsigned line, uint32_t apic_id)
{
    const struct machine_ioapic *ioapic = ioapic_of(line);
    const struct machine_line *how = &machine.line[line];
    uint32_t low =
        (VECTOR_IRQ0 + line) | (how->level ? ENTRY_LEVEL : 0) | (how->active_low ? ENTRY_ACTIVE_LOW : 0);
    if (!ioapic || line_open[line])
        return;
    line_open[line] = true;
    entry_write(ioapic->physical, line - ioapic->first_line, low, apic_id << 24);
}

/* A line that signals by edges stays open: an edge that comes while it is masked would be lost (Intel 82093AA, 3.2.4),
 * and it does not come again before its device was served. */
void irq_line_mask(unsigned line)
{
    const struct machine_ioapic *ioapic = ioapic_of(line);
    if (!ioapic || !machine.line[line].level)
        return;
    line_open[line] = false;
    ioapic_write(ioapic->physical, IOAPIC_ENTRIES + (line - ioapic->first_line) * 2,
                 ENTRY_MASKED | ENTRY_LEVEL);
}
