// SPDX-License-Identifier: MIT
/*
 * How often each instruction ran while one region was open: what tools/profile adds up by function.
 * Owns: a counter for each address of an instruction that was translated. Context: vCPU threads. Locks: the table's own,
 * when code is translated; counting takes none, so that it is exact only with one host thread. Tests: tests/sim/.
 *
 * Programs share addresses: what ran at a user address is that of all of them together.
 */
#include "stress/sim/sim.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 65536u

struct address {
    struct address *next;
    uint64_t address, count;
};

static struct address *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned region = SIM_REGIONS; /* none */

void addresses_begin(void)
{
    region = (unsigned)sim_option_number("addresses", SIM_REGIONS, 0, SIM_REGIONS - 1);
}

static struct address *address_find(uint64_t value)
{
    struct address **bucket = &buckets[value % BUCKETS];
    pthread_mutex_lock(&lock);
    struct address *address = *bucket;
    while (address && address->address != value)
        address = address->next;
    if (!address) {
        address = calloc(1, sizeof *address);
        if (!address) {
            fprintf(stderr, "sim: no memory for another address\n");
            exit(1);
        }
        address->address = value;
        address->next = *bucket;
        *bucket = address;
    }
    pthread_mutex_unlock(&lock);
    return address;
}

static void address_executed(unsigned vcpu, void *data)
{
    (void)vcpu;
    struct address *address = data;
    if (sim_region_open[region])
        address->count++;
}

void addresses_translate(struct qemu_plugin_insn *instruction)
{
    if (region < SIM_REGIONS)
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, address_executed, QEMU_PLUGIN_CB_NO_REGS,
                                               address_find(qemu_plugin_insn_vaddr(instruction)));
}

void addresses_print(FILE *out)
{
    const char *separator = "";
    if (region == SIM_REGIONS)
        return;
    fprintf(out, ",\n\"addresses\": [");
    for (unsigned i = 0; i < BUCKETS; i++)
        for (const struct address *address = buckets[i]; address; address = address->next) {
            if (!address->count)
                continue;
            fprintf(out, "%s\n  [\"0x%" PRIx64 "\", %" PRIu64 "]", separator, address->address,
                    address->count);
            separator = ",";
        }
    fprintf(out, "\n]");
}
