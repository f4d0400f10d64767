// SPDX-License-Identifier: MIT
/*
 * What a program finds when it starts: its slots, its processors, its limits, its arguments.
 * Owns: struct sluice_process_info, one read-only page that root makes, and the fixed slots of a process's cspace; the
 * allocator of the free ones. Entry points: below; main(argc, argv) is called with the arguments.
 * Context: any thread. Locks: slot allocator: atomic words. Tests: tests/user/process/.
 *
 * main's return, exit() and _Exit() end the process with a status; a program that serves others never returns.
 */
#pragma once
#include "kernel/abi/object.h"
#include <stdbool.h>
#include <stdint.h>

/* Slots of a process. Those it was not given are empty. */
enum sluice_slot {
    SLUICE_SLOT_CSPACE = 1,
    SLUICE_SLOT_ASPACE = 2,
    SLUICE_SLOT_THREAD = 3, /* its first thread */
    SLUICE_SLOT_POOL = 4,   /* its own pool, with CONTROL */
    SLUICE_SLOT_ROOT = 5,   /* servers/lib/spawn.h */
    SLUICE_SLOT_OUTPUT = 6, /* servers/lib/console_io.h */
    SLUICE_SLOT_INPUT = 7,
    SLUICE_SLOT_TUNER = 8,
    SLUICE_SLOT_LOG = 9,
    SLUICE_SLOT_MACHINE = 10,
    SLUICE_SLOT_PORTS = 11,
    SLUICE_SLOT_SERVICE = 12, /* endpoint that this process serves, made by root */
    SLUICE_SLOT_PEER = 13,    /* WRITE: service endpoint of `control` for the console */
    SLUICE_SLOT_IRQ = 14,     /* the line that was asked for */
    SLUICE_SLOT_LOCKS = 15,   /* notification of the library's locks, made at start */
    SLUICE_SLOT_GIFT = 16,    /* .. 19: capabilities given by the spawner */
    SLUICE_SLOT_WINDOW = 20,  /* .. 23: first thread: capabilities received in messages of the library */
    SLUICE_SLOT_WATCH = 24,   /* memory server: where its own faults go */
    SLUICE_SLOT_CPU_FIRST = 32,
};
/* By index among the process's processors, 0 .. cpu_count - 1: the processor, and its worker of the memory server. */
#define SLUICE_SLOT_CPU(index) (SLUICE_SLOT_CPU_FIRST + 2u * (index))
#define SLUICE_SLOT_MEMORY(index) (SLUICE_SLOT_CPU_FIRST + 1u + 2u * (index))

#define SLUICE_PROCESS_VERSION 1u
#define SLUICE_PROCESS_INFO_ADDRESS 0x0000100000000000ull
#define SLUICE_PROCESS_NAME_BYTES 64u
#define SLUICE_PROCESS_ARGUMENT_BYTES 2048u

struct sluice_process_info {
    uint32_t version;
    uint32_t id;             /* > 0; the badge that servers see */
    uint32_t cpu_count;      /* processors given to it */
    uint32_t cpus_online;    /* of the whole machine */
    uint32_t priority;       /* highest it may use; its first thread has it */
    uint32_t argument_count; /* argv[0] included */
    uint32_t slots;          /* of its cspace */
    uint32_t slot_free;      /* first slot that is free for the program */
    uint64_t memory_limit;   /* bytes of anonymous memory and regions; its pool is not in it */
    uint64_t pool_bytes;
    uint64_t tsc_hz;
    uint64_t reserved;
    uint8_t cpu[256];                              /* by index: the processor's number */
    char arguments[SLUICE_PROCESS_ARGUMENT_BYTES]; /* each ends with NUL */
};
_Static_assert(sizeof(struct sluice_process_info) <= SLUICE_PAGE_BYTES, "one page");

extern const struct sluice_process_info *sluice_process;

/* Fixed after start. */
static inline unsigned sluice_cpu_count(void)
{
    return sluice_process->cpu_count;
}

/* Index among the process's processors of a machine's processor number, or -1. */
int sluice_cpu_index(unsigned number);

/* Free slots of the own cspace: 0 when there is none. Slots come empty and must be empty when they are given back. */
uint64_t sluice_slot_alloc(void);
void sluice_slot_free(uint64_t slot);
/* `count` slots side by side (at most 64), or 0. */
uint64_t sluice_slot_alloc_run(unsigned count);
void sluice_slot_free_run(uint64_t first, unsigned count);
/* cap_delete, then sluice_slot_free. */
void sluice_slot_drop(uint64_t slot);
