// SPDX-License-Identifier: MIT
/*
 * Mode `count`: instructions of each vCPU in each region, user and kernel, and IPIs sent; of one region also by address.
 * Owns: the vCPUs' running counts and what they were when regions opened. Context: vCPU threads; a count has one writer.
 * Locks: sim_lock, held by plugin.c around markers. Tests: tests/sim/.
 *
 * A vCPU that is inside of a region has its instructions counted as `own`; what vCPUs outside of it execute while the
 * region is open (a server, an interrupted CPU) is `other`. A REP instruction counts once for each turn, as QEMU runs it.
 * From one operation marker to the next on a vCPU is a sample: of what it executed itself, and of what all executed.
 */
#include "stress/sim/sim.h"
#include <inttypes.h>
#include <stdlib.h>

#define SAMPLES_MAX 1024u

struct count {
    uint64_t user, kernel, ipis;
};

static struct count now[SIM_VCPUS_MAX];

struct samples {
    uint64_t own_before, machine_before; /* at the last marker */
    unsigned count;
    uint32_t own[SAMPLES_MAX], machine[SAMPLES_MAX];
};

static struct region {
    uint64_t operations[SIM_VCPUS_MAX];
    struct samples *samples[SIM_VCPUS_MAX]; /* made at the vCPU's first begin */
    unsigned inside[SIM_VCPUS_MAX];         /* begins less ends on this vCPU */
    bool seen;
    struct count entered[SIM_VCPUS_MAX], own[SIM_VCPUS_MAX]; /* while inside */
    struct count opened[SIM_VCPUS_MAX], all[SIM_VCPUS_MAX];  /* while open anywhere */
} regions[SIM_REGIONS];

static void count_add(struct count *sum, const struct count *from, const struct count *to)
{
    sum->user += to->user - from->user;
    sum->kernel += to->kernel - from->kernel;
    sum->ipis += to->ipis - from->ipis;
}

static void user_executed(unsigned vcpu, void *data)
{
    (void)data;
    now[vcpu].user++;
}

static void kernel_executed(unsigned vcpu, void *data)
{
    (void)data;
    now[vcpu].kernel++;
}

/* QEMU 7.2 calls it for loads, too, although it was registered for stores only. */
static void kernel_stored(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)data;
    if (qemu_plugin_mem_is_store(info) && sim_may_be_ipi(address) &&
        sim_is_ipi(qemu_plugin_get_hwaddr(info, address)))
        now[vcpu].ipis++;
}

static void count_translate(struct qemu_plugin_tb *block)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (sim_is_marker(instruction))
            continue;
        addresses_translate(instruction);
        bool kernel = sim_is_kernel(qemu_plugin_insn_vaddr(instruction));
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, kernel ? kernel_executed : user_executed,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
        if (kernel)
            qemu_plugin_register_vcpu_mem_cb(instruction, kernel_stored, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_W, NULL);
    }
}

static uint64_t own_sum(unsigned vcpu)
{
    return now[vcpu].user + now[vcpu].kernel;
}

static uint64_t machine_sum(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < sim_vcpus; i++)
        sum += own_sum(i);
    return sum;
}

static void samples_begin(struct region *region, unsigned vcpu)
{
    if (!region->samples[vcpu])
        region->samples[vcpu] = calloc(1, sizeof *region->samples[vcpu]);
    if (!region->samples[vcpu])
        return;
    region->samples[vcpu]->own_before = own_sum(vcpu);
    region->samples[vcpu]->machine_before = machine_sum();
}

static void samples_add(struct region *region, unsigned vcpu)
{
    struct samples *samples = region->samples[vcpu];
    if (!samples || !region->inside[vcpu] || samples->count == SAMPLES_MAX)
        return;
    uint64_t own = own_sum(vcpu), machine = machine_sum();
    samples->own[samples->count] = (uint32_t)(own - samples->own_before);
    samples->machine[samples->count++] = (uint32_t)(machine - samples->machine_before);
    samples->own_before = own;
    samples->machine_before = machine;
}

static void count_marker(unsigned vcpu, unsigned number, enum sim_marker kind)
{
    struct region *region = &regions[number];
    switch (kind) {
    case SIM_MARKER_BEGIN:
        region->seen = true;
        if (sim_region_open[number] == 1)
            for (unsigned i = 0; i < sim_vcpus; i++)
                region->opened[i] = now[i];
        if (!region->inside[vcpu]++) {
            region->entered[vcpu] = now[vcpu];
            samples_begin(region, vcpu);
        }
        break;
    case SIM_MARKER_END:
        if (region->inside[vcpu] && !--region->inside[vcpu])
            count_add(&region->own[vcpu], &region->entered[vcpu], &now[vcpu]);
        if (sim_region_open[number] == 1)
            for (unsigned i = 0; i < sim_vcpus; i++)
                count_add(&region->all[i], &region->opened[i], &now[i]);
        break;
    case SIM_MARKER_OPERATION:
        region->operations[vcpu]++;
        samples_add(region, vcpu);
        break;
    }
}

static int sample_compare(const void *first, const void *second)
{
    uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

static void samples_print(FILE *out, struct samples *samples)
{
    if (!samples || !samples->count)
        return;
    unsigned middle = samples->count / 2;
    qsort(samples->own, samples->count, sizeof *samples->own, sample_compare);
    qsort(samples->machine, samples->count, sizeof *samples->machine, sample_compare);
    fprintf(out,
            ", \"own_least\": %" PRIu32 ", \"own_median\": %" PRIu32 ", \"machine_least\": %" PRIu32
            ", \"machine_median\": %" PRIu32,
            samples->own[0], samples->own[middle], samples->machine[0], samples->machine[middle]);
}

static void vcpu_print(FILE *out, const struct region *region, unsigned vcpu, bool last)
{
    const struct count *own = &region->own[vcpu], *all = &region->all[vcpu];
    fprintf(out,
            "    {\"vcpu\": %u, \"operations\": %" PRIu64 ", \"own_user\": %" PRIu64
            ", \"own_kernel\": %" PRIu64 ", \"other_user\": %" PRIu64 ", \"other_kernel\": %" PRIu64
            ", \"ipis\": %" PRIu64,
            vcpu, region->operations[vcpu], own->user, own->kernel, all->user - own->user,
            all->kernel - own->kernel, all->ipis);
    samples_print(out, region->samples[vcpu]);
    fprintf(out, "}%s\n", last ? "" : ",");
}

/* Ended nowhere, or on another vCPU than where it began. */
static void region_check(unsigned number)
{
    for (unsigned vcpu = 0; vcpu < sim_vcpus; vcpu++)
        if (regions[number].inside[vcpu])
            fprintf(stderr, "sim: region %u was left open on vCPU %u: its counts are not whole\n", number,
                    vcpu);
}

static void count_end(FILE *out)
{
    const char *separator = "";
    fprintf(out, "\"regions\": [");
    for (unsigned i = 0; i < SIM_REGIONS; i++) {
        if (!regions[i].seen)
            continue;
        region_check(i);
        fprintf(out, "%s\n  {\"region\": %u, \"counts\": [\n", separator, i);
        for (unsigned vcpu = 0; vcpu < sim_vcpus; vcpu++)
            vcpu_print(out, &regions[i], vcpu, vcpu + 1 == sim_vcpus);
        fprintf(out, "  ]}");
        separator = ",";
    }
    fprintf(out, "\n]");
    addresses_print(out);
    fprintf(out, "\n");
}

static bool count_begin(void)
{
    addresses_begin();
    return true;
}

const struct sim_mode sim_mode_count = {
    .name = "count",
    .options = "  addresses=REGION   how often each instruction ran while this region was open anywhere; "
               "exact only\n"
               "                     with one host thread (thread=single)\n",
    .begin = count_begin,
    .translate = count_translate,
    .marker = count_marker,
    .end = count_end,
};
