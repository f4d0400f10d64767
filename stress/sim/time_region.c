// SPDX-License-Identifier: MIT
/*
 * What mode `time` measures: the steady window of each region, in which all of its workers are inside.
 * Owns: struct region. Entry points: time_region_begin, _end, _print. Context: vCPU threads, in markers; print when the
 * machine ended. Locks: sim_lock is held. Tests: tests/sim/time.t.
 *
 * A window opens with the begin of the last worker and closes with the first end; one with more workers replaces those
 * before, one with as many adds to them. Counts of vCPUs that run on meanwhile are read as they are: a few operations.
 */
#include "stress/sim/time.h"
#include <inttypes.h>

static struct region {
    unsigned workers; /* the most that were inside at once */
    unsigned windows;
    bool open;
    uint64_t opened_at, cycles;
    struct time_count from[SIM_VCPUS_MAX], sum[SIM_VCPUS_MAX];
} regions[SIM_REGIONS];

void time_region_begin(unsigned vcpu, unsigned number)
{
    struct region *region = &regions[number];
    unsigned inside = sim_region_open[number];
    if (inside < region->workers)
        return;
    if (inside > region->workers)
        *region = (struct region){.workers = inside};
    region->open = true;
    region->opened_at = time_vcpus[vcpu].now;
    for (unsigned i = 0; i < sim_vcpus; i++)
        region->from[i] = time_vcpus[i].count;
}

void time_region_end(unsigned vcpu, unsigned number)
{
    struct region *region = &regions[number];
    uint64_t now = time_vcpus[vcpu].now;
    if (!region->open)
        return;
    region->open = false;
    region->windows++;
    region->cycles += now > region->opened_at ? now - region->opened_at : 0;
    for (unsigned i = 0; i < sim_vcpus; i++) {
        const struct time_count *to = &time_vcpus[i].count, *from = &region->from[i];
        struct time_count *sum = &region->sum[i];
        sum->operations += to->operations - from->operations;
        sum->instructions += to->instructions - from->instructions;
        sum->transfers += to->transfers - from->transfers;
        sum->queued += to->queued - from->queued;
        sum->ipis += to->ipis - from->ipis;
    }
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static struct time_count region_total(const struct region *region, uint64_t *least, uint64_t *most)
{
    struct time_count total = {0};
    *least = UINT64_MAX;
    *most = 0;
    for (unsigned i = 0; i < sim_vcpus; i++) {
        const struct time_count *sum = &region->sum[i];
        total.operations += sum->operations;
        total.instructions += sum->instructions;
        total.transfers += sum->transfers;
        total.queued += sum->queued;
        total.ipis += sum->ipis;
        if (!sum->operations) /* a server's vCPU, or none of the workload's */
            continue;
        *least = sum->operations < *least ? sum->operations : *least;
        *most = sum->operations > *most ? sum->operations : *most;
    }
    *least = *least < *most ? *least : *most;
    return total;
}

static void vcpus_print(FILE *out, const struct region *region)
{
    fprintf(out, "   \"counts\": [");
    for (unsigned i = 0; i < sim_vcpus; i++) {
        const struct time_count *sum = &region->sum[i];
        fprintf(out,
                "%s\n    {\"vcpu\": %u, \"operations\": %" PRIu64 ", \"instructions\": %" PRIu64
                ", \"transfers\": %" PRIu64 ", \"queued\": %" PRIu64 ", \"ipis\": %" PRIu64 "}",
                i ? "," : "", i, sum->operations, sum->instructions, sum->transfers, sum->queued, sum->ipis);
    }
    fprintf(out, "]}");
}

static void region_print(FILE *out, const struct region *region, unsigned number)
{
    uint64_t least, most;
    struct time_count total = region_total(region, &least, &most);
    fprintf(out,
            "\n  {\"region\": %u, \"workers\": %u, \"windows\": %u, \"operations\": %" PRIu64
            ", \"cycles\": %" PRIu64 ",\n",
            number, region->workers, region->windows, total.operations, region->cycles);
    fprintf(out, "   \"operations_per_kcycle\": %.4f, \"operations_per_s\": %.0f,\n",
            1000 * ratio(total.operations, region->cycles),
            ratio(total.operations, region->cycles) * (double)time_parameters.mhz * 1e6);
    fprintf(out,
            "   \"instructions_per_operation\": %.1f, \"transfers_per_operation\": %.3f, "
            "\"queued_per_operation\": %.1f, \"ipis_per_operation\": %.3f,\n",
            ratio(total.instructions, total.operations), ratio(total.transfers, total.operations),
            ratio(total.queued, total.operations), ratio(total.ipis, total.operations));
    fprintf(out, "   \"operations_least\": %" PRIu64 ", \"operations_most\": %" PRIu64 ",\n", least, most);
    vcpus_print(out, region);
}

void time_region_print(FILE *out)
{
    const char *separator = "";
    fprintf(out, "\"regions\": [");
    for (unsigned i = 0; i < SIM_REGIONS; i++) {
        if (!regions[i].workers)
            continue;
        fprintf(out, "%s", separator);
        region_print(out, &regions[i], i);
        separator = ",";
    }
    fprintf(out, "\n]\n");
}
