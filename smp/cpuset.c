// SPDX-License-Identifier: MIT
/*
 * Sets of CPUs, the parts that are not inline.
 * Owns: cpuset_cluster_shift, cpuset_words. Context: any; the _atomic forms may race with everything, the plain ones read each word
 * once and are as old as that read. Locks: none. Tests: tests/host/test_cpuset.c.
 */
#include "smp/cpuset.h"

unsigned cpuset_cluster_shift, cpuset_words = CPUSET_WORDS;

void cpuset_configure(unsigned cpus)
{
    cpuset_cluster_shift = 0;
    while (cpus > CPUSET_BITS << cpuset_cluster_shift)
        cpuset_cluster_shift++;
    cpuset_words = ((cpus - 1) >> cpuset_cluster_shift) / 64 + 1;
}

/* Relaxed loads and stores below: whoever needs an order gets it from the fence of the _atomic form that made the
 * change, or from the lock that guards the set. */
void cpuset_clear_all(struct cpuset *set)
{
    for (unsigned i = 0; i < CPUSET_WORDS; i++)
        atomic_store_relaxed(&set->word[i], 0);
}

bool cpuset_empty(const struct cpuset *set)
{
    for (unsigned i = 0; i < CPUSET_WORDS; i++)
        if (atomic_load_relaxed(&set->word[i]))
            return false;
    return true;
}

bool cpuset_has_others_any(const struct cpuset *set, unsigned cpu)
{
    unsigned own = cpu >> cpuset_cluster_shift;
    uint64_t others = cpuset_cluster_shift; /* its own bit may be somebody else's as well */
    for (unsigned i = 0; i < cpuset_words; i++)
        others |= atomic_load_relaxed(&set->word[i]) & ~(i == own / 64 ? 1ull << (own % 64) : 0);
    return others != 0;
}

unsigned cpuset_next(const struct cpuset *set, unsigned from, unsigned cpus)
{
    while (from < cpus) {
        unsigned bit = from >> cpuset_cluster_shift;
        uint64_t rest = atomic_load_relaxed(&set->word[bit / 64]) >> (bit % 64);
        if (rest & 1)
            return from;
        /* To the first CPU of the next bit set in this word, or of the next word. */
        bit = rest ? bit + (unsigned)__builtin_ctzll(rest) : (bit | 63) + 1;
        from = bit << cpuset_cluster_shift;
    }
    return cpus;
}

unsigned cpuset_count(const struct cpuset *set, unsigned cpus)
{
    unsigned count = 0;
    for (unsigned cpu = cpuset_next(set, 0, cpus); cpu < cpus; cpu = cpuset_next(set, cpu + 1, cpus))
        count++;
    return count;
}

void cpuset_copy(struct cpuset *to, const struct cpuset *from)
{
    for (unsigned i = 0; i < CPUSET_WORDS; i++)
        to->word[i] = atomic_load_relaxed(&from->word[i]);
}

bool cpuset_add_atomic(struct cpuset *set, unsigned cpu)
{
    unsigned bit = cpu >> cpuset_cluster_shift;
    uint64_t mask = 1ull << (bit % 64);
    return atomic_fetch_or(&set->word[bit / 64], mask) & mask;
}

bool cpuset_remove_atomic(struct cpuset *set, unsigned cpu)
{
    unsigned bit = cpu >> cpuset_cluster_shift;
    uint64_t mask = 1ull << (bit % 64);
    return atomic_fetch_and(&set->word[bit / 64], ~mask) & mask;
}
