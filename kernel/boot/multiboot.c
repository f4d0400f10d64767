// SPDX-License-Identifier: MIT
/*
 * The multiboot2 protocol, as GRUB speaks it (Multiboot2 Specification 2.0, section 3.6).
 * Entry point: handover_read_multiboot. Context: boot CPU, on the early tables. Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/handover.h"
#include "kernel/boot/string.h"
#include "mm/frame.h"

enum multiboot_tag_type {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_RSDP_OLD = 14,
    TAG_RSDP_NEW = 15,
};

struct multiboot_tag {
    uint32_t type, bytes;
};

struct multiboot_module {
    struct multiboot_tag tag;
    uint32_t start, end;
};

struct multiboot_memory_map {
    struct multiboot_tag tag;
    uint32_t entry_bytes, version;
};

struct multiboot_memory {
    uint64_t start, bytes;
    uint32_t type, reserved;
};

static void memory_read(const struct multiboot_memory_map *map)
{
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t at = sizeof(*map); at + map->entry_bytes <= map->tag.bytes; at += map->entry_bytes) {
            const struct multiboot_memory *memory = (const void *)((const char *)map + at);
            handover_memory(memory->start, memory->bytes, memory->type, pass);
        }
}

static void rsdp_read(const struct multiboot_tag *tag)
{
    uint32_t bytes = tag->bytes - sizeof(*tag);
    if (handover.rsdp[0] && tag->type == TAG_RSDP_OLD)
        return; /* the new one tells more */
    memcpy(handover.rsdp, tag + 1, bytes < sizeof(handover.rsdp) ? bytes : sizeof(handover.rsdp));
}

static void tag_read(const struct multiboot_tag *tag)
{
    const struct multiboot_module *module = (const void *)tag;
    if (tag->type == TAG_COMMAND_LINE)
        string_copy(handover.command_line, (const char *)(tag + 1), sizeof(handover.command_line));
    else if (tag->type == TAG_MODULE && !handover.archive.start)
        handover.archive = (struct memory_range){module->start, module->end};
    else if (tag->type == TAG_MEMORY_MAP)
        memory_read((const void *)tag);
    else if (tag->type == TAG_RSDP_OLD || tag->type == TAG_RSDP_NEW)
        rsdp_read(tag);
}

void handover_read_multiboot(uint64_t information)
{
    const uint32_t *header = direct_map(information); /* total bytes, reserved */
    uint32_t at = 8;
    while (at + sizeof(struct multiboot_tag) <= header[0]) {
        const struct multiboot_tag *tag = direct_map(information + at);
        if (tag->type == TAG_END)
            return;
        tag_read(tag);
        at += (tag->bytes + 7) & ~7u;
    }
}
