// SPDX-License-Identifier: MIT
/*
 * The clocks of mode `time`: one for each vCPU, none a quantum ahead of the slowest. Owns: who runs, who waits for whom.
 * Entry points: see time.h. Context: vCPU threads; idle and resume with QEMU's own lock held, so they never wait.
 * Locks: time_lock. Tests: tests/sim/time.t.
 *
 *      ABSENT -look-> RUNNING -a quantum ahead-> WAITING -nobody behind: woken by who passes-> RUNNING
 *                     RUNNING -HLT-> IDLE (out of the clock) -interrupt-> RUNNING, at the sender's time + ipi
 *
 * A vCPU executes without a lock up to its limit: the time at which it has to wait, or has to wake somebody.
 * Who waits inside of a callback holds up QEMU's exclusive sections (cpus-common.c, start_exclusive), and through them
 * perhaps the very vCPU that it waits for. So after letgo_ms it goes on, but only if all threads that could change
 * something sleep: one that the host merely does not run is worth waiting for.
 */
#include "stress/sim/time_internal.h"
#include <inttypes.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEVER UINT64_MAX
#define SETS (SIM_VCPUS_MAX / 64u)

struct time_vcpu time_vcpus[SIM_VCPUS_MAX];
uint64_t time_letgos_inside, time_letgos;
unsigned time_idle_count;

/* Guarded by time_lock. */
static uint64_t running[SETS];           /* set of vCPUs in TIME_RUNNING */
static uint64_t waits_at[SIM_VCPUS_MAX]; /* the time of those in TIME_WAITING, else NEVER */
static uint64_t quantum;
static uint64_t reached; /* the slowest clock, as seen last; never goes back */
static uint64_t aligned; /* no clock is behind this time once its vCPU has looked around */

bool time_clock_init(void)
{
    for (unsigned i = 0; i < SIM_VCPUS_MAX; i++)
        waits_at[i] = NEVER;
    quantum = time_parameters.quantum_outside;
    return true;
}

/* The slowest of those that run, `except` left out; NULL: nobody else runs. */
static struct time_vcpu *slowest_running_locked(const struct time_vcpu *except)
{
    struct time_vcpu *slowest = NULL;
    for (unsigned i = 0; i < SETS; i++)
        for (uint64_t left = running[i]; left; left &= left - 1) {
            struct time_vcpu *vcpu = &time_vcpus[i * 64 + (unsigned)__builtin_ctzll(left)];
            if (vcpu != except &&
                (!slowest || atomic_load_relaxed(&vcpu->now) < atomic_load_relaxed(&slowest->now)))
                slowest = vcpu;
        }
    return slowest;
}

static uint64_t slowest_waiting_locked(void)
{
    uint64_t least = NEVER;
    for (unsigned i = 0; i < sim_vcpus; i++)
        least = waits_at[i] < least ? waits_at[i] : least;
    return least;
}

void time_state_set_locked(struct time_vcpu *vcpu, enum time_state state)
{
    unsigned number = (unsigned)(vcpu - time_vcpus);
    time_idle_count += (unsigned)(state == TIME_IDLE) - (unsigned)(vcpu->state == TIME_IDLE);
    vcpu->state = state;
    waits_at[number] = state == TIME_WAITING ? vcpu->now : NEVER;
    if (state == TIME_RUNNING)
        running[number / 64] |= 1ull << number % 64;
    else
        running[number / 64] &= ~(1ull << number % 64);
}

static void run_locked(uint64_t at)
{
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (waits_at[i] == at) {
            time_state_set_locked(&time_vcpus[i], TIME_RUNNING);
            time_wake_locked(&time_vcpus[i]);
        }
}

void time_settle_locked(void)
{
    const struct time_vcpu *slowest = slowest_running_locked(NULL);
    uint64_t runs_at = slowest ? atomic_load_relaxed(&slowest->now) : NEVER;
    uint64_t next = slowest_waiting_locked();
    if (next != NEVER && next <= runs_at) {
        run_locked(next);
        runs_at = next;
        next = slowest_waiting_locked();
    }
    if (runs_at != NEVER && runs_at > reached)
        reached = runs_at;
    for (unsigned i = 0; i < SETS; i++)
        for (uint64_t left = running[i]; left; left &= left - 1) {
            struct time_vcpu *vcpu = &time_vcpus[i * 64 + (unsigned)__builtin_ctzll(left)];
            if (atomic_load_relaxed(&vcpu->now) < next && vcpu->limit > next)
                atomic_store_relaxed(&vcpu->limit, next);
        }
}

/* What a waiting vCPU saw of the slowest one, look by look. */
struct watch {
    const struct time_vcpu *slowest;
    uint64_t at, looked_us;
    unsigned
        strikes; /* looks in a row at which it had not moved, and no thread that could move it was runnable */
};

/* Looks in letgo_ms. Several, because a thread that waits for time_lock sleeps too, and moves once we leave it. */
#define WATCH_LOOKS 4u

static bool anyone_runnable_locked(void)
{
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (time_vcpus[i].state != TIME_WAITING && time_vcpus[i].thread &&
            !time_thread_sleeps(time_vcpus[i].thread))
            return true;
    return !time_thread_sleeps(getpid()); /* QEMU's main thread */
}

static bool slowest_hangs_locked(struct watch *watch)
{
    const struct time_vcpu *slowest = slowest_running_locked(NULL);
    uint64_t at = slowest ? atomic_load_relaxed(&slowest->now) : 0, us = time_host_us();
    if (us - watch->looked_us < time_parameters.letgo_ms * 1000 / WATCH_LOOKS)
        return false;
    bool moved = slowest != watch->slowest || at != watch->at;
    unsigned strikes = moved || anyone_runnable_locked() ? 0 : watch->strikes + 1;
    *watch = (struct watch){slowest, at, us, strikes};
    return strikes >= WATCH_LOOKS;
}

/* False: others are still behind, but this vCPU has to go on. */
static bool wait_locked(struct time_vcpu *self)
{
    struct watch watch = {.looked_us = time_host_us()};
    if (!time_may_sleep())
        return false;
    atomic_store_relaxed(&self->woken, 0u);
    time_state_set_locked(self, TIME_WAITING);
    time_settle_locked();
    while (self->state == TIME_WAITING) {
        if (slowest_hangs_locked(&watch)) {
            time_letgos++;
            time_letgos_inside += sim_regions_open != 0;
            time_state_set_locked(self, TIME_RUNNING);
            return false;
        }
        time_sleep_locked(self, time_parameters.letgo_ms * 1000 / WATCH_LOOKS);
    }
    return true;
}

/* The slowest of all others, whether it runs or waits. */
static uint64_t others_at_locked(const struct time_vcpu *self)
{
    const struct time_vcpu *slowest = slowest_running_locked(self);
    uint64_t runs_at = slowest ? atomic_load_relaxed(&slowest->now) : NEVER;
    uint64_t waits = slowest_waiting_locked();
    return runs_at < waits ? runs_at : waits;
}

static uint64_t time_after(uint64_t time, uint64_t cycles)
{
    return time > NEVER - cycles ? NEVER : time + cycles;
}

static void align_locked(struct time_vcpu *self)
{
    if (self->now < aligned)
        atomic_store_relaxed(&self->now, aligned);
}

/* self runs: waits if it is a quantum ahead, then says until when it may go on without looking. */
static void pace_locked(struct time_vcpu *self)
{
    align_locked(self);
    time_settle_locked();
    if (self->now >= time_after(others_at_locked(self), quantum) && !wait_locked(self)) {
        atomic_store_relaxed(&self->limit, self->now + 1);
        return;
    }
    uint64_t limit = time_after(others_at_locked(self), quantum), next = slowest_waiting_locked();
    atomic_store_relaxed(&self->limit, next > self->now && next < limit ? next : limit);
}

void time_join_locked(struct time_vcpu *self, uint64_t time)
{
    time_settle_locked(); /* who runs alone does not look around: brings `reached` up to date */
    time = time > reached ? time : reached;
    if (self->now < time)
        atomic_store_relaxed(&self->now, time);
    atomic_store_relaxed(&self->limit, 0ull); /* its thread looks around before it executes anything */
    time_state_set_locked(self, TIME_RUNNING);
}

/* vCPUs that share a thread cannot wait for each other. */
static void thread_check_locked(struct time_vcpu *self)
{
    self->thread = (pid_t)syscall(SYS_gettid);
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (&time_vcpus[i] != self && time_vcpus[i].thread == self->thread) {
            fprintf(stderr, "sim: mode=time wants a thread for each vCPU: -accel tcg,thread=multi "
                            "(tools/run --thread multi)\n");
            _exit(1);
        }
}

void time_clock_look(unsigned vcpu)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    time_enter();
    if (!self->thread)
        thread_check_locked(self);
    if (self->state != TIME_RUNNING)
        time_join_locked(self, 0);
    pace_locked(self);
    time_leave();
}

void time_clock_turn_locked(unsigned vcpu)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    if (others_at_locked(self) >= self->now)
        return;
    wait_locked(self);
    pace_locked(self);
}

void time_clock_turn(unsigned vcpu)
{
    time_enter();
    time_clock_turn_locked(vcpu);
    time_leave();
}

void time_clock_charge_locked(unsigned vcpu, uint64_t cycles)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    atomic_store_relaxed(&self->now, self->now + cycles);
    pace_locked(self);
}

/* Outside of regions the clocks may be far apart, and time means nothing: the slow ones jump to the fastest, lest a region
 * begins with some workers catching up while the others wait. */
void time_clock_quantum(uint64_t cycles)
{
    time_enter();
    for (unsigned i = 0; i < sim_vcpus; i++) {
        uint64_t now = atomic_load_relaxed(&time_vcpus[i].now);
        if (time_vcpus[i].state != TIME_IDLE && now > aligned)
            aligned = now;
    }
    for (unsigned i = 0; i < sim_vcpus; i++) {
        if (time_vcpus[i].state == TIME_WAITING) {
            atomic_store_relaxed(&time_vcpus[i].now, aligned);
            waits_at[i] = aligned;
        }
        atomic_store_relaxed(&time_vcpus[i].limit, 0ull);
    }
    quantum = cycles;
    time_leave();
}

void time_clock_align(unsigned vcpu)
{
    time_enter();
    align_locked(&time_vcpus[vcpu]);
    time_leave();
}
