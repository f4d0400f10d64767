// SPDX-License-Identifier: MIT
/*
 * The instrument: a QEMU plugin (TCG) that watches the machine from outside, in one of several modes.
 * Owns: struct sim_mode, which each mode fills in; what plugin.c does for all of them: options, markers, the result.
 * Entry points: below. Context: QEMU's vCPU threads; with thread=multi several at once, a callback's vCPU being its own.
 * Locks: sim_lock around markers. Tests: tests/sim/.
 *
 * Markers (stress/lib/marker.h) open and close regions: a region is open from its first begin on any vCPU to the last
 * end. No mode counts a marker's own instruction.
 */
#pragma once
#include <qemu-plugin.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_VCPUS_MAX 256u
#define SIM_REGIONS 256u
#define SIM_LINE_SHIFT 6 /* a cache line is 64 bytes on every x86-64 so far (CPUID.1:EBX[15:8]) */

enum sim_marker { SIM_MARKER_BEGIN = 1, SIM_MARKER_END = 2, SIM_MARKER_OPERATION = 3 };

struct sim_mode {
    const char *name;
    const char *options; /* their names and what they mean, one line each; printed for option `help` */
    /* Options are there; false: said why on stderr, QEMU ends. */
    bool (*begin)(void);
    /* A block is translated: registers callbacks on its instructions but markers (sim_is_marker). */
    void (*translate)(struct qemu_plugin_tb *block);
    /* sim_lock is held; sim_region_open still is (END) or is already (BEGIN) the state with this marker. */
    void (*marker)(unsigned vcpu, unsigned region, enum sim_marker kind);
    /* The vCPU halts, or goes on; may be NULL. */
    void (*idle)(unsigned vcpu);
    void (*resume)(unsigned vcpu);
    /* The machine ended: members of the result's JSON object, each line ending with ",\n" but the last. */
    void (*end)(FILE *out);
};

extern const struct sim_mode sim_mode_count; /* count.c */
extern const struct sim_mode sim_mode_share; /* share.c */
extern const struct sim_mode sim_mode_time;  /* time.c */

/* addresses.c: the option `addresses` of mode count. */
void addresses_begin(void);
void addresses_translate(struct qemu_plugin_insn *instruction);
void addresses_print(FILE *out); /* as the next member of the result's object */

/* The value of an option `name=value` on the plugin's command line; `initial` when it is not there. */
const char *sim_option(const char *name, const char *initial);
/* The same as a number, decimal; outside of the range QEMU ends with a line that names it. */
uint64_t sim_option_number(const char *name, uint64_t initial, uint64_t least, uint64_t most);

/* Is this instruction a marker? */
bool sim_is_marker(const struct qemu_plugin_insn *instruction);
/* Code of the kernel: it lies in the upper half of the address space (kernel/boot/x86_64/layout.h). */
static inline bool sim_is_kernel(uint64_t address)
{
    return address >> 63;
}

/* vCPUs that QEMU was started with. */
extern unsigned sim_vcpus;
/* Regions open now: how many vCPUs are inside of `region`, and how many of all regions together. */
extern unsigned sim_region_open[SIM_REGIONS];
extern unsigned sim_regions_open;

/* Can an access of this virtual address be one? The low bits tell, at less cost than the physical address. */
static inline bool sim_may_be_ipi(uint64_t address)
{
    return (address & 0xfffu) == 0x300u;
}
/* A store to the interrupt command register of the local APIC sends one IPI (Intel SDM vol. 3, 11.6.1). */
bool sim_is_ipi(const struct qemu_plugin_hwaddr *address);
