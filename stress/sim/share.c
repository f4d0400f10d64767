// SPDX-License-Identifier: MIT
/*
 * Mode `share`: lines of 64 bytes that move from one vCPU to another while regions are open, by line, code and vCPU pair.
 * Owns: what was counted for each region. Entry point: sim_mode_share. Context: vCPU threads; a count has one writer.
 * Locks: sim_lock around markers; a bucket's lock of the directory. Tests: tests/sim/share.t, tests/conflict/.
 *
 * What counts as a transfer is in share_line.c. The directory is fed only while a region is open and begins empty, so a
 * first touch is none. Not seen: fetches of instructions, page walks, frames that the processor pushes, and of an access
 * that crosses a page its second part. Like `count`, transfers by vCPUs inside of the region are `own`, others `other`.
 * Option sections: every time that the last region closes, the kernel's lines that one vCPU inside of it wrote and
 * another touched are a section of the result, and the directory is emptied.
 */
#include "stress/sim/share.h"
#include "stress/lib/marker.h"
#include <inttypes.h>
#include <stdlib.h>

#define LINE_BYTES (1u << SIM_LINE_SHIFT)
#define PAGE_BYTES 4096u

enum share_kind { OWN_USER, OWN_KERNEL, OTHER_USER, OTHER_KERNEL, KINDS };
static const char *const kind_names[KINDS] = {"own_user", "own_kernel", "other_user", "other_kernel"};

static struct region {
    bool seen, counting;
    uint64_t passed;     /* operations since it was opened */
    uint64_t operations; /* while counting */
    unsigned inside[SIM_VCPUS_MAX];
    uint64_t transfers[SIM_VCPUS_MAX][KINDS];
} regions[SIM_REGIONS];

static unsigned inside[SIM_VCPUS_MAX];                 /* of any region */
static unsigned counting[SIM_REGIONS], counting_count; /* regions that count */
static uint32_t *pairs;                                /* [to * sim_vcpus + from] */
static uint64_t steady;
static bool sections;
static FILE *section_out; /* the sections so far, in section_text */
static char *section_text;
static size_t section_bytes;
static unsigned section_count;

static void transfer_count(unsigned vcpu, unsigned from, bool kernel)
{
    for (unsigned i = 0; i < counting_count; i++) {
        struct region *region = &regions[counting[i]];
        region->transfers[vcpu][(region->inside[vcpu] ? OWN_USER : OTHER_USER) + kernel]++;
    }
    pairs[vcpu * sim_vcpus + from]++;
}

static void line_accessed(const struct share_access *access)
{
    int from = share_line_access(access, counting_count != 0, sections);
    if (from != SHARE_NOBODY && counting_count)
        transfer_count(access->vcpu, (unsigned)from, access->code->kernel);
}

static void accessed(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    if (!sim_regions_open || (sections && !inside[vcpu]))
        return;
    const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, address);
    if (!place || qemu_plugin_hwaddr_is_io(place))
        return;
    unsigned bytes = 1u << qemu_plugin_mem_size_shift(info);
    unsigned left = LINE_BYTES - (unsigned)(address % LINE_BYTES);
    struct share_access access = {.code = data,
                                  .vcpu = vcpu,
                                  .store = qemu_plugin_mem_is_store(info),
                                  .address = address,
                                  .physical = qemu_plugin_hwaddr_phys_addr(place),
                                  .bytes = bytes < left ? bytes : left};
    line_accessed(&access);
    if (bytes <= left || (address + left) % PAGE_BYTES == 0)
        return;
    access.physical += left;
    access.address += left;
    access.bytes = bytes - left;
    line_accessed(&access);
}

static void share_translate(struct qemu_plugin_tb *block)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (sim_is_marker(instruction) || (sections && !sim_is_kernel(qemu_plugin_insn_vaddr(instruction))))
            continue;
        qemu_plugin_register_vcpu_mem_cb(instruction, accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                         share_code_of(instruction));
    }
}

static void counting_set(unsigned number, bool on)
{
    if (regions[number].counting == on)
        return;
    regions[number].counting = on;
    counting_count = 0;
    for (unsigned i = 0; i < SIM_REGIONS; i++)
        if (regions[i].counting)
            counting[counting_count++] = i;
}

static void region_begin(unsigned vcpu, unsigned number)
{
    struct region *region = &regions[number];
    region->seen = true;
    if (sim_regions_open == 1)
        share_lines_forget_state();
    if (sim_region_open[number] == 1) {
        region->passed = 0;
        counting_set(number, steady == 0);
    }
    region->inside[vcpu]++;
    inside[vcpu]++;
}

static void section_end(void)
{
    fprintf(section_out, "%s\n  {\"section\": %u, ", section_count ? "," : "", section_count);
    section_count++;
    share_section_print(section_out);
    fprintf(section_out, "}");
    share_lines_clear();
}

static void region_end(unsigned vcpu, unsigned number)
{
    struct region *region = &regions[number];
    if (steady || sim_region_open[number] == 1)
        counting_set(number, false);
    if (!region->inside[vcpu])
        return;
    region->inside[vcpu]--;
    inside[vcpu]--;
    if (sections && sim_regions_open == 1)
        section_end();
}

static void operation_done(unsigned number)
{
    struct region *region = &regions[number];
    region->operations += region->counting;
    if (sim_region_open[number] && ++region->passed == steady)
        counting_set(number, true);
}

static void share_marker(unsigned vcpu, unsigned number, enum sim_marker kind)
{
    if (number == MARKER_PICTURE) {
        if (kind == SIM_MARKER_OPERATION)
            picture_take();
        return;
    }
    switch (kind) {
    case SIM_MARKER_BEGIN:
        region_begin(vcpu, number);
        break;
    case SIM_MARKER_END:
        region_end(vcpu, number);
        break;
    case SIM_MARKER_OPERATION:
        operation_done(number);
        break;
    }
}

static void region_print(FILE *out, unsigned number)
{
    const struct region *region = &regions[number];
    fprintf(out, "  {\"region\": %u, \"operations\": %" PRIu64, number, region->operations);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        uint64_t sum = 0;
        for (unsigned vcpu = 0; vcpu < sim_vcpus; vcpu++)
            sum += region->transfers[vcpu][kind];
        fprintf(out, ", \"%s\": %" PRIu64, kind_names[kind], sum);
    }
    fprintf(out, "}");
}

static void regions_print(FILE *out)
{
    const char *separator = "";
    fprintf(out, "\"regions\": [");
    for (unsigned i = 0; i < SIM_REGIONS; i++) {
        if (!regions[i].seen)
            continue;
        fprintf(out, "%s\n", separator);
        region_print(out, i);
        separator = ",";
    }
    fprintf(out, "],\n");
}

static void pairs_print(FILE *out)
{
    const char *separator = "";
    fprintf(out, "\"pairs\": [");
    for (unsigned i = 0; i < sim_vcpus * sim_vcpus; i++) {
        if (!pairs[i])
            continue;
        fprintf(out, "%s\n  {\"from\": %u, \"to\": %u, \"transfers\": %u}", separator, i % sim_vcpus,
                i / sim_vcpus, pairs[i]);
        separator = ",";
    }
    fprintf(out, "],\n");
}

static void share_end(FILE *out)
{
    fprintf(out, "\"line_bytes\": %u,\n\"steady\": %" PRIu64 ",\n", LINE_BYTES, steady);
    if (sections) {
        fclose(section_out);
        fprintf(out, "\"sections\": [%s]\n", section_text);
        free(section_text);
        return;
    }
    regions_print(out);
    pairs_print(out);
    share_lines_print(out, (unsigned)sim_option_number("lines", 200, 1, UINT32_MAX));
    fprintf(out, ",\n");
    share_codes_print(out, (unsigned)sim_option_number("codes", 200, 1, UINT32_MAX));
    fprintf(out, "\n");
}

static bool share_begin(void)
{
    steady = sim_option_number("steady", 0, 0, UINT64_MAX);
    sections = sim_option_number("sections", 0, 0, 1);
    share_lines_init();
    pairs = calloc((size_t)sim_vcpus * sim_vcpus, sizeof *pairs);
    section_out = open_memstream(&section_text, &section_bytes);
    return pairs && section_out && picture_options_good();
}

const struct sim_mode sim_mode_share = {
    .name = "share",
    .options = "  steady=N    counts from the Nth operation of a region to its first end (0: all of it)\n"
               "  lines=N     lines in the result (200)\n"
               "  codes=N     code addresses in the result (200)\n"
               "  sections=1  what conflicts in the kernel, section by section\n"
               "  ram=FILE,picture=FILE  copies the file that backs memory when the guest asks for it\n",
    .begin = share_begin,
    .translate = share_translate,
    .marker = share_marker,
    .end = share_end,
};
