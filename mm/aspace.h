// SPDX-License-Identifier: MIT
/*
 * Address spaces: page tables, the CPUs that use them, and the TLB protocol of docs/memory.md.
 * Owns: struct aspace; map, unmap, protect; entering and leaving; shootdown tickets. Entry points: below.
 * Context: kernel; _cpu forms on the running CPU. Locks: class aspace (page tables), aspace->ticket_lock (a leaf, not
 * switchable, only taken while a shootdown is under way). Model: tests/model/tlb.pml. Tests: tests/user/memory/.
 *
 * An entry that was unmapped while TLBs may still hold it keeps its frame number and is marked PENDING, not present:
 * neither the address nor the frame can be used for something else until the last CPU has answered (rule R4).
 */
#pragma once
#include "kernel/abi/error.h"
#include "kernel/cap/object.h"
#include "smp/cpuset.h"
#include <stdbool.h>
#include <stdint.h>

struct pool;
struct thread;

/* One shootdown under way; lies in the thread that unmaps. */
struct tlb_ticket {
    struct tlb_ticket *next; /* guarded by ticket_lock */
    struct cpuset targets;   /* guarded by ticket_lock: CPUs that have not answered */
    uint32_t remaining;      /* guarded by ticket_lock */
    uint64_t generation;     /* fixed while under way: what the targets have to acknowledge */
    struct thread *thread;   /* blocked; woken by the CPU that answers last */
};

/* A space's first generation: its number, shifted by this; so no two spaces ever have a generation in common. */
#define ASPACE_GENERATION_BITS 40
#define ASPACE_SPARES 8u /* at least PT_TABLES_MAX */

struct aspace {
    struct object object;
    /* Guarded by class aspace, with the page tables themselves. */
    uint64_t pages_mapped;
    uint32_t tables;      /* page-table pages below the top one */
    uint64_t flushed;     /* generation up to which no TLB holds anything unmapped: at most `generation` */
    uint64_t leaf_number; /* the last-level table that was used last: what it covers, as address / 2 MiB */
    uint64_t *leaf;
    /* Atomic: cleared pages for tables, put in under class alloc of the pool, taken under class aspace. */
    void *spare[ASPACE_SPARES];
    /* Whoever finishes it: what it has reached. */
    uint64_t finish_address;
    uint32_t finish_level;
    uint32_t users; /* threads bound to it. Guarded by class alloc of its pool */
    struct object_reaper reaper;
    /* Atomic: unmapping threads and CPUs that enter or leave. */
    uint64_t generation __attribute__((aligned(64)));
    struct tlb_ticket *tickets; /* changed under ticket_lock */
    struct lock ticket_lock;
    /* Atomic: CPUs that may use it; unmappers take out those that do not. May name too many, never too few. */
    struct cpuset used __attribute__((aligned(64)));
    /* Fixed after init; beside what is seldom written, because it is read by who enters and who copies. */
    uint64_t root; /* physical address of the top page table */
};

/* Boot: remembers the kernel's own top page table, whose upper half every space shares. */
void aspace_init_boot(uint64_t kernel_root);
uint64_t aspace_kernel_root(void);

/* The one place where a CPU changes address space (rules R2, R3, R7); NULL: the kernel's own, as idle CPUs do. */
void aspace_enter_cpu(struct aspace *next);
/* PENDING_TLB: flush, acknowledge, complete tickets whose last target this CPU was. Outside of every operation. */
void aspace_catch_up_cpu(void);
/* Object lifecycle, called by object_create and the reaper. init: top page table from the pool (alloc gate held);
 * false: no room. finish: gives every mapping and page-table page back, in steps: true when all is done; may ask to be
 * forwarded (*forward = CPU, else UINT32_MAX). No thread uses the space any more. */
bool aspace_init_locked(struct aspace *space, struct pool *pool);
bool aspace_finish(struct aspace *space, uint32_t *forward);

/* Maps `pages` frames of the kernel that begin at `physical`, read-only and never executable, for log_map. They belong
 * to no region, so no use count changes, at unmapping neither. On behalf of `thread`, which may be forwarded or come
 * again: thread->step and thread->scratch are this function's to use. Results: 0 with *mapped = pages, or BAD_ADDRESS
 * (not a user range), EXISTS, AGAIN, NO_MEMORY with *mapped pages done before, or SYSCALL_FORWARD or _AGAIN. */
int64_t aspace_map_kernel(struct thread *thread, struct aspace *space, uint64_t address, uint64_t physical,
                          uint64_t pages, uint64_t *mapped);
/* Boot: the same with the rights of `flags` (enum sluice_map_flag), any number of pages; 0 or an error as above. */
int64_t aspace_map_boot(struct aspace *space, uint64_t address, uint64_t physical, uint64_t pages,
                        unsigned flags);

/* Pages of user addresses? */
static inline bool aspace_range_valid(uint64_t address, uint64_t pages)
{
    const uint64_t most = (SLUICE_USER_MAX - SLUICE_USER_MIN) / SLUICE_PAGE_BYTES;
    uint64_t page = (address - SLUICE_USER_MIN) / SLUICE_PAGE_BYTES;
    return page < most && pages <= most - page;
}
/* The same for the arguments of a call: 0, BAD_ARGUMENT, BAD_ADDRESS. */
static inline int64_t aspace_range_check(uint64_t address, uint64_t pages)
{
    if (pages - 1 >= SLUICE_MAP_PAGES_MAX || address % SLUICE_PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    return aspace_range_valid(address, pages) ? 0 : SLUICE_E_BAD_ADDRESS;
}
/* Writes the entries of pages *done.. of a range, *done moves on: `entry` is that of page 0, frames follow one another.
 * 0, EXISTS, AGAIN, NO_MEMORY, or SYSCALL_FORWARD. */
int64_t aspace_map_entries(struct aspace *space, uint64_t address, uint64_t pages, uint64_t entry,
                           uint64_t *done);

/* Handlers of system calls: kernel/trap/syscall.h. */
