// SPDX-License-Identifier: MIT
/*
 * The root server's interface: starting programs of the boot archive, waiting for their end, ending them.
 * Entry points: below. A program starts with its name as argv[0]. Errors of spawn: NOT_FOUND (no such program),
 * BAD_ARGUMENT, NO_MEMORY, LIMIT (too many processes, in all or of the asker's making), NOT_ALLOWED (a flag the asker
 * may not give; or more priority, memory or pool than it has, if it is not trusted).
 * Context: any thread; wait blocks until the process ended. Locks: none. Tests: tests/user/process/.
 */
#pragma once
#include "kernel/abi/object.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rights beyond the ordinary; only askers that have them may give them on. */
enum sluice_spawn_flag {
    SLUICE_SPAWN_TUNER = 1,
    SLUICE_SPAWN_LOG = 2,
    SLUICE_SPAWN_MACHINE = 4,
    SLUICE_SPAWN_PORTS = 8,
    SLUICE_SPAWN_IRQ = 16,     /* line number in `irq` */
    SLUICE_SPAWN_REGIONS = 32, /* raw regions from the memory server */
    SLUICE_SPAWN_TRUSTED = 64, /* may itself give these flags when it spawns */
    SLUICE_SPAWN_FLAGS_ALL = 127,
};

#define SLUICE_SPAWN_PRIORITY 16u             /* of ordinary programs */
#define SLUICE_SPAWN_PRIORITY_MAX 40u         /* that programs may be given; servers have more */
#define SLUICE_SPAWN_POOL_BYTES 2097152u      /* kernel memory of a process where nothing is said: 2 MiB */
#define SLUICE_SPAWN_MEMORY_BYTES 67108864ull /* memory limit where nothing is said: 64 MiB */
#define SLUICE_SPAWN_SLOTS 4096u

struct sluice_spawn_request {
    char name[SLUICE_PROCESS_NAME_BYTES]; /* in the boot archive */
    uint64_t memory_limit;                /* bytes; 0: as above */
    uint64_t pool_bytes;                  /* 0: as above */
    uint32_t slots;                       /* of its cspace, a power of two; 0: as above */
    uint32_t flags;                       /* enum sluice_spawn_flag */
    uint32_t priority;                    /* 0: as above */
    uint32_t irq;
    uint32_t argument_count; /* argv[0] included: root puts the name there when it is 0 */
    uint32_t argument_bytes;
    uint64_t cpus[4]; /* set of processor numbers; empty: all that are online */
    uint32_t gifts;   /* capabilities for SLUICE_SLOT_GIFT + i: at most 4, from these slots of the asker */
    uint32_t gift[4];
    uint32_t reserved;
    char arguments[SLUICE_PROCESS_ARGUMENT_BYTES]; /* each ends with NUL */
};

enum sluice_end_cause {
    SLUICE_END_EXIT,      /* status */
    SLUICE_END_FAULT,     /* page fault that nobody could answer: address, error (of the CPU), rip */
    SLUICE_END_EXCEPTION, /* address = vector, error, rip */
    SLUICE_END_NO_MEMORY, /* a page could not be given: address, error = what failed, rip */
    SLUICE_END_KILLED,
};

struct sluice_end {
    uint32_t process;
    uint32_t cause;
    int64_t status;
    uint64_t address;
    uint64_t error;
    uint64_t rip;
};

/* Fills a request: name, defaults, no processor set (= all), argv[0]. */
void sluice_spawn_init(struct sluice_spawn_request *request, const char *name);
/* Adds one word to the arguments; false when there is no room. */
bool sluice_spawn_argument(struct sluice_spawn_request *request, const char *word);
void sluice_spawn_cpu(struct sluice_spawn_request *request, unsigned cpu);
/* > 0: the process's number. */
int64_t sluice_spawn(struct sluice_spawn_request *request);
/* Waits for a process that the caller's process spawned; its number means nothing afterwards. TIMEOUT. */
int64_t sluice_process_wait(uint32_t process, uint64_t deadline, struct sluice_end *end);
int64_t sluice_process_kill(uint32_t process);
/* Tells root that this server is up; does nothing in ordinary programs. */
int64_t sluice_process_ready(void);
/* One line for people: "exit status 3", "page fault (write) at 0x10, rip 0x401000". Returns text. */
const char *sluice_end_text(const struct sluice_end *end, char *text, size_t bytes);

/* The i-th name (0, 1, ...) in the boot archive; NOT_FOUND after the last. For completion. */
int64_t sluice_program_name(unsigned index, char name[SLUICE_PROCESS_NAME_BYTES]);

/* Labels of messages to root; the reply's word 0 is the result. */
enum sluice_root_label {
    SLUICE_ROOT_SPAWN = 1, /* long part: struct sluice_spawn_request; capabilities: the gifts */
    SLUICE_ROOT_WAIT, /* w0 process -> w0 0, w1 cause | process << 32, w2 status, w3 address, w4 error, w5 rip */
    SLUICE_ROOT_KILL, /* w0 process */
    SLUICE_ROOT_EXIT, /* w0 status; never answered */
    SLUICE_ROOT_READY,
    SLUICE_ROOT_NAME,  /* w0 index -> long part: the name */
    SLUICE_ROOT_ENDED, /* root to itself */
};
