// SPDX-License-Identifier: MIT
/*
 * What the boot loader told us.
 * Owns: handover. Entry points: kernel/boot/handover.h. Context: boot CPU, on the early tables. Locks: none.
 * Tests: tests/boot/.
 */
#include "kernel/boot/handover.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/layout.h"

struct handover handover;

void handover_memory(uint64_t start, uint64_t bytes, uint32_t type, unsigned pass)
{
    uint64_t end = start + bytes;
    if (end < start)
        return;
    if (pass == 0 && type == HANDOVER_RAM)
        memory_map_add(&boot_ram, start, end);
    if (pass == 1 && type != HANDOVER_RAM)
        memory_map_remove(&boot_ram, start, end);
}

void handover_read(uint64_t loader, uint64_t information)
{
    if (loader == LOADER_PVH)
        handover_read_pvh(information);
    else if (loader == LOADER_MULTIBOOT2)
        handover_read_multiboot(information);
    else
        boot_fail("unknown boot loader %lx", loader);
}
