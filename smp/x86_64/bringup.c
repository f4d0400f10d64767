// SPDX-License-Identifier: MIT
/*
 * The x86 side of starting a CPU.
 * Owns: the trampoline page. Entry points: smp/x86_64/bringup.h. Context: boot.
 * Locks: none. Tests: tests/boot/.
 */
#include "smp/x86_64/bringup.h"
#include "kernel/boot/memory.h"
#include "kernel/boot/string.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/trap/x86_64/cpu_x86.h"
#include "mm/frame.h"
#include "smp/cpu.h"
#include "smp/x86_64/apic.h"
#include <stddef.h>

extern char trampoline_begin[], trampoline_end[], trampoline_target[], trampoline_efer[];
extern uint64_t boot_efer; /* start.S */

_Static_assert(offsetof(struct cpu, apic_id) == 12 && offsetof(struct cpu, idle) == 40,
               "trampoline.S, entry.S");

static uint64_t trampoline; /* physical; 0: none */

void cpu_area_make_x86(struct cpu *cpu)
{
    cpu->x86 = memory_take_zeroed(sizeof(*cpu->x86));
    cpu->kernel_stack_top = paging_map_stack(cpu->number);
}

uint64_t cpu_area_bytes_x86(void)
{
    return sizeof(struct cpu_x86) + STACK_BYTES;
}

/* The place of a word of the trampoline in its copy. */
static uint32_t *trampoline_word(const char *symbol)
{
    return direct_map(trampoline + (uint64_t)symbol - (uint64_t)trampoline_begin);
}

bool bringup_prepare(void)
{
    trampoline = memory_low_page();
    if (!trampoline)
        return false;
    memcpy(direct_map(trampoline), trampoline_begin, (uint64_t)trampoline_end - (uint64_t)trampoline_begin);
    *trampoline_word(trampoline_target) += (uint32_t)trampoline; /* a far jump needs the whole address */
    *trampoline_word(trampoline_efer) = (uint32_t)boot_efer;
    return true;
}

void bringup_send_init(uint32_t apic_id)
{
    apic_send(apic_id, APIC_DELIVER_INIT);
}

void bringup_send_startup(uint32_t apic_id)
{
    apic_send(apic_id, APIC_DELIVER_STARTUP | (uint32_t)(trampoline >> PAGE_SHIFT));
}

_Noreturn void bringup_park(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}
