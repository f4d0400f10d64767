// SPDX-License-Identifier: MIT
// sources: kernel/boot/elf.c
// sanitize: undefined address
/*
 * The reader of the root server's program: takes a good one, refuses what must not be mapped or lies outside.
 */
#include "kernel/boot/elf.h"
#include "kernel/abi/object.h"
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segment[2];
    uint8_t data[64];
} file;
static struct elf_program program;

static int fill(void **state)
{
    (void)state;
    memset(&file, 0, sizeof(file));
    memcpy(file.header.e_ident, ELFMAG "\2\1\1", 7);
    file.header.e_type = ET_EXEC;
    file.header.e_machine = EM_X86_64;
    file.header.e_entry = 0x401010;
    file.header.e_phoff = sizeof(file.header);
    file.header.e_phentsize = sizeof(Elf64_Phdr);
    file.header.e_phnum = 2;
    file.segment[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_X,
                                   .p_offset = 0,
                                   .p_vaddr = 0x401000,
                                   .p_filesz = sizeof(file),
                                   .p_memsz = sizeof(file)};
    file.segment[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_W,
                                   .p_offset = sizeof(file) - 64,
                                   .p_vaddr = 0x402ff0,
                                   .p_filesz = 64,
                                   .p_memsz = 0x2000};
    return 0;
}

static const char *read_it(void)
{
    return elf_read((const uint8_t *)&file, sizeof(file), &program);
}

static void a_good_program_is_laid_out_in_whole_pages(void **state)
{
    (void)state;
    assert_null(read_it());
    assert_int_equal(program.entry, 0x401010);
    assert_int_equal(program.segments, 2);
    assert_int_equal(program.segment[0].flags, SLUICE_MAP_READ | SLUICE_MAP_EXECUTE);
    assert_int_equal(program.segment[1].address, 0x402000);
    assert_int_equal(program.segment[1].offset, 0xff0);
    assert_int_equal(program.segment[1].bytes, 0x3000);
    assert_int_equal(program.segment[1].data_bytes, 64);
    assert_int_equal(program.segment[1].flags, SLUICE_MAP_READ | SLUICE_MAP_WRITE);
}

#define REFUSED(change, why)                                                                                 \
    do {                                                                                                     \
        fill(NULL);                                                                                          \
        change;                                                                                              \
        assert_string_equal(read_it(), why);                                                                 \
    } while (0)

static void what_must_not_be_mapped_is_refused(void **state)
{
    (void)state;
    REFUSED(file.header.e_ident[0] = 0, "it is no ELF64 file");
    REFUSED(file.header.e_type = ET_DYN, "it is no static x86-64 program");
    REFUSED(file.header.e_phoff = sizeof(file), "its program headers reach beyond the file");
    REFUSED(file.header.e_phoff = UINT64_MAX, "its program headers reach beyond the file");
    REFUSED(file.segment[0].p_flags = PF_W | PF_X, "a segment is writable and executable");
    REFUSED(file.segment[0].p_filesz++, "a segment reaches beyond the file");
    REFUSED(file.segment[1].p_offset = UINT64_MAX - 10, "a segment reaches beyond the file");
    REFUSED(file.segment[1].p_memsz = 63, "a segment reaches beyond the file");
    REFUSED(file.segment[0].p_vaddr = 0, "a segment lies outside of user addresses");
    REFUSED(file.segment[0].p_vaddr = SLUICE_USER_MAX - 1, "a segment lies outside of user addresses");
    REFUSED(file.segment[1].p_memsz = UINT64_MAX, "a segment lies outside of user addresses");
    REFUSED(file.header.e_phnum = 0, "it has nothing to run");
    REFUSED(file.header.e_entry = SLUICE_USER_MAX, "it has nothing to run");
}

static void random_damage_is_read_within_bounds(void **state)
{
    srand(1);
    for (unsigned round = 0; round < 100000; round++) {
        fill(state);
        for (unsigned i = 0; i < 3; i++)
            ((uint8_t *)&file)[(unsigned)rand() % (sizeof(file) - 64)] = (uint8_t)rand();
        if (read_it())
            continue;
        for (unsigned i = 0; i < program.segments; i++) {
            const struct elf_segment *segment = &program.segment[i];
            assert_true(segment->data >= (uint8_t *)&file);
            assert_true(segment->data + segment->data_bytes <= (uint8_t *)(&file + 1));
            assert_true(segment->offset + segment->data_bytes <= segment->bytes);
            assert_true(segment->address >= SLUICE_USER_MIN &&
                        segment->address + segment->bytes <= SLUICE_USER_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_program_is_laid_out_in_whole_pages, fill),
        cmocka_unit_test_setup(what_must_not_be_mapped_is_refused, fill),
        cmocka_unit_test_setup(random_damage_is_read_within_bounds, fill),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
