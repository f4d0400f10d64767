// SPDX-License-Identifier: MIT
/*
 * CPUs and the per-CPU area.
 * Owns: struct cpu, one for each processor found, each in pages of its own; the table of them; sending IPIs; the
 * pending word. Entry points: below. Context: cpu_self() in the kernel only. Locks: none.
 * Tests: tests/boot/, tests/host/test_mailbox.c.
 */
#pragma once
#include "kernel/abi/log.h"
#include "smp/atomic.h"
#include "smp/lock/lock.h"
#include "smp/mailbox.h"
#include <stdbool.h>
#include <stdint.h>

struct thread;
struct aspace;
struct frame;

struct cpu {
    /* Fixed after init. */
    struct cpu *self; /* offset 0: what cpu_self() loads */
    uint32_t number;
    uint32_t apic_id;
    uint64_t kernel_stack_top;            /* offset 16: entry.S */
    struct sluice_cpu_counters *counters; /* written by this CPU only */
    uint32_t node;
    uint32_t online; /* atomic: set by the CPU itself */
    struct thread *idle;
    struct sluice_lock_counters
        *lock_counters;               /* [pools_max][SLUICE_CLASSES_MAX]; written by this CPU only */
    struct sluice_event_ring *events; /* written by this CPU only */
    struct cpu_x86 *x86;              /* GDT, TSS, IST stacks: kernel/trap/x86_64 */

    /* This CPU only. */
    struct thread *current __attribute__((aligned(64))); /* offset 128: entry.S */
    uint64_t scratch;         /* offset 136: entry.S keeps the user's rsp here for a moment */
    uint64_t ready_map;       /* bit p: a thread of priority p is ready */
    struct thread *ready[64]; /* circular lists; head runs next */
    struct thread *next;      /* a message was handed to it: it runs next, without the run queue */
    struct thread *deadlines; /* a pairing heap, nearest first: kernel/sched/deadline.c */
    uint64_t timer_tsc;       /* when the local timer fires; 0: it is off */
    uint64_t slice_end_tsc;   /* end of the running thread's slice; 0: no equal is ready */
    uint32_t reconsider;      /* the running thread may not be the one to run */
    uint32_t slice_over;      /* at the next pick an equal goes first */
    uint64_t messages_tsc;    /* when to go on with messages that were left; 0: none were */
    uint64_t watchdog_tsc;    /* when the watchdog wants to look; 0: never */
    uint64_t fs_base;         /* loaded now */
    uint32_t timer_stale;     /* deadlines or equals changed since the timer was set */
    uint64_t idle_began_tsc;
    struct thread *fpu_owner;
    uint32_t forward_cpu; /* where the operation that returned SYSCALL_FORWARD has to run */
    uint32_t
        kernel_lock_held; /* the kernel's one lock: algorithms it is held by, bits of smp/lock/gate_internal.h */
    struct mcs_node kernel_node;
    uint64_t kernel_hold_tsc; /* when it was taken, if this hold is sampled; else 0 */
    struct sluice_lock_counters *kernel_hold_counters; /* of the gate that took it */
    uint32_t hold_sample;                              /* holds to go before the next sampled one */
    struct mailbox_node *messages; /* taken from the mailbox, to be handled: smp/messages.c */
    uint64_t random;

    /* Atomic: written by this CPU, read by CPUs that unmap. */
    struct aspace *aspace
        __attribute__((aligned(64))); /* whose page tables are loaded; NULL: the kernel's own */
    uint64_t tlb_acked;        /* generation of `aspace` that the last flush covered; 0 while entering */
    struct aspace *visited[2]; /* whose page tables an operation is reading by hand */
    uint32_t idle_state;       /* epoch.c: 1 while idle counts as outside */
    uint64_t epoch_acked;      /* the last grace period answered, by this CPU or for it while it was idle */
    uint64_t epoch_joined;     /* its first, less one: this CPU only */

    /* Atomic: written by all. */
    uint32_t pending __attribute__((aligned(64))); /* enum pending_bit */
    struct mailbox mailbox;
};
#define CPU_OFFSET_STACK_TOP 16
#define CPU_OFFSET_SCRATCH 136
#define CPU_OFFSET_CURRENT 128
_Static_assert(__builtin_offsetof(struct cpu, kernel_stack_top) == CPU_OFFSET_STACK_TOP, "entry.S");
_Static_assert(__builtin_offsetof(struct cpu, scratch) == CPU_OFFSET_SCRATCH, "entry.S");
_Static_assert(__builtin_offsetof(struct cpu, current) == CPU_OFFSET_CURRENT, "entry.S");
_Static_assert(__builtin_offsetof(struct cpu, idle) == 40, "entry.S");

extern struct cpu *cpus[SLUICE_CPUS_MAX + 1]; /* by number; fixed after boot */
extern unsigned cpu_count;                    /* CPUs that take part; fixed after boot */

#include "smp/x86_64/self.h" /* cpu_self(): one load through GS */

static inline unsigned cpu_number(void)
{
    return cpu_self()->number;
}

#define cpu_counter_add(name, n) counter_add(&cpu_self()->counters->name, (n))
#define cpu_counter_inc(name) cpu_counter_add(name, 1)
