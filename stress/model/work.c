// SPDX-License-Identifier: MIT
/*
 * What the workers of stress/model do: one increment an operation, kept whole by an atomic operation or by a lock.
 * Owns: what the lock headers want of the kernel: waiting, and the tunables with their defaults.
 * Context: worker threads. Locks: the one under test. Tests: tests/sim/time.t.
 */
#include "smp/atomic.h"
#include "smp/lock/mcs.h"
#include "smp/lock/tas.h"
#include "smp/lock/ticket.h"
#include "stress/model/model.h"

#define MARKER_MODEL 7

#define TUNABLE_INITIAL(identifier, name, minimum, initial, ...) [TUNABLE_##identifier] = (initial),
uint64_t tunable_values[TUNABLE_COUNT] = {TUNABLES(TUNABLE_INITIAL)};

void lock_wait_begin(struct lock_wait *wait)
{
    (void)wait;
}

void lock_wait_turn(struct lock_wait *wait)
{
    (void)wait;
    cpu_relax();
}

static void spend(uint64_t turns)
{
    while (turns--)
        compiler_barrier();
}

static void operation_done(struct worker *worker)
{
    marker_operation(MARKER_MODEL);
    atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
}

static void counter_body(struct worker *worker, uint64_t *counter)
{
    marker_begin(MARKER_MODEL);
    while (worker_goes_on(worker)) {
        atomic_fetch_add(counter, 1);
        if (worker_errs(worker, worker->ops))
            atomic_fetch_sub(counter, 1);
        operation_done(worker);
    }
    marker_end(MARKER_MODEL);
}

static void private_body(struct worker *worker)
{
    counter_body(worker, &model_state.private[(uintptr_t)worker->context].count);
}

static void shared_body(struct worker *worker)
{
    counter_body(worker, &model_state.shared.count);
}

static void false_body(struct worker *worker)
{
    counter_body(worker, &model_state.packed[(uintptr_t)worker->context % MODEL_PACKED]);
}

/* A plain add: only the lock keeps it whole. */
static void guarded_work(const struct worker *worker)
{
    uint64_t count = atomic_load_relaxed(&model_state.guarded.count); /* relaxed: the lock orders it */
    spend(model_state.hold);
    atomic_store_relaxed(&model_state.guarded.count, count + !worker_errs(worker, worker->ops));
}

/* One lock, one loop, so that nothing but the lock differs. */
#define LOCK_BODY(name, take, drop)                                                                          \
    static void name##_body(struct worker *worker)                                                           \
    {                                                                                                        \
        struct mcs_node node __attribute__((unused));                                                        \
        struct lock_wait wait = {0};                                                                         \
        marker_begin(MARKER_MODEL);                                                                          \
        while (worker_goes_on(worker)) {                                                                     \
            take;                                                                                            \
            guarded_work(worker);                                                                            \
            drop;                                                                                            \
            operation_done(worker);                                                                          \
            spend(model_state.gap);                                                                          \
        }                                                                                                    \
        marker_end(MARKER_MODEL);                                                                            \
    }

LOCK_BODY(tas, tas_lock(&model_state.lock, &wait), tas_unlock(&model_state.lock))
LOCK_BODY(ticket, ticket_lock(&model_state.lock, &wait), ticket_unlock(&model_state.lock))
LOCK_BODY(mcs, mcs_lock(&model_state.lock, &node, &wait), mcs_unlock(&model_state.lock, &node))

void (*const model_bodies[])(struct worker *worker) = {
    [MODEL_PRIVATE] = private_body, [MODEL_SHARED] = shared_body, [MODEL_FALSE] = false_body,
    [MODEL_TAS] = tas_body,         [MODEL_TICKET] = ticket_body, [MODEL_MCS] = mcs_body,
};
