// SPDX-License-Identifier: MIT
/*
 * What the files of the runtime share, and what root and the memory server put in place of the ordinary.
 * Entry points: below. Context: as said there. Locks: none. Tests: tests/user/process/.
 */
#pragma once
#include "servers/lib/process.h"
#include "servers/lib/thread.h"
#include <stddef.h>
#include <stdint.h>

/* Where the library's ranges of a process begin. */
#define RUNTIME_HEAP_ADDRESS 0x0000110000000000ull
#define RUNTIME_COUNTERS_ADDRESS 0x0000120000000000ull

/* Weak: what the first thread got in rdi becomes the process info. Root makes its own of the boot info. */
const struct sluice_process_info *runtime_process_info(void *argument);
/* Weak: where the heap begins. */
uint64_t runtime_heap_address(void);
/* Weak: memory at exactly this address for the heap; 0 or minus an error. */
int64_t runtime_heap_map(uint64_t address, uint64_t bytes);
/* Weak: a stack of `bytes`; NULL when there is none. Unmapping it again. */
void *runtime_stack_map(uint64_t bytes);
void runtime_stack_unmap(void *stack, uint64_t bytes);
/* Weak: where the faults of threads on the process's processor `cpu` go. */
uint64_t runtime_fault_slot(unsigned cpu);
/* Weak: ends the process. */
_Noreturn void runtime_exit(int status);
/* Weak: where output goes. */
int64_t runtime_output(const char *text, size_t bytes);

/* Start: the first thread's block, in static memory. */
struct sluice_thread *thread_first(void);
void locks_start(void);
void slots_start(void);

/* thread.h says which window a thread set; a call of the library that needs another puts it back. */
void window_borrow(void *buffer, uint64_t bytes, uint64_t slot, uint64_t slots);
void window_restore(void);
