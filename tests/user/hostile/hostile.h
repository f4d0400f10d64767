// SPDX-License-Identifier: MIT
/*
 * The parts of test/hostile: each prints its tests and leaves the bench as it was.
 * Context: the program's first thread. Locks: none. Tests: tests/user/hostile.t.
 */
#pragma once
#include "tests/user/lib/probe.h"

/* The program's argument when it is the copy of selector.c. */
#define HOSTILE_WORD_SELECTOR "selector"
#define HOSTILE_WORD_CHAOS "chaos"

void test_pointers(struct probe *probe); /* pointer.c: every pointer argument, by table */
void test_messages(struct probe *probe); /* message.c: long parts, windows, batches */
void test_rights(void);                  /* rights.c: badges, priorities, mappings beyond what was given */
void test_faults(struct probe *probe);   /* fault.c: faults in calls, sent from another processor */
void test_selector(void);                /* selector.c: a thread pointer dropped before others run */
int selector_copy(void);
void test_greedy(void); /* greedy.c: an ordinary program wants what all share */
int greedy_copy(const char *word);
void test_chaos(unsigned rounds); /* chaos.c: threads that do whatever comes; 0: a few rounds */
int chaos_copy(const char *seed);
void test_noise(struct probe *probe); /* noise.c: random numbers, arguments and slots */

/* Addresses that nobody may reach, or that lie half in one that is mapped. */
struct hostile_address {
    const char *name;
    uint64_t address;
    bool readable; /* a call that only reads it may succeed */
};
#define HOSTILE_ADDRESSES 14u
extern struct hostile_address hostile_addresses[HOSTILE_ADDRESSES];
/* Fills the table; the page it maps stays. */
bool hostile_addresses_init(void);
/* Of our own pool, and waits for the end of the transition: 0, or an error. */
int64_t hostile_policy_set(unsigned lock_class, uint32_t policy);
/* Did the call with `bytes` at `address` end as it has to? */
bool hostile_judge(struct probe *probe, struct probe_outcome outcome, uint64_t address, uint64_t bytes);
