// SPDX-License-Identifier: MIT
/*
 * Objects, rights and their limits, as capabilities name them.
 * Shared by kernel, servers and host tools. Tests: tests/user/syscalls/.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* X(name, value, sentence) */
#define SLUICE_TYPES(X)                                                                                      \
    X(NONE, 0, "empty slot")                                                                                 \
    X(REGION, 1, "a range of physical frames")                                                               \
    X(POOL, 2, "memory given to the kernel; holds objects, accounts for them, carries their lock policies")  \
    X(CSPACE, 3, "a table of capabilities")                                                                  \
    X(ASPACE, 4, "an address space")                                                                         \
    X(THREAD, 5, "an execution context with a home CPU")                                                     \
    X(ENDPOINT, 6, "synchronous IPC")                                                                        \
    X(NOTIFICATION, 7, "a word of event bits")                                                               \
    X(FACET, 8, "forwards to another capability; may be revoked alone")                                      \
    X(REPLY, 9, "the right to answer one call, once")                                                        \
    X(IRQ, 10, "the right to receive one interrupt")                                                         \
    X(CPU, 11, "the right to place threads on one processor")                                                \
    X(PORT, 12, "a range of I/O ports: the badge is first | count << 16")                                    \
    X(TUNER, 13, "the right to read and set tunables and lock policies")                                     \
    X(LOG, 14, "the right to map counters and event log, and to write a line to the boot console")           \
    X(MACHINE, 15, "the right to halt the machine")

#define SLUICE_TYPE_ENUM(name, value, sentence) SLUICE_TYPE_##name = (value),
enum sluice_type { SLUICE_TYPES(SLUICE_TYPE_ENUM) SLUICE_TYPE_COUNT = 16 };
#undef SLUICE_TYPE_ENUM

/* Rights of a capability. A copy has at most the rights of its source. */
enum sluice_right {
    SLUICE_RIGHT_READ = 1,    /* receive, wait, map readable, read state */
    SLUICE_RIGHT_WRITE = 2,   /* send, call, signal, map writable, change contents */
    SLUICE_RIGHT_EXECUTE = 4, /* map executable */
    SLUICE_RIGHT_CONTROL = 8, /* destroy, revoke, configure, create in a pool, split a region */
    SLUICE_RIGHT_COPY = 16,   /* may be copied and sent in messages */
    SLUICE_RIGHT_BADGE = 32,  /* copies may be given a new badge */
    SLUICE_RIGHTS_ALL = 63,
};

/* Badge of a tuner capability. 0 is a full tuner; with BOUNDED, only what the other bits name may be done with it, by
 * a holder who has the rights. A bounded tuner is handed out without the BADGE right, so that it stays bounded. */
#define SLUICE_TUNER_BOUNDED 1ull
#define SLUICE_TUNER_TUNABLES 2ull         /* tunable_set */
#define SLUICE_TUNER_GRANULARITIES_SHIFT 8 /* bits 8-15: enum sluice_granularity that may be proposed */
#define SLUICE_TUNER_ALGORITHMS_SHIFT 16   /* bits 16-23: enum sluice_algorithm that may be proposed */

/* heartbeat: allowed periods, besides 0. */
#define SLUICE_HEARTBEAT_MIN_US 1000ull
#define SLUICE_HEARTBEAT_MAX_US 60000000ull

/* Slot 0 of every cspace is empty for ever: the null capability. */
#define SLUICE_SLOT_NULL 0u
/* Slots of a cspace: a power of two; 65536 because slot numbers travel in 16 bits of a message word. */
#define SLUICE_CSPACE_SLOTS_MIN 16u
#define SLUICE_CSPACE_SLOTS_MAX 65536u

#define SLUICE_PAGE_BYTES 4096u
/* User addresses: [SLUICE_USER_MIN, SLUICE_USER_MAX). The last page below the canonical hole stays unmapped, so that
 * no SYSRET can return to a non-canonical address (Intel SDM vol. 2, SYSRET). */
#define SLUICE_USER_MIN 0x0000000000001000ull
#define SLUICE_USER_MAX 0x00007ffffffff000ull

/* Priorities: 0 is the lowest, 63 the highest; 64 so that one word is the map of ready priorities. */
#define SLUICE_PRIORITY_MAX 63u
#define SLUICE_CPUS_MAX 255u
#define SLUICE_POOL_NAME_BYTES 16u

/* Flags of aspace_map and aspace_protect. */
enum sluice_map_flag {
    SLUICE_MAP_READ = 1,
    SLUICE_MAP_WRITE = 2,
    SLUICE_MAP_EXECUTE = 4, /* a mapping is never both writable and executable */
    SLUICE_MAP_ZERO = 8,    /* the kernel clears the frames first; they must not be mapped anywhere */
};
/* Pages that one aspace_map, aspace_unmap or aspace_protect may name: what one entry can do without a preemption
 * point. Longer ranges are several calls, or one batch. */
#define SLUICE_MAP_PAGES_MAX 512u

/* thread_read, thread_write: a thread's registers. */
struct sluice_registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags, fs_base, gs_base;
};
_Static_assert(sizeof(struct sluice_registers) == 160, "ABI");

/* cap_info. */
struct sluice_cap_info {
    uint8_t type;   /* enum sluice_type */
    uint8_t rights; /* enum sluice_right */
    uint16_t pool;  /* the pool the object lives in */
    uint32_t generation;
    uint64_t badge;
    uint64_t detail
        [4]; /* REGION: first frame, frames, frames mapped, 1 if a pool uses it; POOL: pool number, bytes
                           given, bytes used, objects; CSPACE: slots, used; ASPACE: pages mapped, generation;
                           THREAD: home CPU, priority, state (0 stopped 1 ready 2 blocked 3 dead), number;
                           ENDPOINT: senders queued, receivers queued; NOTIFICATION: bits, waiters; CPU: number;
                           IRQ: line, count; others: 0 */
};
_Static_assert(sizeof(struct sluice_cap_info) == 48, "ABI");
