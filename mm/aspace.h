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
#include "kernel/cap/object.h"
#include "smp/cpuset.h"
#include <stdbool.h>
#include <stdint.h>

struct pool;
struct thread;

/* One shootdown under way; lies in the thread that unmaps. */
struct tlb_ticket {
    struct tlb_ticket *next;  /* guarded by ticket_lock */
    struct cpuset targets;    /* guarded by ticket_lock: CPUs that have not answered */
    uint32_t remaining;       /* guarded by ticket_lock */
    struct thread *thread;    /* blocked; woken by the CPU that answers last */
};

struct aspace {
    struct object object;
    /* Guarded by class aspace, with the page tables themselves. */
    uint64_t pages_mapped;
    void *spare[4];      /* page-table pages, paid for before the gate is entered */
    uint32_t spares;
    /* Fixed after init. */
    uint64_t root;       /* physical address of the top page table */
    /* Atomic: unmapping threads and CPUs that enter or leave. */
    uint64_t generation __attribute__((aligned(64)));
    struct tlb_ticket *tickets;
    struct lock ticket_lock;
    /* Atomic: CPUs that entered it since they were last asked; may name too many, never too few. */
    struct cpuset used __attribute__((aligned(64)));
    struct object_reaper reaper;
};

/* Boot: remembers the kernel's own top page table, whose upper half every space shares. */
void aspace_init_boot(uint64_t kernel_root);

/* The one place where a CPU changes address space (rules R2, R3, R7); NULL: the kernel's own, as idle CPUs do. */
void aspace_enter_cpu(struct aspace *next);
/* PENDING_TLB: flush, acknowledge, complete tickets whose last target this CPU was. Outside of every operation. */
void aspace_catch_up_cpu(void);
/* Around reading the page tables of a space that is not loaded: unmappers count this CPU as a user of it. */
void aspace_visit_begin_cpu(struct aspace *space);
void aspace_visit_end_cpu(struct aspace *space);

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

/* Handlers of system calls: kernel/trap/syscall.h. */
