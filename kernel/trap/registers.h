// SPDX-License-Identifier: MIT
/*
 * A thread's frame as user level sees and sets it.
 * Entry points: below; x86_64/registers.c. Context: kernel, on a frame that the operation owns. Locks: none.
 * Tests: tests/user/threads/.
 */
#pragma once
#include "kernel/abi/object.h"
#include "kernel/trap/frame.h"
#include <stdbool.h>
#include <stdint.h>

/* A frame that starts a thread at `entry` with this stack and argument, interrupts on, everything else zero. */
void frame_init_user(struct frame *frame, uint64_t entry, uint64_t stack, uint64_t argument);
void frame_read(const struct frame *frame, struct sluice_registers *registers);
/* Only what a user program may choose is taken: of the flags, the arithmetic ones. */
void frame_write(struct frame *frame, const struct sluice_registers *registers);
