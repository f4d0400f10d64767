// SPDX-License-Identifier: MIT
/*
 * Mode `count`: instructions of each vCPU in each region, user and kernel, and IPIs sent.
 * Owns: the vCPUs' running counts and what they were when regions opened. Context: vCPU threads; a count has one writer.
 * Locks: sim_lock, held by plugin.c around markers. Tests: tests/sim/.
 *
 * A vCPU that is inside of a region has its instructions counted as `own`; what other vCPUs execute while the region is
 * open (a server, an interrupted CPU) is `other`. A REP instruction counts once for each turn, as QEMU runs it.
 */
#include "stress/sim/sim.h"
#include <inttypes.h>

struct count {
    uint64_t user, kernel, ipis;
};

static struct count now[SIM_VCPUS_MAX];

static struct region {
    uint64_t operations[SIM_VCPUS_MAX];
    unsigned inside[SIM_VCPUS_MAX]; /* begins less ends on this vCPU */
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

static void kernel_stored(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)data;
    if (sim_is_ipi(qemu_plugin_get_hwaddr(info, address)))
        now[vcpu].ipis++;
}

static void count_translate(struct qemu_plugin_tb *block)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (sim_is_marker(instruction))
            continue;
        bool kernel = sim_is_kernel(qemu_plugin_insn_vaddr(instruction));
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, kernel ? kernel_executed : user_executed,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
        if (kernel)
            qemu_plugin_register_vcpu_mem_cb(instruction, kernel_stored, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_W, NULL);
    }
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
        if (!region->inside[vcpu]++)
            region->entered[vcpu] = now[vcpu];
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
        break;
    }
}

static void vcpu_print(FILE *out, const struct region *region, unsigned vcpu, bool last)
{
    const struct count *own = &region->own[vcpu], *all = &region->all[vcpu];
    fprintf(out,
            "    {\"vcpu\": %u, \"operations\": %" PRIu64 ", \"own_user\": %" PRIu64
            ", \"own_kernel\": %" PRIu64 ", \"other_user\": %" PRIu64 ", \"other_kernel\": %" PRIu64
            ", \"ipis\": %" PRIu64 "}%s\n",
            vcpu, region->operations[vcpu], own->user, own->kernel, all->user - own->user,
            all->kernel - own->kernel, all->ipis, last ? "" : ",");
}

static void count_end(FILE *out)
{
    const char *separator = "";
    fprintf(out, "\"regions\": [");
    for (unsigned i = 0; i < SIM_REGIONS; i++) {
        if (!regions[i].seen)
            continue;
        fprintf(out, "%s\n  {\"region\": %u, \"counts\": [\n", separator, i);
        for (unsigned vcpu = 0; vcpu < sim_vcpus; vcpu++)
            vcpu_print(out, &regions[i], vcpu, vcpu + 1 == sim_vcpus);
        fprintf(out, "  ]}");
        separator = ",";
    }
    fprintf(out, "\n]\n");
}

static bool count_begin(void)
{
    return true;
}

const struct sim_mode sim_mode_count = {
    .name = "count",
    .options = "  (no options but out=FILE)\n",
    .begin = count_begin,
    .translate = count_translate,
    .marker = count_marker,
    .end = count_end,
};
