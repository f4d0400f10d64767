// SPDX-License-Identifier: MIT
/*
 * The console's state, and what its files share: keys, names, tunables, the control server's client.
 * Owns: struct console. Entry points: below. Context: the console's one thread. Locks: none.
 * Tests: tests/boot/console.t; the pure parts (line, command, text) in tests/host/test_console.c.
 *
 * Serial server ─▶ keys ─▶ line editor ─▶ command table ─▶ one function for each command ─▶ printf ─▶ serial server
 */
#pragma once
#include "servers/console/command.h"
#include "servers/console/line.h"
#include "servers/lib/counters.h"
#include "servers/lib/sluice.h"
#include <stdbool.h>
#include <stdint.h>

#define CONSOLE_PROMPT "sluice> "
#define CONSOLE_KEYS 256u
#define CONSOLE_NAMES 512u
#define KEY_NONE (-1)
#define KEY_INTERRUPT 3

/* Touched by the console's thread only. */
struct console {
    struct line_editor editor;
    struct counters counters;
    /* keys that came and were not used yet: a ring */
    unsigned char keys[CONSOLE_KEYS];
    unsigned key_first, key_count;
    bool failed; /* a stress program, a test or the demo failed: `halt` says so to the host */
    /* names collected for a completion */
    char *names[CONSOLE_NAMES];
    unsigned names_count;
    char names_words[LINE_BYTES]; /* what they were collected for */
    bool names_valid;
};

extern const struct command_table console_commands;

/* keys.c */
int key_wait(struct console *console, uint64_t deadline_ns); /* KEY_NONE: the deadline passed */
/* True when ctrl-c was pressed; other keys are kept for later. Returns at the deadline at the latest. */
bool key_interrupted(struct console *console, uint64_t deadline_ns);
void terminal_write(void *context, const char *text, size_t bytes);

/* complete.c */
const char *complete_candidate(void *context, const char *words, unsigned index);

/* names.c: each prints one line with what is allowed and returns false when the word is wrong. */
bool name_number(const char *word, const char *what, uint64_t least, uint64_t most, uint64_t *number);
bool name_pool(struct console *console, const char *word, unsigned *pool);
bool name_class(struct console *console, const char *word, unsigned *lock_class);
bool name_policy(const char *word, uint32_t *policy);
const char *pool_label(const struct sluice_pool_info *info, char text[SLUICE_POOL_NAME_BYTES + 1]);

/* settings.c: the kernel's tunables and the control server's, under one numbering. */
#define TUNABLE_OF_CONTROL 1000u
bool tunable_at(unsigned index, struct sluice_tunable_info *info); /* false past the last of its kind */
bool tunable_next(unsigned *index, struct sluice_tunable_info *info);
int64_t tunable_store(unsigned index, uint64_t value);
bool tunable_find(const char *name, unsigned *index, struct sluice_tunable_info *info);

/* policy.c: proposes and waits for the end; prints a line when it fails. *took_ns may be NULL. */
bool policy_change(struct console *console, unsigned pool, unsigned lock_class, uint32_t policy,
                   uint64_t *took_ns);

/* programs.c: runs a program to its end; false when it could not be started, was stopped or failed. */
bool program_run(struct console *console, const char *folder, unsigned count, char **words);

/* Commands, by file. */
bool command_help(struct console *console, unsigned count, char **words);
bool command_halt(struct console *console, unsigned count, char **words);
bool command_cpus(struct console *console, unsigned count, char **words);
bool command_pools(struct console *console, unsigned count, char **words);
bool command_stats(struct console *console, unsigned count, char **words);
bool command_tunables(struct console *console, unsigned count, char **words);
bool command_get(struct console *console, unsigned count, char **words);
bool command_set(struct console *console, unsigned count, char **words);
bool command_policy(struct console *console, unsigned count, char **words);
bool command_top(struct console *console, unsigned count, char **words);
bool command_stress(struct console *console, unsigned count, char **words);
bool command_test(struct console *console, unsigned count, char **words);
bool command_control(struct console *console, unsigned count, char **words);
bool command_log(struct console *console, unsigned count, char **words);
bool command_demo(struct console *console, unsigned count, char **words);
