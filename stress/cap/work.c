// SPDX-License-Identifier: MIT
/*
 * What the workers of stress/cap do: the loop that is measured.
 * Context: worker threads. Locks: none. Tests: tests/user/stress.t.
 */
#include "servers/lib/process.h"
#include "smp/atomic.h"
#include "stress/cap/cap.h"

#define MARKER_CAP 3

static bool badge_is(uint64_t slot, uint64_t badge)
{
    struct sluice_cap_info info;
    return sluice_cap_info(slot, &info) == 0 && info.type == SLUICE_TYPE_NOTIFICATION && info.badge == badge;
}

/* What only our own cspace lets us see: the badge, after the copy and after the move. */
static bool badge_check(struct worker *worker, const struct cap_worker *state, uint64_t slot, uint64_t badge)
{
    return state->cspace || worker_check(worker, badge_is(slot, badge + worker_errs(worker, worker->ops)),
                                         "a capability is not the one that was put there");
}

/* Copy, move, delete: what each leaves used and empty is tried by the next. A move takes from our own cspace. */
static bool copy_and_move(struct worker *worker, const struct cap_worker *state)
{
    uint64_t badge = worker->ops << 8 | (state->number & 255) | 1ull << 40;
    const uint64_t *slot = state->slot;
    return worker_check(worker,
                        sluice_cap_copy(state->cspace, slot[0], state->source, SLUICE_RIGHTS_ALL, badge) == 0,
                        "a copy failed") &&
           badge_check(worker, state, slot[0], badge) &&
           worker_check(worker,
                        sluice_cap_copy(state->cspace, slot[0], state->source, SLUICE_RIGHTS_ALL, badge) ==
                            SLUICE_E_SLOT_USED +
                                (int64_t)(state->cspace ? worker_errs(worker, worker->ops) : 0),
                        "a copy onto a used slot was let through") &&
           worker_check(worker, sluice_cap_copy(0, slot[2], state->source, SLUICE_RIGHTS_ALL, badge) == 0,
                        "a copy to be moved failed") &&
           worker_check(worker, sluice_cap_move(state->cspace, slot[1], slot[2]) == 0, "a move failed") &&
           badge_check(worker, state, slot[1], badge) &&
           worker_check(worker, sluice_cap_delete(state->cspace, slot[0]) == 0, "a delete failed") &&
           worker_check(worker, sluice_cap_delete(state->cspace, slot[1]) == 0,
                        "a delete after a move failed");
}

/* An object made, copied, revoked, destroyed. */
static bool create_and_destroy(struct worker *worker, struct cap_worker *state)
{
    uint64_t object = state->object, copy = state->slot[2];
    int64_t made = SLUICE_E_NO_MEMORY;
    /* The dead wait for a grace period: no room before that is none for good. */
    for (unsigned tries = 0; tries < 500 && made == SLUICE_E_NO_MEMORY; tries++)
        if ((made = sluice_object_create(state->pool.slot, SLUICE_TYPE_NOTIFICATION, object, 0, 0)) ==
            SLUICE_E_NO_MEMORY)
            sluice_sleep_ms(2);
    if (!worker_check(worker, made == 0, "an object can't be made") ||
        !worker_check(worker, sluice_cap_copy(0, copy, object, SLUICE_RIGHTS_ALL, 0) == 0,
                      "its copy failed") ||
        !worker_check(worker, sluice_cap_revoke(object) == 0, "a revoke failed"))
        return false;
    state->revoked += sluice_signal(copy, 1) == SLUICE_E_BAD_CAP;
    return worker_check(worker, sluice_signal(object, 1) == 0,
                        "a revoke killed the capability that revoked") &&
           worker_check(worker, sluice_object_destroy(object) == 0, "an object can't be destroyed") &&
           worker_check(worker, sluice_signal(object, 1) == SLUICE_E_BAD_CAP, "a destroyed object lives") &&
           worker_check(worker, sluice_cap_delete(0, object) == 0 && sluice_cap_delete(0, copy) == 0,
                        "a dead capability can't be deleted");
}

void cap_body(struct worker *worker)
{
    struct cap_worker *state = worker->context;
    uint64_t create = state->setup->create, created = 0;
    marker_begin(MARKER_CAP);
    while (worker_goes_on(worker) && copy_and_move(worker, state)) {
        if (create && worker->ops % create == 0 && ++created && !create_and_destroy(worker, state))
            break;
        marker_operation(MARKER_CAP);
        atomic_store_relaxed(&worker->ops, worker->ops + 1); /* relaxed: a number for people to watch */
    }
    marker_end(MARKER_CAP);
    if (!worker->failure)
        worker_check(worker, state->revoked == created, "a revoked copy lives");
}
