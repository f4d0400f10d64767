// SPDX-License-Identifier: MIT
/*
 * The kernel's own page tables, built once: direct map of RAM (not executable, the largest pages that fit; the image's
 * text and constants are read-only there too), the image (text executable, data writable, nothing both), device pages,
 * stacks. Every address space shares the upper half. Intel SDM vol. 3, 4.5.
 * Entry points: kernel/boot/x86_64/machine.h. Context: boot CPU. Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/memory.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"
#include "kernel/boot/x86_64/machine.h"
#include "mm/frame.h"

#define ENTRY_PRESENT 0x1ull
#define ENTRY_WRITE 0x2ull
#define ENTRY_UNCACHED 0x18ull
#define ENTRY_LARGE 0x80ull
#define ENTRY_GLOBAL 0x100ull
#define ENTRY_NO_EXECUTE (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define LARGE_BYTES (1ull << 21)
#define HUGE_SHIFT 30
#define TOP_SHIFT 39

extern char kernel_text_begin[], kernel_rodata_begin[], kernel_data_begin[], kernel_end[];
extern uint64_t boot_efer; /* start.S */

uint64_t kernel_root;
static unsigned largest_shift; /* of a leaf: 30 with 1 GiB pages, else 21 */

static uint64_t *table_of(uint64_t *entry)
{
    if (!(*entry & ENTRY_PRESENT))
        *entry = direct_map_physical(memory_take_zeroed(PAGE_BYTES)) | ENTRY_PRESENT | ENTRY_WRITE;
    return direct_map(*entry & ENTRY_ADDRESS);
}

static unsigned leaf_shift(uint64_t virtual, uint64_t physical, uint64_t bytes)
{
    unsigned shift = largest_shift;
    while (shift > PAGE_SHIFT && (((virtual | physical) & ((1ull << shift) - 1)) || bytes >> shift == 0))
        shift -= 9;
    return shift;
}

static void page_map(uint64_t virtual, uint64_t entry, unsigned shift)
{
    uint64_t *table = direct_map(kernel_root);
    for (unsigned level = TOP_SHIFT; level > shift; level -= 9) {
        uint64_t *place = &table[virtual >> level & 511];
        if (*place & ENTRY_LARGE)
            return; /* part of a large page already: a device beside RAM, which the MTRRs keep uncached */
        table = table_of(place);
    }
    table[virtual >> shift & 511] = entry | ENTRY_PRESENT | (shift > PAGE_SHIFT ? ENTRY_LARGE : 0);
}

static void range_map(uint64_t virtual, uint64_t physical, uint64_t bytes, uint64_t flags)
{
    while (bytes) {
        unsigned shift = leaf_shift(virtual, physical, bytes);
        page_map(virtual, physical | flags | ENTRY_GLOBAL, shift);
        virtual += 1ull << shift;
        physical += 1ull << shift;
        bytes -= 1ull << shift;
    }
}

static uint64_t image_physical(const char *address)
{
    return (uint64_t)address - KERNEL_OFFSET;
}

uint64_t memory_image_end(void)
{
    return image_physical(kernel_end);
}

static void image_map(const char *from, const char *to, uint64_t flags)
{
    range_map((uint64_t)from, image_physical(from), (uint64_t)(to - from), flags);
}

static void direct_map_build(void)
{
    static struct memory_map mapped; /* RAM in whole 2 MiB pages, without the read-only part of the image */
    uint64_t fixed = image_physical(kernel_text_begin), fixed_end = image_physical(kernel_data_begin);
    for (unsigned i = 0; i < boot_ram.count; i++)
        memory_map_add(&mapped, boot_ram.range[i].start & ~(LARGE_BYTES - 1),
                       (boot_ram.range[i].end + LARGE_BYTES - 1) & ~(LARGE_BYTES - 1));
    memory_map_remove(&mapped, fixed, fixed_end);
    for (unsigned i = 0; i < mapped.count; i++)
        range_map(DIRECT_MAP + mapped.range[i].start, mapped.range[i].start,
                  mapped.range[i].end - mapped.range[i].start, ENTRY_WRITE | ENTRY_NO_EXECUTE);
    range_map(DIRECT_MAP + fixed, fixed, fixed_end - fixed, ENTRY_NO_EXECUTE);
}

void paging_init(void)
{
    largest_shift = cpuid(0x80000001, 0).d & 1u << 26 ? HUGE_SHIFT : HUGE_SHIFT - 9;
    if (!(boot_efer & EFER_NO_EXECUTE))
        boot_fail(
            "the processor can't keep data from being executed (NX; the firmware's set-up may have it off)");
    kernel_root = direct_map_physical(memory_take_zeroed(PAGE_BYTES));
    direct_map_build();
    image_map(kernel_text_begin, kernel_rodata_begin, 0);
    image_map(kernel_rodata_begin, kernel_data_begin, ENTRY_NO_EXECUTE);
    image_map(kernel_data_begin, kernel_end, ENTRY_WRITE | ENTRY_NO_EXECUTE);
    cr3_write(kernel_root);
    cr4_write(cr4_read() | CR4_GLOBAL_PAGES);
    memory_reach(UINT64_MAX);
}

void paging_map_device(uint64_t physical)
{
    uint64_t page = physical & ~(PAGE_BYTES - 1);
    page_map(DIRECT_MAP + page, page | ENTRY_WRITE | ENTRY_UNCACHED | ENTRY_GLOBAL | ENTRY_NO_EXECUTE,
             PAGE_SHIFT);
}

uint64_t paging_map_stack(unsigned index)
{
    uint64_t top = STACKS_BASE + (index + 1ull) * STACKS_STRIDE;
    range_map(top - STACK_BYTES, memory_take(STACK_BYTES), STACK_BYTES, ENTRY_WRITE | ENTRY_NO_EXECUTE);
    return top;
}
