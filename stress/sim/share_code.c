// SPDX-License-Identifier: MIT
/*
 * Mode `share`: the table of code, one record for each instruction that may touch memory.
 * Owns: the table; records live as long as the machine, so that translated blocks may point to them. Entry points: share.h.
 * Context: vCPU threads that translate. Locks: code_lock, a leaf. Tests: tests/sim/share.t.
 *
 * Programs are linked at the same addresses, and QEMU's plugin interface does not tell address spaces apart: records of
 * user code are told apart by the bytes that lie there.
 */
#include "stress/sim/share.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 65536u
#define PAGE_BYTES 4096u

static pthread_mutex_t code_lock = PTHREAD_MUTEX_INITIALIZER;
static struct share_code *buckets[BUCKETS];
static unsigned code_count;

static unsigned bucket_of(uint64_t address)
{
    return (unsigned)(address * 0x9e3779b97f4a7c15ull >> 48) % BUCKETS;
}

/* From the instruction on, but no further than its page: what follows may not be mapped. */
static void code_fill(struct share_code *code, const struct qemu_plugin_insn *instruction)
{
    code->address = qemu_plugin_insn_vaddr(instruction);
    code->kernel = sim_is_kernel(code->address);
    const void *bytes = qemu_plugin_insn_haddr(instruction);
    if (code->kernel || !bytes)
        return;
    uint64_t left = PAGE_BYTES - code->address % PAGE_BYTES;
    code->length = (uint8_t)(left < SHARE_CODE_BYTES ? left : SHARE_CODE_BYTES);
    memcpy(code->bytes, bytes, code->length);
}

struct share_code *share_code_of(const struct qemu_plugin_insn *instruction)
{
    struct share_code wanted = {0};
    code_fill(&wanted, instruction);
    struct share_code **bucket = &buckets[bucket_of(wanted.address)];
    pthread_mutex_lock(&code_lock);
    struct share_code *code = *bucket;
    while (code && (code->address != wanted.address || memcmp(code->bytes, wanted.bytes, SHARE_CODE_BYTES)))
        code = code->next;
    if (!code) {
        code = malloc(sizeof *code);
        if (!code)
            abort();
        *code = wanted;
        code->next = *bucket;
        *bucket = code;
        code_count++;
    }
    pthread_mutex_unlock(&code_lock);
    return code;
}

static int code_compare(const void *left, const void *right)
{
    const struct share_code *a = *(struct share_code *const *)left, *b = *(struct share_code *const *)right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return memcmp(a->bytes, b->bytes, SHARE_CODE_BYTES);
}

struct share_code **share_codes_sorted(unsigned *count)
{
    struct share_code **all = calloc(code_count + 1u, sizeof(struct share_code *));
    if (!all)
        abort();
    *count = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct share_code *code = buckets[i]; code; code = code->next)
            all[(*count)++] = code;
    qsort(all, *count, sizeof(struct share_code *), code_compare);
    return all;
}
