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
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NEVER UINT64_MAX
#define SETS (SIM_VCPUS_MAX / 64u)

struct time_vcpu time_vcpus[SIM_VCPUS_MAX];
pthread_mutex_t time_lock = PTHREAD_MUTEX_INITIALIZER;
uint64_t time_letgos_inside, time_letgos, time_wakes_missed;

/* Guarded by time_lock. */
static uint64_t running[SETS];           /* set of vCPUs in TIME_RUNNING */
static uint64_t waits_at[SIM_VCPUS_MAX]; /* the time of those in TIME_WAITING, else NEVER */
static unsigned idle_count;
static uint64_t quantum;
static uint64_t reached; /* the slowest clock, as seen last; never goes back */
static uint64_t aligned; /* no clock is behind this time once its vCPU has looked around */

bool time_clock_init(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    for (unsigned i = 0; i < SIM_VCPUS_MAX; i++) {
        pthread_cond_init(&time_vcpus[i].turn, &attributes);
        waits_at[i] = NEVER;
    }
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

static void wake_locked(uint64_t at)
{
    for (unsigned i = 0; i < sim_vcpus; i++)
        if (waits_at[i] == at) {
            state_set_locked(&time_vcpus[i], TIME_RUNNING);
            pthread_cond_signal(&time_vcpus[i].turn);
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
        wake_locked(next);
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

static struct timespec host_deadline(uint64_t us)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t ns = (uint64_t)at.tv_nsec + us * 1000;
    return (struct timespec){.tv_sec = at.tv_sec + (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000)};
}

/* False: let go, others are still behind. */
static bool wait_locked(struct time_vcpu *self)
{
    state_set_locked(self, TIME_WAITING);
    settle_locked();
    while (self->state == TIME_WAITING) {
        struct timespec deadline = host_deadline(time_parameters.letgo_ms * 1000);
        if (!pthread_cond_timedwait(&self->turn, &time_lock, &deadline) || self->state != TIME_WAITING)
            continue;
        const struct time_vcpu *slowest = slowest_running_locked(NULL);
        if (slowest && !thread_sleeps(slowest->thread))
            continue;
        time_letgos++;
        time_letgos_inside += sim_regions_open != 0;
        state_set_locked(self, TIME_RUNNING);
        return false;
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

/* self runs: waits if it is a quantum ahead, then says until when it may go on without looking. */
static void pace_locked(struct time_vcpu *self)
{
    if (self->now < aligned)
        atomic_store_relaxed(&self->now, aligned);
    settle_locked();
    if (self->now >= time_after(others_at_locked(self), quantum) && !wait_locked(self)) {
        atomic_store_relaxed(&self->limit, self->now + 1);
        return;
    }
    uint64_t limit = time_after(others_at_locked(self), quantum), next = slowest_waiting_locked();
    atomic_store_relaxed(&self->limit, next > self->now && next < limit ? next : limit);
}

static void join_locked(struct time_vcpu *self, uint64_t time)
{
    if (self->now < time)
        atomic_store_relaxed(&self->now, time);
    atomic_store_relaxed(&self->limit, 0ull); /* its thread looks around before it executes anything */
    state_set_locked(self, TIME_RUNNING);
}

void time_clock_look(unsigned vcpu)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    pthread_mutex_lock(&time_lock);
    if (!self->thread)
        self->thread = (pid_t)syscall(SYS_gettid);
    if (self->state != TIME_RUNNING)
        join_locked(self, reached);
    pace_locked(self);
    pthread_mutex_unlock(&time_lock);
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
    pthread_mutex_lock(&time_lock);
    time_clock_turn_locked(vcpu);
    pthread_mutex_unlock(&time_lock);
}

void time_clock_charge_locked(unsigned vcpu, uint64_t cycles)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    atomic_store_relaxed(&self->now, self->now + cycles);
    pace_locked(self);
}

void time_clock_idle(unsigned vcpu)
{
    pthread_mutex_lock(&time_lock);
    state_set_locked(&time_vcpus[vcpu], TIME_IDLE);
    settle_locked();
    pthread_mutex_unlock(&time_lock);
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
    pthread_mutex_lock(&time_lock);
    struct time_vcpu *sender = sender_locked();
    if (sender) {
        sender->sends = false;
        pthread_cond_signal(&sender->turn);
    }
    join_locked(&time_vcpus[vcpu], sender ? sender->now + time_parameters.ipi : reached);
    settle_locked();
    pthread_mutex_unlock(&time_lock);
}

void time_clock_send(unsigned vcpu)
{
    pthread_mutex_lock(&time_lock);
    time_vcpus[vcpu].sends = idle_count != 0;
    pthread_mutex_unlock(&time_lock);
}

/* A vCPU that halted is not in the clock before its thread woke, and nothing would keep the others from leaving it behind:
 * the sender gives it some time of the host's. */
void time_clock_sent(unsigned vcpu)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    struct timespec deadline = host_deadline(time_parameters.wake_us);
    int error = 0;
    pthread_mutex_lock(&time_lock);
    while (self->sends && idle_count && !error)
        error = pthread_cond_timedwait(&self->turn, &time_lock, &deadline);
    time_wakes_missed += self->sends;
    self->sends = false;
    pthread_mutex_unlock(&time_lock);
}

/* Outside of regions the clocks may be far apart, and time means nothing: the slow ones jump to the fastest, lest a region
 * begins with some workers catching up while the others wait. */
void time_clock_quantum(uint64_t cycles)
{
    pthread_mutex_lock(&time_lock);
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
    pthread_mutex_unlock(&time_lock);
}
