// SPDX-License-Identifier: MIT
/*
 * What the parts of the clock of mode `time` share: states (time_clock.c), sleeping (time_sleep.c), halting (time_idle.c).
 * Context: vCPU threads. Locks: time_lock is held where the name ends in _locked. Tests: tests/sim/time.t.
 */
#pragma once
#include "stress/sim/time.h"

/* --- time_clock.c --- */
extern unsigned time_idle_count; /* vCPUs in TIME_IDLE; guarded by time_lock */
void time_state_set_locked(struct time_vcpu *vcpu, enum time_state state);
/* Somebody's time or state changed: wakes those who have nobody behind them any more, and has those who run look around
 * when they come to the time of the next. */
void time_settle_locked(void);
/* Runs from now on, at `time`, or where the slowest is. */
void time_join_locked(struct time_vcpu *self, uint64_t time);

/* --- time_sleep.c --- */
void time_wake_locked(struct time_vcpu *vcpu);
/* Leaves time_lock, sleeps until somebody wakes this vCPU or the host's time is over, and enters again. The caller set
 * `woken` to 0, and looks again whether it was woken: a late wake of its last sleep may end this one. */
void time_sleep_locked(struct time_vcpu *self, uint64_t us);
/* False where QEMU's lock is held: all vCPUs would wait for us, who wait for them. */
bool time_may_sleep(void);
/* The thread waits for something, rather than for a core of the host. */
bool time_thread_sleeps(pid_t thread);
uint64_t time_host_us(void);
