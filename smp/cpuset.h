// SPDX-License-Identifier: MIT
/*
 * Sets of CPUs: exact up to 256 CPUs; for more, one bit stands for a cluster of neighbours, so that a set may name
 * too many CPUs, never too few.
 * Owns: struct cpuset. Entry points: below. Context: any; _atomic forms may race with each other, plain ones not.
 * Locks: none. Tests: tests/host/test_cpuset.c.
 */
#pragma once
#include "smp/atomic.h"
#include <stdbool.h>
#include <stdint.h>

#define CPUSET_BITS 256u
#define CPUSET_WORDS (CPUSET_BITS / 64u)

struct cpuset {
    uint64_t word[CPUSET_WORDS];
};

/* Set once at boot, by cpuset_configure(cpus). log2 of the CPUs that share a bit: 0 is exact; words in use. */
extern unsigned cpuset_cluster_shift, cpuset_words;
void cpuset_configure(unsigned cpus);

void cpuset_clear_all(struct cpuset *set);
bool cpuset_empty(const struct cpuset *set);
unsigned cpuset_count(const struct cpuset *set, unsigned cpus); /* CPUs named, among the first `cpus` */
/* The first CPU named at or after `from` and below `cpus`; `cpus` when there is none. */
unsigned cpuset_next(const struct cpuset *set, unsigned from, unsigned cpus);
void cpuset_copy(struct cpuset *to, const struct cpuset *from); /* word by word, each read once */

static inline bool cpuset_has(const struct cpuset *set, unsigned cpu)
{
    unsigned bit = cpu >> cpuset_cluster_shift;
    return atomic_load_relaxed(&set->word[bit / 64]) >> (bit % 64) & 1; /* relaxed: callers order it */
}

static inline void cpuset_add(struct cpuset *set, unsigned cpu)
{
    unsigned bit = cpu >> cpuset_cluster_shift;
    set->word[bit / 64] |= 1ull << (bit % 64);
}

/* Might it name a CPU other than this one? Mostly the machine has no more CPUs than a word has bits. */
bool cpuset_has_others_any(const struct cpuset *set, unsigned cpu);
static inline bool cpuset_has_others(const struct cpuset *set, unsigned cpu)
{
    if (__builtin_expect(cpuset_words != 1, 0))
        return cpuset_has_others_any(set, cpu);
    return atomic_load_relaxed(&set->word[0]) & ~(1ull << (cpu % 64)); /* relaxed: callers order it */
}

/* Clears the bit; with clusters the caller must know that no other CPU of the cluster needs it. */
static inline void cpuset_remove(struct cpuset *set, unsigned cpu)
{
    unsigned bit = cpu >> cpuset_cluster_shift;
    set->word[bit / 64] &= ~(1ull << (bit % 64));
}

/* Full fence. Returns whether the bit was set before. */
bool cpuset_add_atomic(struct cpuset *set, unsigned cpu);
bool cpuset_remove_atomic(struct cpuset *set, unsigned cpu);

/* Tracking: writes only when the CPU is new to the set, so that a set in steady use is read-only. */
static inline void cpuset_track(struct cpuset *set, unsigned cpu)
{
    if (__builtin_expect(!cpuset_has(set, cpu), 0))
        cpuset_add_atomic(set, cpu);
}
