// SPDX-License-Identifier: MIT
/*
 * What all modes share: QEMU's entry into the plugin, options, markers, the file with the result.
 * Owns: the table of modes, which regions are open. Entry point: qemu_plugin_install, called by QEMU. Context: QEMU's
 * main thread, then vCPU threads. Locks: sim_lock. Tests: tests/sim/.
 *
 * Command line:  -plugin build/sim/sim.so,mode=count,out=FILE[,option=value...]
 */
#include "stress/sim/sim.h"
#include "stress/lib/x86_64/marker.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(QEMU_PLUGIN_VERSION) && QEMU_PLUGIN_VERSION != 1
#error                                                                                                       \
    "this QEMU's plugin interface is not version 1: install QEMU 7.2 of Debian 12, or teach stress/sim the new one"
#endif

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

unsigned sim_vcpus;
unsigned sim_region_open[SIM_REGIONS];
unsigned sim_regions_open;

static const struct sim_mode *const modes[] = {&sim_mode_count, &sim_mode_share, &sim_mode_time, NULL};
static const struct sim_mode *mode;
static pthread_mutex_t sim_lock = PTHREAD_MUTEX_INITIALIZER;
static int option_count;
static char **options;
static bool marker_seen;

#define MARKER_BYTES 8u
#define MARKER_OPCODE "\x66\x0f\x1f\x80" /* stress/lib/x86_64/marker.h */
#define APIC_ICR_LOW 0xfee00300u /* Intel SDM vol. 3, 11.4.1: the address after reset, which nobody moves */

const char *sim_option(const char *name, const char *initial)
{
    size_t length = strlen(name);
    for (int i = 0; i < option_count; i++)
        if (!strncmp(options[i], name, length) && options[i][length] == '=')
            return options[i] + length + 1;
    return initial;
}

uint64_t sim_option_number(const char *name, uint64_t initial, uint64_t least, uint64_t most)
{
    const char *text = sim_option(name, NULL);
    if (!text)
        return initial;
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value < least || value > most) {
        fprintf(stderr, "sim: %s=%s: allowed are %" PRIu64 " to %" PRIu64 "\n", name, text, least, most);
        exit(1);
    }
    return value;
}

static bool marker_read(const struct qemu_plugin_insn *instruction, uint32_t *value)
{
    if (qemu_plugin_insn_size(instruction) != MARKER_BYTES)
        return false;
    const char *bytes = qemu_plugin_insn_data(instruction);
    memcpy(value, bytes + 4, sizeof *value);
    return !memcmp(bytes, MARKER_OPCODE, 4) && (*value & 0xffff0000u) == MARKER_CONSTANT;
}

bool sim_is_marker(const struct qemu_plugin_insn *instruction)
{
    uint32_t value;
    return marker_read(instruction, &value);
}

bool sim_is_ipi(const struct qemu_plugin_hwaddr *address)
{
    return address && qemu_plugin_hwaddr_is_io(address) &&
           qemu_plugin_hwaddr_phys_addr(address) == APIC_ICR_LOW;
}

static void marker_executed(unsigned vcpu, void *data)
{
    uint32_t value = (uint32_t)(uintptr_t)data;
    unsigned region = value >> 8 & 255u;
    enum sim_marker kind = (enum sim_marker)(value & 255u);
    pthread_mutex_lock(&sim_lock);
    marker_seen = true;
    if (kind == SIM_MARKER_BEGIN) {
        sim_region_open[region]++;
        sim_regions_open++;
    }
    if (kind != SIM_MARKER_END || sim_region_open[region])
        mode->marker(vcpu, region, kind);
    if (kind == SIM_MARKER_END && sim_region_open[region]) {
        sim_region_open[region]--;
        sim_regions_open--;
    }
    pthread_mutex_unlock(&sim_lock);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint32_t value;
        if (marker_read(instruction, &value))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, marker_executed, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)value);
    }
    mode->translate(block);
}

static void vcpu_idle(qemu_plugin_id_t id, unsigned vcpu)
{
    (void)id;
    mode->idle(vcpu);
}

static void vcpu_resume(qemu_plugin_id_t id, unsigned vcpu)
{
    (void)id;
    mode->resume(vcpu);
}

static void machine_ended(qemu_plugin_id_t id, void *data)
{
    (void)id, (void)data;
    const char *name = sim_option("out", NULL);
    FILE *out = fopen(name, "w");
    if (!out) {
        fprintf(stderr, "sim: %s cannot be written\n", name);
        return;
    }
    if (!marker_seen)
        fprintf(stderr, "sim: the guest executed no marker: run a program that calls marker_begin "
                        "(stress/lib/marker.h)\n");
    fprintf(out, "{\n\"mode\": \"%s\",\n\"markers\": %s,\n\"vcpus\": %u,\n", mode->name,
            marker_seen ? "true" : "false", sim_vcpus);
    mode->end(out);
    fprintf(out, "}\n");
    fclose(out);
}

static bool mode_find(const char *name)
{
    for (unsigned i = 0; modes[i]; i++)
        if (name && !strcmp(name, modes[i]->name))
            mode = modes[i];
    if (!mode) {
        fprintf(stderr, "sim: mode=%s: allowed are", name ? name : "");
        for (unsigned i = 0; modes[i]; i++)
            fprintf(stderr, " %s", modes[i]->name);
        fprintf(stderr, "\n");
    }
    return mode != NULL;
}

/* An option is one that the mode's text names, after a blank or a comma. */
static bool option_known(const char *option)
{
    size_t length = strcspn(option, "=") + 1;
    if (!strncmp(option, "mode=", length) || !strncmp(option, "out=", length))
        return true;
    for (const char *at = mode->options; *at; at++)
        if (!strncmp(at, option, length) && (at == mode->options || at[-1] == ' ' || at[-1] == ','))
            return true;
    return false;
}

static bool options_good(void)
{
    if (sim_option("help", NULL)) {
        fprintf(stderr, "sim: mode=%s takes\n%s", mode->name, mode->options);
        return false;
    }
    for (int i = 0; i < option_count; i++)
        if (!option_known(options[i])) {
            fprintf(stderr, "sim: mode=%s has no option %s; allowed are out=FILE and\n%s", mode->name,
                    options[i], mode->options);
            return false;
        }
    if (!sim_option("out", NULL)) {
        fprintf(stderr, "sim: out=FILE is missing: where the result goes\n");
        return false;
    }
    return mode->begin();
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv)
{
    option_count = argc;
    options = argv;
    if (!info->system_emulation || strcmp(info->target_name, "x86_64") ||
        info->system.max_vcpus > (int)SIM_VCPUS_MAX) {
        fprintf(stderr, "sim: wants qemu-system-x86_64 with at most %u vCPUs\n", SIM_VCPUS_MAX);
        return -1;
    }
    sim_vcpus = (unsigned)info->system.smp_vcpus;
    if (!mode_find(sim_option("mode", NULL)) || !options_good())
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    if (mode->idle)
        qemu_plugin_register_vcpu_idle_cb(id, vcpu_idle);
    if (mode->resume)
        qemu_plugin_register_vcpu_resume_cb(id, vcpu_resume);
    qemu_plugin_register_atexit_cb(id, machine_ended, NULL);
    return 0;
}
