// SPDX-License-Identifier: MIT
/*
 * What the x86_64 parts of boot offer to each other and to boot's table of contents.
 * Entry points: below. Context: boot CPU unless said otherwise. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* console.c */
void console_init(void);
void console_seize(void); /* panic: write without waiting for the lock's owner, who may never run again */

/* paging.c: the kernel's own tables: direct map of RAM, image without write-and-execute, stacks. */
extern uint64_t kernel_root; /* physical address of the top table */
void paging_init(void);
void paging_map_device(uint64_t physical); /* uncached, 4 KiB, at its place in the direct map */
/* Maps `bytes` fresh memory as a stack between unmapped pages; returns its top. */
uint64_t paging_map_stack(unsigned index);

/* clock.c */
void clock_init(
    uint64_t hpet_physical); /* chooses the clock and learns its rate; ends the boot when it can't */
bool clock_is_tsc(void);
uint64_t clock_ticks_of_us(uint64_t us);
void clock_wait_us(uint64_t us);

/* ioapic.c */
void ioapic_init(void); /* every line masked, the old interrupt controller silent */
