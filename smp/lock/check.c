// SPDX-License-Identifier: MIT
/*
 * The run-time checker of locks, in DEBUG builds.
 * Owns: what each CPU holds, as its gates said. Context: kernel, interrupts off; each CPU touches its own record only.
 * Locks: none. Tests: tests/host/test_gate.c (each breach is made there on purpose).
 */
#include "smp/lock/check.h"

#if defined(DEBUG) && !defined(UP)
#include "kernel/boot/platform.h"
#include "smp/atomic.h"
#include "smp/lock/gate.h"

#define HELD_MAX 5u /* three algorithms of the kernel's one lock, and two of a union */
#define RANK_KERNEL_LAST (SLUICE_ALGORITHM_COUNT - 1u)

struct lock_record {
    const struct gate *open;
    unsigned inside; /* slot of `objects` + 1; 0: none */
    unsigned depth;
    struct {
        const struct lock *lock;
        unsigned rank;
    } held[HELD_MAX];
} __attribute__((aligned(64)));

static struct lock_record records[SLUICE_CPUS_MAX + 1];

#ifndef HOST
/* The objects that some CPU works on, whatever locks its policy made it take: what exclusion means in the end. By a hash
 * of the address; an object whose slot is taken by another one goes unchecked this time. */
#define OBJECT_SLOTS 4096u
static const struct lock *objects[OBJECT_SLOTS]; /* atomic */
#endif

static void check_half(uint32_t policy, uint32_t granularity)
{
    if (granularity == SLUICE_GRANULARITY_OFF && SLUICE_POLICY_CPU(policy) != cpu_number())
        panic("lock check: policy 0x%x entered on cpu %u", policy, cpu_number());
}

void lock_check_gate_open(struct gate *gate, uint32_t policy)
{
    struct lock_record *record = &records[cpu_number()];
    if (record->open)
        panic("lock check: gate %p entered inside gate %p", (const void *)gate, (const void *)record->open);
    check_half(policy, SLUICE_POLICY_GRANULARITY(policy));
    check_half(policy, SLUICE_POLICY_OLD_GRANULARITY(policy));
    record->open = gate;
}

void lock_check_gate_close(const struct gate *gate)
{
    struct lock_record *record = &records[cpu_number()];
    if (record->open != gate)
        panic("lock check: gate %p left, %p is open", (const void *)gate, (const void *)record->open);
    if (record->depth && record->held[record->depth - 1].rank > RANK_KERNEL_LAST)
        panic("lock check: gate %p left with a lock of rank %u held", (const void *)gate,
              record->held[record->depth - 1].rank);
    record->open = NULL;
}

#ifndef HOST
void lock_check_inside(const struct lock *object)
{
    unsigned slot = (unsigned)((uintptr_t)object >> 3) % OBJECT_SLOTS;
    if (atomic_cas(&objects[slot], NULL, object))
        records[cpu_number()].inside = slot + 1;
    else if (atomic_load_relaxed(&objects[slot]) == object) /* relaxed: it stays while its CPU is inside */
        panic("lock check: two cpus in object %p", (const void *)object);
}

void lock_check_outside(void)
{
    struct lock_record *record = &records[cpu_number()];
    if (record->inside)
        (void)atomic_exchange(&objects[record->inside - 1], NULL);
    record->inside = 0;
}
#endif

void lock_check_take(const struct lock *lock, unsigned rank)
{
    struct lock_record *record = &records[cpu_number()];
    if (record->depth && record->held[record->depth - 1].rank >= rank)
        panic("lock check: rank %u taken after rank %u", rank, record->held[record->depth - 1].rank);
    if (record->depth == HELD_MAX)
        panic("lock check: more than %u locks held", HELD_MAX);
    record->held[record->depth].lock = lock;
    record->held[record->depth++].rank = rank;
}

void lock_check_drop(const struct lock *lock, unsigned rank)
{
    struct lock_record *record = &records[cpu_number()];
    if (!record->depth || record->held[record->depth - 1].lock != lock ||
        record->held[record->depth - 1].rank != rank)
        panic("lock check: lock %p of rank %u released, but not the last one taken", (const void *)lock,
              rank);
    record->depth--;
}

void lock_check_drop_last(const struct lock *lock)
{
    const struct lock_record *record = &records[cpu_number()];
    lock_check_drop(lock, record->depth ? record->held[record->depth - 1].rank : 0);
}

void lock_check_no_gate(void)
{
    const struct lock_record *record = &records[cpu_number()];
    if (record->open)
        panic("lock check: gate %p still open", (const void *)record->open);
}

void lock_check_nothing_held(void)
{
    lock_check_no_gate();
    const struct lock_record *record = &records[cpu_number()];
    if (record->depth)
        panic("lock check: lock of rank %u still held", record->held[record->depth - 1].rank);
}
#endif
