// SPDX-License-Identifier: MIT
/*
 * The root server's birth: its program, its memory, its thread. Its capabilities: root_caps.c.
 * Owns: nothing once it runs. Entry points: kernel/boot/root.h. Context: boot CPU, all CPUs up. Locks: none but those
 * that mapping takes; the boot CPU is the only one that does anything. Tests: tests/boot/.
 */
#include "kernel/boot/root.h"
#include "kernel/abi/boot.h"
#include "kernel/boot/archive.h"
#include "kernel/boot/elf.h"
#include "kernel/boot/handover.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/root_internal.h"
#include "kernel/boot/string.h"
#include "kernel/sched/sched.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "smp/cpu.h"

#define ROOT_IMAGE_GUESS (1u << 20) /* the program's segments; only for the check before it is read */

uint64_t root_bytes(void)
{
    return ROOT_IMAGE_GUESS + SLUICE_BOOT_HEAP_BYTES + SLUICE_BOOT_STACK_BYTES;
}

static const uint8_t *archive_data(void)
{
    return direct_map(handover.archive.start);
}

static uint64_t archive_bytes(void)
{
    return handover.archive.end - handover.archive.start;
}

static struct archive_file program_find(void)
{
    struct archive_file file;
    if (!handover.archive.start)
        boot_fail("boot archive missing: give boot.cpio as the module or initrd");
    const char *wrong = archive_find(archive_data(), archive_bytes(), "root", &file);
    if (wrong)
        boot_fail("boot archive is broken: %s", wrong);
    if (!file.data)
        boot_fail("boot archive has no program root");
    return file;
}

static void map(struct root *root, uint64_t address, uint64_t physical, uint64_t bytes, unsigned flags)
{
    uint64_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    int64_t error = aspace_map_boot(root->aspace, address, physical, pages, flags);
    if (error)
        boot_fail("boot archive is broken: root's memory at 0x%lx can't be mapped (error %ld)", address,
                  -error);
}

static void map_fresh(struct root *root, uint64_t address, uint64_t bytes)
{
    void *memory = memory_take_zeroed(bytes);
    map(root, address, direct_map_physical(memory), bytes, SLUICE_MAP_READ | SLUICE_MAP_WRITE);
}

static void segment_load(struct root *root, const struct elf_segment *segment)
{
    uint8_t *memory = memory_take_zeroed(segment->bytes);
    memcpy(memory + segment->offset, segment->data, segment->data_bytes);
    map(root, segment->address, direct_map_physical(memory), segment->bytes, segment->flags);
}

static void program_load(struct root *root)
{
    struct archive_file file = program_find();
    struct elf_program program;
    const char *wrong = elf_read(file.data, file.bytes, &program);
    if (wrong)
        boot_fail("boot archive is broken: program root: %s", wrong);
    for (unsigned i = 0; i < program.segments; i++)
        segment_load(root, &program.segment[i]);
    root->entry = program.entry;
}

/* The archive need not begin on a page: its address keeps the offset. */
static void archive_map(struct root *root)
{
    uint64_t start = handover.archive.start & ~(PAGE_BYTES - 1);
    map(root, SLUICE_BOOT_ARCHIVE_ADDRESS, start, handover.archive.end - start, SLUICE_MAP_READ);
}

static void info_map(struct root *root)
{
    struct sluice_boot_info *info = memory_take_zeroed(sizeof(*info));
    *info = (struct sluice_boot_info){
        .abi_version = 1,
        .cpus = cpu_count,
        .regions = root->regions,
        .archive = SLUICE_BOOT_ARCHIVE_ADDRESS + handover.archive.start % PAGE_BYTES,
        .archive_bytes = archive_bytes(),
        .tsc_hz = tsc_hz,
        .heap = SLUICE_BOOT_HEAP_ADDRESS,
        .heap_bytes = SLUICE_BOOT_HEAP_BYTES,
    };
    string_copy(info->command_line, handover.command_line, sizeof(info->command_line));
    root->info = info;
    map(root, SLUICE_BOOT_INFO_ADDRESS, direct_map_physical(info), sizeof(*info), SLUICE_MAP_READ);
}

void root_make(void)
{
    struct root root = {0};
    root_objects_make(&root);
    program_load(&root);
    archive_map(&root);
    info_map(&root);
    map_fresh(&root, SLUICE_BOOT_HEAP_ADDRESS, SLUICE_BOOT_HEAP_BYTES);
    map_fresh(&root, SLUICE_BOOT_STACK_TOP - SLUICE_BOOT_STACK_BYTES, SLUICE_BOOT_STACK_BYTES);
    root_caps_give(&root);
    root.info->regions = root.regions;
    root_thread_start(&root);
}
