// SPDX-License-Identifier: MIT
/*
 * FPU state: threads start without; the first use traps, from then on the state is saved and loaded at switches.
 * Eager, not lazy, so that no thread runs with another's values in the registers. Context: CPU of the thread.
 * Locks: none. Tests: tests/user/threads/.
 */
#pragma once

struct thread;

/* #NM of a thread: gives it a clean FPU state, loaded. */
void fpu_first_use(struct thread *thread);
/* The CPU goes on with this thread (may be idle). */
void fpu_switch(struct thread *to);
/* The thread leaves this CPU for good: its state, if it is loaded, goes back into it. */
void fpu_release_cpu(struct thread *thread);
