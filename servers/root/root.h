// SPDX-License-Identifier: MIT
/*
 * What the files of the root server share: its slots, processes, and how they are made.
 * Context: the main thread, except where said otherwise; two more threads only wait (watch.c). Locks: none.
 * Tests: tests/boot/, tests/user/process/.
 */
#pragma once
#include "kernel/abi/boot.h"
#include "servers/lib/elf.h"
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "servers/lib/spawn.h"
#include <stdbool.h>
#include <stdint.h>

/* Root's slots, once slots_arrange has moved what the kernel gave to where any process has it. */
enum root_slot {
    ROOT_SLOT_REGION = 560,       /* .. + 63, until the memory server has them */
    ROOT_SLOT_IRQ = 640,          /* + GSI */
    ROOT_SLOT_CONTROL = 670,      /* memory server: control endpoint */
    ROOT_SLOT_WATCH = 671,        /* faults of root and of the memory server come here */
    ROOT_SLOT_SERIAL = 672,       /* endpoints of servers; they live in the system pool */
    ROOT_SLOT_POLICY = 673,       /* control server */
    ROOT_SLOT_MEMORY_SPACE = 674, /* the memory server's cspace */
    ROOT_SLOT_BADGED = 675,       /* for a moment: a badged copy of an endpoint */
    ROOT_SLOT_PROCESS = 676,      /* .. + 3: cspace, aspace, first thread, pool of the process being made */
    ROOT_SLOT_SPLIT = 680,        /* .. + 3: regions cut off for the memory server */
    ROOT_SLOT_GIFT = 688,         /* .. + 3: window: capabilities that came with a spawn request */
    ROOT_SLOT_MEMORY = 692,       /* worker 0 of the memory server, as any client has it */
    ROOT_SLOT_FREE = 704,
};

#define PROCESSES_MAX 512u /* = CLIENTS_MAX of the memory server */
#define FAMILY_MAX                                                                                           \
    32u /* processes that stem from one program: it can neither fill the table nor the machine */
enum process_number { PROCESS_ROOT = 1, PROCESS_MEMORY = 2, PROCESS_FIRST = 3 };

enum process_state { PROCESS_FREE, PROCESS_RUNNING, PROCESS_ENDED };

struct server_plan;

struct process {
    uint32_t number;
    uint32_t parent;
    uint32_t state;    /* enum process_state */
    uint32_t flags;    /* enum sluice_spawn_flag */
    uint32_t family;   /* whoever of its ancestors, or itself, was started by somebody trusted */
    uint32_t priority; /* what it was given, for what it may give: see limits_check */
    uint64_t memory_limit, pool_bytes;
    uint64_t pool;                  /* slot; 0 for the memory server, whose end is the system's */
    uint64_t pool_number;           /* the memory server's, for giving it back */
    uint64_t waiter;                /* saved reply right of who waits for the end, 0: nobody yet */
    const struct server_plan *plan; /* servers only */
    bool ready;
    struct sluice_end end; /* once ENDED */
};

/* What a process is made of, beyond its request. */
struct server_plan {
    const char *name;
    uint32_t flags; /* enum sluice_spawn_flag */
    uint32_t priority;
    uint32_t pool_kib;     /* 0: as for any program */
    bool essential;        /* without it the system is of no use */
    bool waited_for;       /* the next one starts when it is ready */
    uint64_t service;      /* slot of the endpoint it serves, or 0 */
    uint64_t peer;         /* slot of an endpoint it may call, or 0 */
    uint64_t ports;        /* range, as a badge; 0: all, if the flag gives any */
    uint64_t serial_badge; /* added to its badge at the serial server */
};

extern const struct sluice_boot_info *boot_info;

/* runtime.c: before main. */
void slots_arrange(const struct sluice_boot_info *info);
/* A line on the boot console. */
void root_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The system cannot go on. */
_Noreturn void root_give_up(void);

/* image.c: a program as the pages it will have, side by side: segments, then the info page. */
struct image {
    struct elf_program program;
    uint64_t segment_page[ELF_SEGMENTS_MAX]; /* its first page in the image */
    uint64_t info_page;
    uint64_t pages;
};
/* NULL, or why the program cannot be started; *missing: there is none of this name. */
const char *image_find(const char *name, struct image *image, bool *missing);
/* Writes it to zeroed memory. */
void image_write(const struct image *image, const struct sluice_process_info *info, uint8_t *memory);

/* table.c */
struct process *process_new(uint32_t parent);
struct process *process_find(uint32_t number); /* NULL: there is none (any more) */
struct process *process_at(unsigned index);    /* for walking: all PROCESSES_MAX */
void process_free(struct process *process);

/* objects.c: what every process has, made in the pool in ROOT_SLOT_PROCESS + 3. */
int64_t objects_make(const struct sluice_process_info *info);
int64_t objects_give(const struct process *process, const struct sluice_process_info *info,
                     const struct sluice_spawn_request *request);
int64_t objects_start(const struct sluice_process_info *info, uint64_t entry, uint64_t fault_slot,
                      uint64_t fault_badge);
/* Only the pool is kept. */
void objects_drop(void);

/* memory_start.c: the memory server, by hand. */
void memory_start(void);

/* process.c: > 0 its number. `why` (may be NULL) gets the sentence of a program that is none. */
int64_t process_spawn(const struct sluice_spawn_request *request, uint32_t parent,
                      const struct server_plan *plan, const char **why);
/* It is over: everything it had goes; whoever waits is told. */
void process_end(struct process *process, const struct sluice_end *end);
/* The answer to who asks after the end; the process is forgotten. */
void process_end_tell(struct process *process, struct sluice_message *message);
/* Root has memory mapped for it like any process. */
int64_t process_root_begin(void);

/* boot.c: servers one after the other. */
void boot_begin(void);
void boot_server_ready(struct process *process);
void boot_server_ended(const struct process *process, const struct sluice_end *end);
/* While servers start: gives up on one that takes too long. When to ask again, 0: never. */
uint64_t boot_tick(void);

/* watch.c: the two threads that wait. */
void watch_start(void);
void ends_start(void);
