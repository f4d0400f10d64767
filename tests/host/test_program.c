// SPDX-License-Identifier: MIT
// sources: servers/lib/elf.c
// sanitize: undefined address
/*
 * The servers' reader of ELF programs: what goes where, and every program that must be refused.
 */
#include "servers/lib/elf.h"
#include "kernel/abi/object.h"
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARTS 3

struct file {
    Elf64_Ehdr header;
    Elf64_Phdr part[PARTS];
    uint8_t data[8192];
};

static Elf64_Phdr part(uint32_t flags, uint64_t address, uint64_t file_bytes, uint64_t memory_bytes)
{
    return (Elf64_Phdr){.p_type = PT_LOAD,
                        .p_flags = flags,
                        .p_offset = offsetof(struct file, data),
                        .p_vaddr = address,
                        .p_filesz = file_bytes,
                        .p_memsz = memory_bytes};
}

static struct file *good(void)
{
    struct file *file = calloc(1, sizeof *file);

    memcpy(file->header.e_ident, ELFMAG, SELFMAG);
    file->header.e_ident[EI_CLASS] = ELFCLASS64;
    file->header.e_ident[EI_DATA] = ELFDATA2LSB;
    file->header.e_ident[EI_VERSION] = EV_CURRENT;
    file->header.e_type = ET_EXEC;
    file->header.e_machine = EM_X86_64;
    file->header.e_entry = 0x400010;
    file->header.e_phoff = offsetof(struct file, part);
    file->header.e_phentsize = sizeof(Elf64_Phdr);
    file->header.e_phnum = PARTS;
    file->part[0] = part(PF_R | PF_X, 0x400000, 100, 100);
    file->part[1] = part(PF_R, 0x401000, 4096, 4096);
    file->part[2] = part(PF_R | PF_W, 0x402010, 20, 5000);
    return file;
}

static void refused(struct file *file, const char *word)
{
    struct elf_program program;
    const char *why = elf_read(file, sizeof *file, &program);

    assert_non_null(why);
    assert_non_null(strstr(why, word));
    free(file);
}

static void segments_are_pages_with_just_their_rights(void **state)
{
    struct file *file = good();
    struct elf_program program;

    (void)state;
    assert_null(elf_read(file, sizeof *file, &program));
    assert_int_equal(program.entry, 0x400010);
    assert_int_equal(program.segments, 3);
    assert_int_equal(program.segment[0].flags, SLUICE_MAP_READ | SLUICE_MAP_EXECUTE);
    assert_int_equal(program.segment[1].flags, SLUICE_MAP_READ);
    assert_int_equal(program.segment[2].flags, SLUICE_MAP_READ | SLUICE_MAP_WRITE);
    assert_int_equal(program.segment[2].address, 0x402000);
    assert_int_equal(program.segment[2].skip, 0x10);
    assert_int_equal(program.segment[2].pages, 2);
    assert_ptr_equal(program.segment[2].data, file->data);
    free(file);
}

static void what_is_no_program_is_refused(void **state)
{
    struct file *file;
    struct elf_program program;

    (void)state;
    assert_non_null(elf_read("not a program", 13, &program));
    file = good();
    file->header.e_ident[EI_CLASS] = ELFCLASS32;
    refused(file, "ELF64");
    file = good();
    file->header.e_machine = EM_AARCH64;
    refused(file, "x86-64");
    file = good();
    file->header.e_type = ET_DYN;
    refused(file, "x86-64");
}

static void headers_outside_of_the_file_are_refused(void **state)
{
    struct file *file = good();

    (void)state;
    file->header.e_phoff = UINT64_MAX - 8;
    refused(file, "headers");
    file = good();
    file->header.e_phnum = 65535;
    refused(file, "headers");
    file = good();
    file->header.e_phentsize = 8;
    refused(file, "headers");
}

static void segments_that_lie_are_refused(void **state)
{
    struct file *file = good();

    (void)state;
    file->part[0].p_filesz = file->part[0].p_memsz = sizeof *file;
    refused(file, "not in the file");
    file = good();
    file->part[1].p_offset = UINT64_MAX;
    refused(file, "not in the file");
    file = good();
    file->part[1].p_memsz = 10;
    refused(file, "not in the file");
    file = good();
    file->part[2].p_memsz = UINT64_MAX;
    refused(file, "user address");
    file = good();
    file->part[2].p_vaddr = 0xffffffff80000000;
    refused(file, "user address");
    file = good();
    file->part[0].p_vaddr = 0;
    refused(file, "user address");
    file = good();
    file->part[2].p_flags = PF_R | PF_W | PF_X;
    refused(file, "writable and executable");
    file = good();
    file->part[1].p_vaddr = 0x400800;
    refused(file, "overlap");
}

static void the_entry_must_be_code(void **state)
{
    struct file *file = good();

    (void)state;
    file->header.e_entry = 0x401000;
    refused(file, "entry");
    file = good();
    file->header.e_entry = 0;
    refused(file, "entry");
}

static void damaged_headers_never_lead_outside(void **state)
{
    (void)state;
    for (size_t at = 0; at < offsetof(struct file, data); at++)
        for (unsigned value = 0; value < 256; value += 51) {
            struct file *file = good();
            struct elf_program program;
            ((uint8_t *)file)[at] = (uint8_t)value;
            if (!elf_read(file, sizeof *file, &program))
                for (unsigned i = 0; i < program.segments; i++)
                    assert_true(program.segment[i].data - (uint8_t *)file + program.segment[i].data_bytes <=
                                sizeof *file);
            free(file);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_pages_with_just_their_rights),
        cmocka_unit_test(what_is_no_program_is_refused),
        cmocka_unit_test(headers_outside_of_the_file_are_refused),
        cmocka_unit_test(segments_that_lie_are_refused),
        cmocka_unit_test(the_entry_must_be_code),
        cmocka_unit_test(damaged_headers_never_lead_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
