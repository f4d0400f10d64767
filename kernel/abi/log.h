// SPDX-License-Identifier: MIT
/*
 * Pages that the kernel shares read-only with holders of a log capability: pool and class descriptions, counters,
 * CPU counters, the event log. Everything in them has one writer; readers get by without locks.
 * Shared by kernel, servers and host tools. Tests: tests/user/counters/.
 */
#pragma once
#include "kernel/abi/object.h"
#include "kernel/abi/policy.h"
#include <stddef.h>
#include <stdint.h>

/* What log_map maps. `index` is a CPU number where the pages are per CPU, else 0. */
enum sluice_log_page {
    SLUICE_LOG_SYSTEM,   /* struct sluice_system_info, one page */
    SLUICE_LOG_POOLS,    /* struct sluice_pool_info[pools_max] */
    SLUICE_LOG_COUNTERS, /* index CPU: struct sluice_lock_counters[pools_max][SLUICE_CLASSES_MAX] */
    SLUICE_LOG_CPU,      /* index CPU: struct sluice_cpu_counters, one page */
    SLUICE_LOG_EVENTS,   /* index CPU: struct sluice_event_ring */
};

struct sluice_class_info {
    char name[16];
    uint32_t rank;
    uint32_t granularities; /* bit g: enum sluice_granularity g is allowed */
    uint32_t algorithms;
    uint32_t reserved;
};

struct sluice_system_info {
    uint32_t abi_version; /* 1 */
    uint32_t cpus;        /* online at boot; numbers 0..cpus-1 */
    uint32_t pools_max;
    uint32_t classes;
    uint32_t events; /* records in each CPU's ring, a power of two */
    uint32_t tunables;
    uint64_t tsc_hz;        /* time stamps of events and cycle counts are in this unit */
    uint64_t frames;        /* physical frames of RAM the kernel manages */
    uint64_t kernel_bytes;  /* taken at boot: image, frame records, counters, per-CPU areas */
    uint64_t boot_ns;       /* from the kernel's entry to the start of the root server */
    uint64_t policy_resets; /* times the watchdog put the boot policies back */
    struct sluice_class_info class_info[SLUICE_CLASSES_MAX];
};
_Static_assert(sizeof(struct sluice_system_info) <= SLUICE_PAGE_BYTES, "ABI");

/* Phase of a transition of one (pool, class). */
enum sluice_phase {
    SLUICE_PHASE_STEADY,   /* the policy word's two halves are equal */
    SLUICE_PHASE_ENTERING, /* union of old and new, first grace period runs */
    SLUICE_PHASE_LEAVING,  /* new policy, second grace period runs */
    SLUICE_PHASE_STUCK,    /* a grace period did not end in time: stays in the union, which is safe */
};

/* One line; written under the transition engine's lock only. */
struct sluice_pool_info {
    uint32_t generation; /* odd: alive. Readers check it before and after. */
    uint32_t policy[SLUICE_CLASSES_MAX];
    uint8_t phase[SLUICE_CLASSES_MAX];
    char name[SLUICE_POOL_NAME_BYTES];
    uint32_t transitions; /* completed */
};
_Static_assert(sizeof(struct sluice_pool_info) == 64, "ABI");

/* Counters of one CPU for one (pool, class). Writer: that CPU. One line. They only grow; a pool number that is used
 * again goes on counting where its predecessor stopped, so readers keep differences and the pool's generation. */
struct sluice_lock_counters {
    uint64_t acquired;
    uint64_t contended;   /* of them, those that had to wait */
    uint64_t wait_cycles; /* sum over the contended */
    uint64_t hold_cycles; /* sum over the sampled ones */
    uint32_t hold_samples;
    uint32_t wait_max_cycles; /* largest single wait; saturates */
    uint32_t forwarded;       /* operations this CPU sent to the CPU of an off policy */
    uint32_t queue_sum;       /* waiters seen before us, summed over contended acquisitions (ticket, mcs) */
    uint32_t handover_near;   /* lock came from another CPU */
    uint32_t handover_self;   /* lock came from this CPU */
    uint64_t reserved;
};
_Static_assert(sizeof(struct sluice_lock_counters) == 64, "ABI");

/* Why a call, a reply or a fault left the fast path of IPC: each is a counter. X(name, sentence) */
#define SLUICE_FAST_REASONS(X)                                                                               \
    X(ipc_slow_caps, "fast path left: capabilities in the message")                                          \
    X(ipc_slow_long, "fast path left: long part in the message")                                             \
    X(ipc_slow_tag, "fast path left: the tag is not well formed")                                            \
    X(ipc_slow_deadline, "fast path left: the wait has a deadline")                                          \
    X(ipc_slow_capability, "fast path left: no plain capability to an endpoint")                             \
    X(ipc_slow_forward, "fast path left: the endpoint's pool is off on another CPU")                         \
    X(ipc_slow_no_receiver, "fast path left: nobody waits")                                                  \
    X(ipc_slow_remote, "fast path left: partner on another CPU")                                             \
    X(ipc_slow_partner, "fast path left: partner has a deadline, or is to stop, move or end")                \
    X(ipc_slow_priority, "fast path left: a thread of higher priority is ready")                             \
    X(ipc_slow_no_caller, "fast path left: a reply_receive that owes no answer")                             \
    X(ipc_slow_sender, "fast path left: a reply_receive finds a sender waiting")

/* Counters of one CPU. X(name, sentence) */
#define SLUICE_CPU_COUNTERS(X)                                                                               \
    X(syscalls, "system calls entered, but those of ipc_fast_*")                                             \
    X(forwarded, "system calls sent to the CPU of an off policy")                                            \
    X(ipc_fast_calls, "calls that switched straight to the receiver")                                        \
    X(ipc_fast_replies, "replies that switched straight to the caller")                                      \
    X(ipc_fast_faults, "page faults that switched straight to the pager, and their answers")                 \
    X(ipc_calls, "messages with a reply expected, but those of ipc_fast_calls and faults")                   \
    X(ipc_remote, "transfers whose partner lives on another CPU")                                            \
    X(ipc_long_bytes, "bytes of long parts copied")                                                          \
    X(signals, "notification signals")                                                                       \
    X(switches, "threads switched to, but by ipc_fast_*")                                                    \
    X(aspace_switches, "address spaces switched to, but by ipc_fast_*")                                      \
    X(faults, "user faults turned into messages")                                                            \
    X(irqs, "device interrupts taken")                                                                       \
    X(ticks, "local timer interrupts taken")                                                                 \
    X(ipis_sent, "inter-processor interrupts sent")                                                          \
    X(ipis_received, "inter-processor interrupts taken")                                                     \
    X(ipis_useless, "of them, those that found nothing pending")                                             \
    X(mailbox_messages, "mailbox messages handled")                                                          \
    X(grace_acks, "grace periods acknowledged")                                                              \
    X(grace_idle, "grace periods this CPU was skipped in, being idle")                                       \
    X(unmaps, "unmap operations")                                                                            \
    X(unmapped_pages, "pages unmapped")                                                                      \
    X(maps, "map operations")                                                                                \
    X(mapped_pages, "pages mapped")                                                                          \
    X(shootdown_ipis, "IPIs sent to invalidate TLB entries")                                                 \
    X(shootdown_acks, "invalidations done for another CPU")                                                  \
    X(tlb_page_flushes, "single pages invalidated")                                                          \
    X(tlb_context_flushes, "whole contexts flushed")                                                         \
    X(objects_created, "objects created")                                                                    \
    X(objects_destroyed, "objects destroyed")                                                                \
    X(cap_copies, "capabilities copied, moved or transferred")                                               \
    X(fpu_switches, "FPU states loaded")                                                                     \
    X(idle_polled, "times that idle polling found something to do")                                          \
    X(idle_cycles, "cycles in the idle loop")                                                                \
    SLUICE_FAST_REASONS(X)

struct sluice_cpu_counters {
#define SLUICE_COUNTER_FIELD(name, sentence) uint64_t name;
    SLUICE_CPU_COUNTERS(SLUICE_COUNTER_FIELD)
#undef SLUICE_COUNTER_FIELD
};
_Static_assert(sizeof(struct sluice_cpu_counters) <= SLUICE_PAGE_BYTES, "ABI");

/* Events. X(name, "format with the arguments a, b, c") */
#define SLUICE_EVENTS(X)                                                                                     \
    X(NONE, "")                                                                                              \
    X(BOOT, "cpu %a online")                                                                                 \
    X(POLICY_PROPOSED, "pool|class %a: policy %b by thread %c")                                              \
    X(POLICY_ENTERED, "pool|class %a: union %b after %c cycles")                                             \
    X(POLICY_CHANGED, "pool|class %a: policy %b after %c cycles")                                            \
    X(POLICY_STUCK, "pool|class %a: stays in union %b after %c cycles")                                      \
    X(POLICY_RESET, "watchdog: reason %a, pools %b")                                                         \
    X(POOL_CREATED, "pool %a: %b frames")                                                                    \
    X(POOL_DESTROYED, "pool %a: %b frames back")                                                             \
    X(THREAD_EXIT, "thread %a: status %b")                                                                   \
    X(FAULT, "thread %a stopped: address %b, error %c")                                                      \
    X(SHOOTDOWN, "space %a: %b pages, %c cpus")                                                              \
    X(TUNABLE_SET, "tunable %a: %b, was %c")

#define SLUICE_EVENT_ENUM(name, format) SLUICE_EVENT_##name,
enum sluice_event_kind { SLUICE_EVENTS(SLUICE_EVENT_ENUM) SLUICE_EVENT_COUNT };
#undef SLUICE_EVENT_ENUM

struct sluice_event {
    uint64_t tsc;
    uint32_t kind;
    uint32_t a;
    uint64_t b;
    uint64_t c;
};
_Static_assert(sizeof(struct sluice_event) == 32, "ABI");

/* head counts events ever written; event i lies at ring[i % events]. The writer stores the event, then head. */
struct sluice_event_ring {
    uint64_t head;
    uint64_t reserved[3];
    struct sluice_event ring[];
};

/* Why the watchdog put the boot policies back (event POLICY_RESET). */
enum sluice_reset_reason { SLUICE_RESET_HEARTBEAT = 1, SLUICE_RESET_WAIT = 2, SLUICE_RESET_ASKED = 3 };

struct sluice_cpu_info {
    uint32_t number;
    uint32_t apic_id;
    uint32_t node;
    uint32_t online;
};

/* tunable_info. */
struct sluice_tunable_info {
    char name[32];
    char unit[8];
    char sentence[80];
    uint64_t value, minimum, maximum, initial;
};
_Static_assert(sizeof(struct sluice_tunable_info) == 152, "ABI");
