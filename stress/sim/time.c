// SPDX-License-Identifier: MIT
/*
 * Mode `time`: how would the machine's work scale on real processors? Joins clock, lines and regions: see time.h.
 * Owns: struct block, one for each translated block. Context: vCPU threads. Locks: time_lock, in the parts; sim_lock
 * is held around time_marker. Tests: tests/sim/time.t.
 *
 * QEMU calls us before a block and after each of its accesses. A store that takes a line away from others has to happen
 * at its moment of the model's time, or others would see it too early. So a block whose stores lately did so
 * waits for its turn before it is executed; a block that does it for the first time waits after the access.
 */
#include "stress/sim/time.h"
#include <inttypes.h>
#include <stdlib.h>

struct time_parameters time_parameters;

/* A block that took no line away this many times in a row is one that does not. */
#define BLOCK_PATIENCE 16u

struct block {
    /* Fixed after translation. */
    unsigned instructions, cycles;
    /* Atomic, hints: any vCPU that executes the block. */
    uint32_t orders; /* executions left before which it waits for its turn */
    bool sends;      /* it wrote to the interrupt command register */
};

static void block_executed(unsigned vcpu, void *data)
{
    struct block *block = data;
    counter_add(&time_vcpus[vcpu].count.instructions, block->instructions);
    time_clock_advance(vcpu, block->cycles);
    if (!sim_regions_open)
        return;
    uint32_t orders = atomic_load_relaxed(&block->orders); /* relaxed: a hint, as is `sends` */
    if (orders) {
        atomic_store_relaxed(&block->orders, orders - 1);
        time_clock_turn(vcpu);
    }
    if (atomic_load_relaxed(&block->sends))
        time_clock_send(vcpu);
}

static void memory_accessed(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    struct block *block = data;
    if (!sim_regions_open)
        return;
    const struct qemu_plugin_hwaddr *where = qemu_plugin_get_hwaddr(info, address);
    if (!where)
        return;
    bool store = qemu_plugin_mem_is_store(info);
    if (qemu_plugin_hwaddr_is_io(where)) {
        if (store && sim_is_ipi(where)) {
            atomic_store_relaxed(&block->sends, true);
            counter_add(&time_vcpus[vcpu].count.ipis, 1);
            time_clock_sent(vcpu);
        }
        return;
    }
    uint64_t line = qemu_plugin_hwaddr_phys_addr(where) >> SIM_LINE_SHIFT;
    if (time_line_access(vcpu, line, store) && store)
        atomic_store_relaxed(&block->orders, BLOCK_PATIENCE);
}

static bool is_pause(const struct qemu_plugin_insn *instruction)
{
    const uint8_t *bytes = qemu_plugin_insn_data(instruction);
    return qemu_plugin_insn_size(instruction) == 2 && bytes[0] == 0xf3 && bytes[1] == 0x90;
}

/* A block is never freed: QEMU does not say when it drops one, and there are as many as there is code. */
static void time_translate(struct qemu_plugin_tb *translated)
{
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        abort();
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(translated); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(translated, i);
        if (sim_is_marker(instruction))
            continue;
        block->instructions++;
        block->cycles += is_pause(instruction) ? (unsigned)time_parameters.pause : 1;
        qemu_plugin_register_vcpu_mem_cb(instruction, memory_accessed, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, block);
    }
    qemu_plugin_register_vcpu_tb_exec_cb(translated, block_executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void time_marker(unsigned vcpu, unsigned region, enum sim_marker kind)
{
    switch (kind) {
    case SIM_MARKER_BEGIN:
        if (sim_regions_open == 1)
            time_clock_quantum(time_parameters.quantum);
        time_clock_align(vcpu);
        time_region_begin(vcpu, region);
        break;
    case SIM_MARKER_END:
        time_region_end(vcpu, region);
        if (sim_regions_open == 1)
            time_clock_quantum(time_parameters.quantum_outside);
        break;
    case SIM_MARKER_OPERATION:
        counter_add(&time_vcpus[vcpu].count.operations, 1);
        break;
    }
}

static bool time_begin(void)
{
    time_parameters = (struct time_parameters){
        .transfer = sim_option_number("transfer", 100, 0, 100000),
        .quantum = sim_option_number("quantum", 100, 1, 1000000),
        .quantum_outside = sim_option_number("quantum_outside", 50000, 1, 1000000000),
        .ipi = sim_option_number("ipi", 1000, 0, 1000000),
        .pause = sim_option_number("pause", 40, 1, 10000),
        .letgo_ms = sim_option_number("letgo_ms", 20, 1, 10000),
        .wake_us = sim_option_number("wake_us", 1000, 0, 1000000),
        .mhz = sim_option_number("mhz", 3000, 1, 100000),
    };
    return time_clock_init() && time_line_init();
}

static void time_end(FILE *out)
{
    const struct time_parameters *p = &time_parameters;
    fprintf(out,
            "\"parameters\": {\"transfer\": %" PRIu64 ", \"quantum\": %" PRIu64
            ", \"quantum_outside\": %" PRIu64 ", \"ipi\": %" PRIu64 ", \"pause\": %" PRIu64
            ", \"letgo_ms\": %" PRIu64 ", \"wake_us\": %" PRIu64 ", \"mhz\": %" PRIu64 "},\n",
            p->transfer, p->quantum, p->quantum_outside, p->ipi, p->pause, p->letgo_ms, p->wake_us, p->mhz);
    fprintf(out,
            "\"letgos\": %" PRIu64 ",\n\"letgos_inside\": %" PRIu64 ",\n\"wakes_missed\": %" PRIu64 ",\n",
            time_letgos, time_letgos_inside, time_wakes_missed);
    time_region_print(out);
}

const struct sim_mode sim_mode_time = {
    .name = "time",
    .options =
        "  transfer=100         cycles to bring a line from another vCPU, or to take it away from one\n"
        "  quantum=100          cycles that a vCPU may be ahead of the slowest one while a region is open\n"
        "  quantum_outside=50000  the same while none is\n"
        "  ipi=1000             cycles from sending an IPI to the first instruction of a vCPU that halted\n"
        "  pause=40             cycles of PAUSE; every other instruction takes one\n"
        "  letgo_ms=20          host's time after which a vCPU no longer waits for one that does not run\n"
        "  wake_us=1000         host's time that the sender of an IPI waits for a halted vCPU to wake\n"
        "  mhz=3000             cycles of a microsecond, for figures a second\n",
    .begin = time_begin,
    .translate = time_translate,
    .marker = time_marker,
    .idle = time_clock_idle,
    .resume = time_clock_resume,
    .end = time_end,
};
