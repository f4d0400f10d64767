// SPDX-License-Identifier: MIT
/*
 * Capabilities and blocking threads, as little as the handlers of mm/ need of them, for host tests.
 * Entry points: below; cap_lookup finds what fake_slots names, thread_wake_again counts.
 * Context: host tests, after fake_memory_init.
 */
#pragma once
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/region.h"

#define FAKE_SLOTS 16u
extern struct cap fake_slots[FAKE_SLOTS];

/* A living object of that type in a slot, with these rights. */
void fake_slot_set(unsigned slot, struct object *object, enum sluice_type type, unsigned rights);
/* A living space in the pool; its kernel half is empty. */
struct aspace *fake_aspace_make(struct pool *pool);
struct region *fake_region_make(uint64_t first, uint64_t frames);
struct thread *fake_thread_make(void);
/* Runs a handler from the top until it neither forwards nor blocks: on the CPU it wants, and once its thread was woken.
 * `waiting` is called while it is blocked. */
int64_t fake_call(int64_t (*handler)(struct thread *, uint64_t *), struct thread *thread, uint64_t *args,
                  void (*waiting)(void));
/* Times a handler was forwarded, or blocked, since the last fake_call began. */
extern _Thread_local unsigned fake_forwards, fake_blocks;
