// SPDX-License-Identifier: MIT
/*
 * The ELF reader: see the System V ABI, "Object Files".
 * Context: any. Locks: none. Tests: tests/host/test_program.c.
 */
#include "servers/lib/elf.h"
#include "kernel/abi/object.h"
#include <stdbool.h>
#include <string.h>

struct elf_header {
    uint8_t identity[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_offset, section_offset;
    uint32_t flags;
    uint16_t header_bytes, program_bytes, program_count, section_bytes, section_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == 64, "ELF64");

struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, memory_bytes, align;
};
_Static_assert(sizeof(struct elf_program_header) == 56, "ELF64");

enum { ELF_TYPE_EXECUTABLE = 2, ELF_MACHINE_X86_64 = 62, ELF_SEGMENT_LOAD = 1 };
enum { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 };

static const char *header_check(const struct elf_header *header, size_t bytes)
{
    static const uint8_t identity[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    if (memcmp(header->identity, identity, sizeof identity) != 0)
        return "not an ELF64 file";
    if (header->type != ELF_TYPE_EXECUTABLE || header->machine != ELF_MACHINE_X86_64)
        return "not an ELF executable for x86-64";
    if (header->program_bytes != sizeof(struct elf_program_header) || header->program_offset > bytes ||
        header->program_count > (bytes - header->program_offset) / sizeof(struct elf_program_header))
        return "ELF program headers are not in the file";
    return NULL;
}

static unsigned flags_of(uint32_t elf_flags)
{
    return (elf_flags & ELF_READ ? SLUICE_MAP_READ : 0) | (elf_flags & ELF_WRITE ? SLUICE_MAP_WRITE : 0) |
           (elf_flags & ELF_EXECUTE ? SLUICE_MAP_EXECUTE : 0);
}

static const char *segment_read(const uint8_t *image, size_t bytes, const struct elf_program_header *from,
                                struct elf_segment *to)
{
    uint64_t skip = from->address % SLUICE_PAGE_BYTES;

    if (from->offset > bytes || from->file_bytes > bytes - from->offset ||
        from->file_bytes > from->memory_bytes)
        return "an ELF segment is not in the file";
    if (from->address < SLUICE_USER_MIN || from->address >= SLUICE_USER_MAX ||
        from->memory_bytes > SLUICE_USER_MAX - from->address)
        return "an ELF segment has no user address";
    if ((from->flags & ELF_WRITE) && (from->flags & ELF_EXECUTE))
        return "an ELF segment is writable and executable";
    *to =
        (struct elf_segment){.address = from->address - skip,
                             .pages = (skip + from->memory_bytes + SLUICE_PAGE_BYTES - 1) / SLUICE_PAGE_BYTES,
                             .skip = skip,
                             .data = image + from->offset,
                             .data_bytes = from->file_bytes,
                             .flags = flags_of(from->flags) | SLUICE_MAP_READ};
    return NULL;
}

/* Segments must come in order: then each one only has to be compared with the last. */
static bool segment_follows(const struct elf_program *program, const struct elf_segment *segment)
{
    const struct elf_segment *last;

    if (program->segments == 0)
        return true;
    last = &program->segment[program->segments - 1];
    return segment->address >= last->address + last->pages * SLUICE_PAGE_BYTES;
}

static bool entry_good(const struct elf_program *program)
{
    for (unsigned i = 0; i < program->segments; i++) {
        const struct elf_segment *segment = &program->segment[i];
        if ((segment->flags & SLUICE_MAP_EXECUTE) && program->entry >= segment->address &&
            program->entry - segment->address < segment->pages * SLUICE_PAGE_BYTES)
            return true;
    }
    return false;
}

const char *elf_read(const void *image, size_t bytes, struct elf_program *program)
{
    struct elf_header header;
    const char *wrong;

    if (bytes < sizeof header)
        return "not an ELF64 file";
    memcpy(&header, image, sizeof header);
    wrong = header_check(&header, bytes);
    *program = (struct elf_program){.entry = header.entry};
    for (unsigned i = 0; !wrong && i < header.program_count; i++) {
        struct elf_program_header part;
        struct elf_segment segment;
        memcpy(&part, (const uint8_t *)image + header.program_offset + i * sizeof part, sizeof part);
        if (part.type != ELF_SEGMENT_LOAD || part.memory_bytes == 0)
            continue;
        wrong = segment_read(image, bytes, &part, &segment);
        if (!wrong && (program->segments == ELF_SEGMENTS_MAX || !segment_follows(program, &segment)))
            wrong = "ELF segments overlap, share a page or are too many";
        if (!wrong)
            program->segment[program->segments++] = segment;
    }
    if (!wrong && !entry_good(program))
        wrong = "ELF entry point is not in executable memory";
    return wrong;
}
