// SPDX-License-Identifier: MIT
/*
 * The free slots of the process's cspace: a bitmap.
 * Entry points: see process.h. Context: any thread. Locks: none: a word changes by compare-and-swap.
 * Tests: tests/user/process/.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "smp/atomic.h"

#include "servers/lib/runtime_internal.h"

static uint64_t
    slot_used[SLUICE_CSPACE_SLOTS_MAX / 64]; /* atomic; bit set: given away, or not there at all */
static uint32_t slot_hint;                   /* word where the last search succeeded */

void slots_start(void)
{
    for (uint32_t slot = 0; slot < SLUICE_CSPACE_SLOTS_MAX; slot++)
        if (slot < sluice_process->slot_free || slot >= sluice_process->slots)
            slot_used[slot / 64] |= 1ull << slot % 64;
}

/* Runs lie inside one word. */
static uint64_t run_take(unsigned word, uint64_t run)
{
    uint64_t used = atomic_load_relaxed(&slot_used[word]); /* the swap checks it */

    for (unsigned shift = 0; shift < 64 && (run << shift) >> shift == run; shift++) {
        while (!(used & run << shift)) {
            if (atomic_cas(&slot_used[word], used, used | run << shift))
                return word * 64ull + shift;
            used = atomic_load_relaxed(&slot_used[word]); /* as above */
        }
    }
    return 0;
}

uint64_t sluice_slot_alloc_run(unsigned count)
{
    uint64_t run = count >= 64 ? UINT64_MAX : (1ull << count) - 1;
    unsigned words = (sluice_process->slots + 63) / 64;
    unsigned start = atomic_load_relaxed(&slot_hint); /* a hint: any value is right */

    for (unsigned i = 0; i < words; i++) {
        unsigned word = (start + i) % words;
        if (atomic_load_relaxed(&slot_used[word]) == UINT64_MAX) /* run_take checks again */
            continue;
        uint64_t slot = run_take(word, run);
        if (slot) {
            atomic_store_relaxed(&slot_hint, word);
            return slot;
        }
    }
    return 0;
}

uint64_t sluice_slot_alloc(void)
{
    return sluice_slot_alloc_run(1);
}

void sluice_slot_free_run(uint64_t first, unsigned count)
{
    for (uint64_t slot = first; slot < first + count; slot++)
        atomic_fetch_and(&slot_used[slot / 64], ~(1ull << slot % 64));
}

void sluice_slot_free(uint64_t slot)
{
    sluice_slot_free_run(slot, 1);
}

void sluice_slot_drop(uint64_t slot)
{
    sluice_cap_delete(0, slot);
    sluice_slot_free(slot);
}

int sluice_cpu_index(unsigned number)
{
    for (unsigned i = 0; i < sluice_process->cpu_count; i++)
        if (sluice_process->cpu[i] == number)
            return (int)i;
    return -1;
}
