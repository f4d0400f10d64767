// SPDX-License-Identifier: MIT
/*
 * Reading a static ELF64 program (System V ABI, ch. 4 and 5).
 * Entry point: elf_read. Context: boot. Locks: none. Tests: tests/host/test_elf.c.
 */
#include "kernel/boot/elf.h"
#include "kernel/abi/object.h"
#include "kernel/boot/string.h"
#include <stddef.h>

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_bytes, program_header_bytes, program_header_count;
    uint16_t section_header_bytes, section_header_count, names;
};

struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
};

#define ELF_EXECUTABLE 2
#define ELF_X86_64 62
#define ELF_LOAD 1
#define ELF_FLAG_EXECUTE 1u
#define ELF_FLAG_WRITE 2u
#define PAGE_MASK ((uint64_t)SLUICE_PAGE_BYTES - 1)

static const char *segment_read(const uint8_t *file, uint64_t bytes, const struct elf_program_header *from,
                                struct elf_segment *segment)
{
    if (from->offset > bytes || from->file_bytes > bytes - from->offset ||
        from->file_bytes > from->memory_bytes)
        return "a segment reaches beyond the file";
    if (from->address < SLUICE_USER_MIN || from->address >= SLUICE_USER_MAX ||
        from->memory_bytes > SLUICE_USER_MAX - from->address)
        return "a segment lies outside of user addresses";
    if ((from->flags & ELF_FLAG_WRITE) && (from->flags & ELF_FLAG_EXECUTE))
        return "a segment is writable and executable";
    uint64_t start = from->address & ~PAGE_MASK;
    *segment = (struct elf_segment){
        .data = file + from->offset,
        .data_bytes = from->file_bytes,
        .address = start,
        .offset = from->address - start,
        .bytes = ((from->address + from->memory_bytes + PAGE_MASK) & ~PAGE_MASK) - start,
        .flags = SLUICE_MAP_READ | (from->flags & ELF_FLAG_WRITE ? SLUICE_MAP_WRITE : 0u) |
                 (from->flags & ELF_FLAG_EXECUTE ? SLUICE_MAP_EXECUTE : 0u),
    };
    return NULL;
}

/* Copies the header: the file may lie at any address. */
static const char *header_read(const uint8_t *file, uint64_t bytes, struct elf_header *header)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1}; /* 64 bits, little-endian, version 1 */
    if (bytes < sizeof(*header) || memcmp(file, ident, sizeof(ident)) != 0)
        return "it is no ELF64 file";
    memcpy(header, file, sizeof(*header));
    if (header->type != ELF_EXECUTABLE || header->machine != ELF_X86_64)
        return "it is no static x86-64 program";
    if (header->program_header_bytes != sizeof(struct elf_program_header) ||
        header->program_headers > bytes ||
        header->program_header_count > (bytes - header->program_headers) / sizeof(struct elf_program_header))
        return "its program headers reach beyond the file";
    return NULL;
}

const char *elf_read(const uint8_t *file, uint64_t bytes, struct elf_program *program)
{
    struct elf_header header;
    const char *wrong = header_read(file, bytes, &header);
    *program = (struct elf_program){0};
    for (unsigned i = 0; !wrong && i < header.program_header_count; i++) {
        struct elf_program_header segment;
        memcpy(&segment, file + header.program_headers + i * sizeof(segment), sizeof(segment));
        if (segment.type != ELF_LOAD || segment.memory_bytes == 0)
            continue;
        if (program->segments == ELF_SEGMENTS_MAX)
            return "it has too many segments";
        wrong = segment_read(file, bytes, &segment, &program->segment[program->segments++]);
    }
    if (wrong)
        return wrong;
    program->entry = header.entry;
    return program->segments && program->entry < SLUICE_USER_MAX ? NULL : "it has nothing to run";
}
