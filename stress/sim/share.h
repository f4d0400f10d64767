// SPDX-License-Identifier: MIT
/*
 * The parts of mode `share`: the directory of lines, the table of code, the picture of memory, and printing.
 * Owns: struct share_line, struct share_code. Entry points: below. Context: vCPU threads; each says what may run at once.
 * Locks: a lock for each bucket of the directory. Tests: tests/sim/share.t.
 */
#pragma once
#include "stress/sim/sim.h"

#define SHARE_SET_WORDS (SIM_VCPUS_MAX / 64u)
#define SHARE_CODE_BYTES                                                                                     \
    16u /* of a program's code, so that one can tell programs at the same address apart */
#define SHARE_NOBODY (-1)

/* One instruction. Fixed after it was made. */
struct share_code {
    uint64_t address;
    bool kernel;
    uint8_t length; /* of `bytes`: user code only */
    uint8_t bytes[SHARE_CODE_BYTES];
    struct share_code *next; /* in its bucket */
    uint64_t transfers;      /* summed up when the result is printed */
};

/* What one instruction did to a line on one vCPU. */
struct share_touch {
    struct share_touch *next;
    struct share_code *code;
    unsigned vcpu;
    uint64_t loads, stores, transfers;
    uint64_t mask; /* bit b: byte b of the line */
};

struct share_set {
    uint64_t word[SHARE_SET_WORDS];
};

/* Guarded by its bucket's lock. */
struct share_line {
    struct share_line *next;
    uint64_t number; /* physical address >> SIM_LINE_SHIFT */
    /* The protocol's state, of this opening: no vCPU has the line in an older one. */
    unsigned opening;
    int owner;  /* has it modified; SHARE_NOBODY: memory is current */
    int writer; /* stored last */
    struct share_set sharers;
    /* Gathered. */
    uint64_t address; /* virtual, of the last access */
    struct share_set readers, writers;
    uint64_t transfers;
    struct share_touch *touches;
};

struct share_access {
    struct share_code *code;
    unsigned vcpu;
    bool store;
    uint64_t address, physical; /* of the first byte in this line */
    unsigned bytes;             /* in this line */
};

static inline bool share_set_has(const struct share_set *set, unsigned vcpu)
{
    return set->word[vcpu / 64] >> (vcpu % 64) & 1;
}

static inline void share_set_add(struct share_set *set, unsigned vcpu)
{
    set->word[vcpu / 64] |= 1ull << (vcpu % 64);
}

/* share_code.c. The record of an instruction that is being translated; the same for the same code. Any thread. */
struct share_code *share_code_of(const struct qemu_plugin_insn *instruction);
/* All of them, by address; *count of them. When the machine ended. */
struct share_code **share_codes_sorted(unsigned *count);

/* share_line.c. Before anything else. */
void share_lines_init(void);
/* One access: returns the vCPU whose copy moved, or SHARE_NOBODY. Any thread.
 * count: a transfer is counted in the line. every: each access is noted as a touch, not only transfers. */
int share_line_access(const struct share_access *access, bool count, bool every);
/* Nobody has any line; what was gathered stays. Under sim_lock. */
void share_lines_forget_state(void);
/* Everything is forgotten. No vCPU is inside of a region, and only those touch lines. */
void share_lines_clear(void);
/* All lines, in no order; *count of them; free() it. Like share_lines_clear. */
struct share_line **share_lines_all(unsigned *count);

/* share_print.c. Members of the JSON object: top lines and top code; the conflicts of one section. */
void share_lines_print(FILE *out, unsigned most);
void share_codes_print(FILE *out, unsigned most);
void share_section_print(FILE *out);

/* picture.c. Copies the file that backs the machine's memory; option ram= names it, picture= the copy. */
bool picture_options_good(void);
void picture_take(void);
