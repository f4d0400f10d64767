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
 * perhaps the very vCPU that it waits for. So after letgo_ms it goes on, but only if that one's thread sleeps: one that
 * the host merely does not run is worth waiting for.
 */
#include "stress/sim/time.h"
#include <inttypes.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NEVER UINT64_MAX
#define SETS (SIM_VCPUS_MAX / 64u)

struct time_vcpu time_vcpus[SIM_VCPUS_MAX];
static pthread_mutex_t time_lock = PTHREAD_MUTEX_INITIALIZER;
uint64_t time_letgos_inside, time_letgos, time_wakes_missed;

/* Guarded by time_lock. */
static uint64_t running[SETS];           /* set of vCPUs in TIME_RUNNING */
static uint64_t waits_at[SIM_VCPUS_MAX]; /* the time of those in TIME_WAITING, else NEVER */
static unsigned idle_count;
static uint64_t quantum;
static uint64_t reached; /* the slowest clock, as seen last; never goes back */
static uint64_t aligned; /* no clock is behind this time once its vCPU has looked around */

/* Whom this thread wakes when it leaves time_lock: earlier, they would only wake to wait for the lock. */
static __thread struct time_vcpu *woken[SIM_VCPUS_MAX];
static __thread unsigned woken_count;

bool time_clock_init(void)
{
    for (unsigned i = 0; i < SIM_VCPUS_MAX; i++)
        waits_at[i] = NEVER;
    quantum = time_parameters.quantum_outside;
    return true;
}

void time_enter(void)
{
    pthread_mutex_lock(&time_lock);
}

void time_leave(void)
{
    pthread_mutex_unlock(&time_lock);
    while (woken_count)
        syscall(SYS_futex, &woken[--woken_count]->woken, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wake_locked(struct time_vcpu *vcpu)
{
    atomic_store_relaxed(&vcpu->woken, 1u);
    woken[woken_count++] = vcpu;
}

/* Leaves time_lock, sleeps until somebody wakes this vCPU or the host's time is over, and enters again. */
static void sleep_locked(struct time_vcpu *self, uint64_t us)
{
    struct timespec most = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000 * 1000)};
    time_leave();
    /* Relaxed: time_lock orders what it stands for. A late wake of the last sleep may end this one: callers look again. */
    if (!atomic_load_relaxed(&self->woken))
        syscall(SYS_futex, &self->woken, FUTEX_WAIT_PRIVATE, 0, &most, NULL, 0);
    time_enter();
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

static void state_set_locked(struct time_vcpu *vcpu, enum time_state state)
{
    unsigned number = (unsigned)(vcpu - time_vcpus);
    idle_count += (unsigned)(state == TIME_IDLE) - (unsigned)(vcpu->state == TIME_IDLE);
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
            state_set_locked(&time_vcpus[i], TIME_RUNNING);
            wake_locked(&time_vcpus[i]);
        }
}

/* Somebody's time or state changed: wakes those who have nobody behind them any more, and has those who run look around
 * when they come to the time of the next. */
static void settle_locked(void)
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

static bool thread_sleeps(pid_t thread)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    FILE *in = fopen(path, "r");
    if (!in)
        return true;
    size_t bytes = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[bytes] = '\0';
    const char *state = strrchr(text, ')'); /* proc(5): pid (name) state ... */
    return !state || state[1] != ' ' || state[2] != 'R';
}

static uint64_t host_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

/* The slowest vCPU, and since when it was seen at its time. */
struct slowest {
    const struct time_vcpu *vcpu;
    uint64_t at, since_us;
};

/* It did not move for letgo_ms, and not because the host had no time for it. */
static bool slowest_hangs_locked(struct slowest *seen)
{
    const struct time_vcpu *vcpu = slowest_running_locked(NULL);
    uint64_t at = vcpu ? atomic_load_relaxed(&vcpu->now) : 0, us = host_us();
    if (vcpu == seen->vcpu && at == seen->at && seen->since_us)
        return us - seen->since_us >= time_parameters.letgo_ms * 1000 &&
               (!vcpu || thread_sleeps(vcpu->thread));
    *seen = (struct slowest){vcpu, at, us};
    return false;
}

/* False: let go, others are still behind. */
static bool wait_locked(struct time_vcpu *self)
{
    struct slowest slowest = {0};
    atomic_store_relaxed(&self->woken, 0u);
    state_set_locked(self, TIME_WAITING);
    settle_locked();
    while (self->state == TIME_WAITING) {
        if (slowest_hangs_locked(&slowest)) {
            time_letgos++;
            time_letgos_inside += sim_regions_open != 0;
            state_set_locked(self, TIME_RUNNING);
            return false;
        }
        sleep_locked(self, time_parameters.letgo_ms * 1000);
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
    settle_locked();
    if (self->now >= time_after(others_at_locked(self), quantum) && !wait_locked(self)) {
        atomic_store_relaxed(&self->limit, self->now + 1);
        return;
    }
    uint64_t limit = time_after(others_at_locked(self), quantum), next = slowest_waiting_locked();
    atomic_store_relaxed(&self->limit, next > self->now && next < limit ? next : limit);
}

/* At `time`, or where the slowest is. */
static void join_locked(struct time_vcpu *self, uint64_t time)
{
    settle_locked(); /* who runs alone does not look around: brings `reached` up to date */
    time = time > reached ? time : reached;
    if (self->now < time)
        atomic_store_relaxed(&self->now, time);
    atomic_store_relaxed(&self->limit, 0ull); /* its thread looks around before it executes anything */
    state_set_locked(self, TIME_RUNNING);
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
        join_locked(self, 0);
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

void time_clock_idle(unsigned vcpu)
{
    time_enter();
    state_set_locked(&time_vcpus[vcpu], TIME_IDLE);
    settle_locked();
    time_leave();
}

/* QEMU does not tell whose IPI it was. Of those that were just sent, the earliest is taken; without one it was a timer or
 * a device, which have no time in the model. */
static struct time_vcpu *sender_locked(void)
{
    struct time_vcpu *first = NULL;
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (time_vcpus[i].sends && (!first || time_vcpus[i].now < first->now))
            first = &time_vcpus[i];
    return first;
}

void time_clock_resume(unsigned vcpu)
{
    time_enter();
    struct time_vcpu *sender = sender_locked();
    if (sender) {
        sender->sends = false;
        wake_locked(sender);
    }
    join_locked(&time_vcpus[vcpu], sender ? sender->now + time_parameters.ipi : 0);
    settle_locked();
    time_leave();
}

void time_clock_send(unsigned vcpu)
{
    time_enter();
    time_vcpus[vcpu].sends = idle_count != 0;
    atomic_store_relaxed(&time_vcpus[vcpu].woken, 0u);
    time_leave();
}

/* A vCPU that halted is not in the clock before its thread woke, and nothing would keep the others from leaving it behind:
 * the sender gives it some time of the host's. */
void time_clock_sent(unsigned vcpu)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    time_enter();
    uint64_t until = host_us() + time_parameters.wake_us;
    for (uint64_t now; self->sends && (now = host_us()) < until;)
        sleep_locked(self, until - now);
    time_wakes_missed += self->sends;
    self->sends = false;
    time_leave();
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
