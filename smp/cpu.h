// SPDX-License-Identifier: MIT
/*
 * CPUs and the per-CPU area.
 * Owns: struct cpu, one for each processor found, each in pages of its own; the table of them; sending IPIs; the
 * pending word. Entry points: below. Context: cpu_self() in the kernel only. Locks: none.
 * Tests: tests/boot/, tests/host/test_mailbox.c.
 */
#pragma once
#include "kernel/abi/log.h"
#include "kernel/cap/object.h"
#include "smp/atomic.h"
#include "smp/cpuset.h"
#include "smp/lock/gate_state.h"
#include "smp/lock/lock.h"
#include "smp/mailbox.h"
#include <stdbool.h>
#include <stdint.h>

struct thread;
struct aspace;
struct frame;
struct object;

/* What the CPU found out about itself inside of the kernel, to be done on its way out. */
enum cpu_due {
    DUE_PICK = 1,  /* the running thread may not be the one to run */
    DUE_TIMER = 2, /* deadlines or equals changed since the timer was set */
};

/* Numbers that all CPUs draw from one source, each in blocks: the source's line is written once in so many. It holds
 * nothing else, so that who draws is not in the way of those who read what would lie beside it. */
#define NUMBER_BLOCK 1024u
struct number_source {
    uint64_t drawn; /* atomic */
} __attribute__((aligned(64)));
struct number_block {
    uint64_t last, end; /* equal: the block is used up */
};

static inline uint64_t number_draw(struct number_block *own, struct number_source *source)
{
    if (own->last == own->end) {
        own->last = atomic_fetch_add(&source->drawn, (uint64_t)NUMBER_BLOCK);
        own->end = own->last + NUMBER_BLOCK;
    }
    return ++own->last;
}

/* Objects of the system pool that this CPU may make regions of. */
struct region_stock {
    struct object *first;
    uint32_t count;
};

/* Endpoints with receivers of one CPU, without two in a bucket as a rule. */
#define CPU_NEAR_BUCKETS 32u

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
    uint64_t cpuset_mask;             /* where a cpuset names this CPU: a bit of word[cpuset_index] */
    uint32_t cpuset_index;
    uint32_t policy_off;   /* `off` on this CPU, as SLUICE_POLICY_SET has it */
    uint64_t *entry_stack; /* where the processor finds the stack for traps from user mode */

    /* This CPU only. */
    struct thread *current __attribute__((aligned(64))); /* offset 128: entry.S */
    uint64_t scratch;         /* offset 136: entry.S keeps the user's rsp here for a moment */
    uint64_t ready_map;       /* bit p: a thread of priority p is ready */
    struct thread *ready[64]; /* circular lists; head runs next */
    struct thread *next;      /* it became ready when no other was: it is found without the run queue */
    struct thread *deadlines; /* a pairing heap, nearest first: kernel/sched/deadline.c */
    uint64_t timer_tsc;       /* when the local timer fires; 0: it is off */
    uint64_t slice_end_tsc;   /* end of the slice; 0: no equal was ready since the last one ended */
    union {
        uint64_t due_at_exit; /* both: not 0 when the way out of the kernel has something to do */
        struct {
            uint32_t due; /* enum cpu_due */
            uint32_t
                kernel_lock_held; /* the kernel's one lock: algorithms, bits of smp/lock/gate_internal.h */
        };
    };
    uint32_t slice_over;   /* at the next pick an equal goes first */
    uint32_t slice_fresh;  /* the running thread began after the end of the slice was set */
    uint64_t messages_tsc; /* when to go on with messages that were left; 0: none were */
    uint64_t watchdog_tsc; /* when the watchdog wants to look; 0: never */
    uint64_t idle_began_tsc;
    struct thread *fpu_owner;
    uint32_t forward_cpu; /* where the operation that returned SYSCALL_FORWARD has to run */
    struct mcs_node kernel_node;
    struct gate gate;         /* of the fast paths: one is open at a time, and they need no stack for it */
    uint64_t kernel_hold_tsc; /* when it was taken, if this hold is sampled; else 0 */
    struct sluice_lock_counters *kernel_hold_counters; /* of the gate that took it */
    uint32_t hold_sample;                              /* holds to go before the next sampled one */
    struct mailbox_node *messages; /* taken from the mailbox, to be handled: smp/messages.c */
    struct reaper_cpu reaper;      /* destroyed objects: kernel/cap/reaper.h */
    struct thread
        *near[CPU_NEAR_BUCKETS]; /* receivers that wait where only this CPU looks: kernel/ipc/near.h */
    struct number_block space_numbers, thread_numbers; /* for those made here */
    struct region_stock region_stock;                  /* mm/region_stock.h */
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
    uint32_t
        polling; /* written by this CPU: 1 while it looks at `pending` by itself, and needs no interrupt */
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

/* What follows from a CPU's number, once that is final. */
static inline void cpu_number_settle(struct cpu *cpu)
{
    unsigned bit = cpu->number >> cpuset_cluster_shift;
    cpu->cpuset_index = bit / 64;
    cpu->cpuset_mask = 1ull << (bit % 64);
    cpu->policy_off = cpu->number << 16;
}

/* cpuset_has and cpuset_track for the CPU itself. */
static inline bool cpuset_has_self(const struct cpuset *set, const struct cpu *self)
{
    return atomic_load_relaxed(&set->word[self->cpuset_index]) &
           self->cpuset_mask; /* relaxed: callers order it */
}

static inline void cpuset_track_self(struct cpuset *set, const struct cpu *self)
{
    if (__builtin_expect(!cpuset_has_self(set, self), 0))
        cpuset_add_atomic(set, self->number);
}

#define cpu_counter_add(name, n) counter_add(&cpu_self()->counters->name, (n))
#define cpu_counter_inc(name) cpu_counter_add(name, 1)
