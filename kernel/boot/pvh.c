// SPDX-License-Identifier: MIT
/*
 * The PVH boot protocol, as `qemu -kernel` speaks it (Xen public headers, arch-x86/hvm/start_info.h).
 * Entry point: handover_read_pvh. Context: boot CPU, on the early tables. Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/handover.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/string.h"
#include "mm/frame.h"

#define PVH_MAGIC 0x336ec578u

struct pvh_start_info {
    uint32_t magic, version, flags, modules;
    uint64_t module_list, command_line, rsdp;
    uint64_t memory_map; /* version 1 */
    uint32_t memory_entries, reserved;
};

struct pvh_module {
    uint64_t start, bytes, command_line, reserved;
};

struct pvh_memory {
    uint64_t start, bytes;
    uint32_t type, reserved;
};

void handover_read_pvh(uint64_t start_info)
{
    const struct pvh_start_info *info = direct_map(start_info);
    if (info->magic != PVH_MAGIC || info->version < 1)
        boot_fail("PVH start information without a memory map");
    const struct pvh_memory *memory = direct_map(info->memory_map);
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < info->memory_entries; i++)
            handover_memory(memory[i].start, memory[i].bytes, memory[i].type, pass);
    if (info->command_line)
        string_copy(handover.command_line, direct_map(info->command_line), sizeof(handover.command_line));
    if (info->rsdp)
        memcpy(handover.rsdp, direct_map(info->rsdp), sizeof(handover.rsdp));
    if (info->modules) {
        const struct pvh_module *module = direct_map(info->module_list);
        handover.archive = (struct memory_range){module->start, module->start + module->bytes};
    }
}
