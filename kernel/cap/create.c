// SPDX-License-Identifier: MIT
/*
 * object_create and object_destroy, cap_revoke.
 * Owns: nothing beyond the handlers. Context: the CPU that the pool's policy, then that of the caller's cspace, wants:
 * step 0 allocates, step 1 inserts the capability. Locks: class alloc, then class cspace, never both.
 * Tests: tests/user/syscalls/.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/reaper.h"
#include "kernel/cap/facet.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"

/* What the arguments name, looked up before anything is allocated. */
struct create_request {
    enum sluice_type type;
    const struct thread *maker;
    uint64_t slots;
    struct cap first, second; /* FACET: target; THREAD: cspace, aspace */
};

static int64_t request_thread(struct thread *thread, const uint64_t *args, uint16_t pool,
                              struct create_request *request)
{
    int error =
        cap_lookup(thread->cspace, args[3], SLUICE_TYPE_CSPACE, SLUICE_RIGHT_CONTROL, &request->first);
    if (!error)
        error =
            cap_lookup(thread->cspace, args[4], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, &request->second);
    if (error)
        return error;
    /* One pool for all three: none of them can go while the others need it. */
    if (request->first.pool != pool || request->second.pool != pool)
        return SLUICE_E_BAD_ARGUMENT;
    return 0;
}

static int64_t request_facet(struct thread *thread, const uint64_t *args, struct create_request *request)
{
    int error = cap_lookup(thread->cspace, args[3], SLUICE_TYPE_NONE, SLUICE_RIGHT_COPY, &request->first);
    if (error)
        return error;
    /* One made of a facet would forward past it, and live on when that one is revoked. */
    bool may = request->first.type != SLUICE_TYPE_REPLY && request->first.type != SLUICE_TYPE_FACET;
    return may ? 0 : SLUICE_E_BAD_TYPE;
}

static int64_t request_parse(struct thread *thread, const uint64_t *args, uint16_t pool,
                             struct create_request *request)
{
    request->type = (enum sluice_type)args[1];
    switch (args[1]) {
    case SLUICE_TYPE_CSPACE:
        request->slots = args[3];
        if (request->slots < SLUICE_CSPACE_SLOTS_MIN || request->slots > SLUICE_CSPACE_SLOTS_MAX ||
            (request->slots & (request->slots - 1)))
            return SLUICE_E_BAD_ARGUMENT;
        return 0;
    case SLUICE_TYPE_THREAD:
        return request_thread(thread, args, pool, request);
    case SLUICE_TYPE_FACET:
        return request_facet(thread, args, request);
    case SLUICE_TYPE_ASPACE:
    case SLUICE_TYPE_ENDPOINT:
    case SLUICE_TYPE_NOTIFICATION:
        return 0;
    default:
        return SLUICE_E_BAD_TYPE;
    }
}

/* It has its maker's home, where that may be: this CPU is only where the pool's policy wants to be served. */
static void thread_make(struct thread *thread, struct aspace *aspace, struct cspace *cspace,
                        const struct thread *maker)
{
    thread_init(thread, aspace, cspace);
    thread->home = thread->next_home =
        atomic_load_relaxed(&maker->home); /* relaxed: a processor it may use */
    if (thread->priority > maker->priority)
        thread->priority = maker->priority;
}

/* Fills a new object in; false when the pool has no room for what belongs to it. */
static bool object_init_locked(struct pool *pool, struct object *object, const struct create_request *request)
{
    if (request->type == SLUICE_TYPE_CSPACE) {
        struct cspace *space = (struct cspace *)object;
        space->slots = pool_pages_alloc_locked(pool, cspace_pages(request->slots));
        space->count = (uint32_t)request->slots;
        return space->slots != NULL;
    }
    if (request->type == SLUICE_TYPE_ASPACE)
        return aspace_init_locked((struct aspace *)object, pool);
    if (request->type == SLUICE_TYPE_FACET)
        ((struct facet *)object)->target = request->first;
    if (request->type == SLUICE_TYPE_THREAD) {
        if (!cap_alive(&request->first) || !cap_alive(&request->second))
            return false; /* died while we waited for the gate */
        struct aspace *aspace = (struct aspace *)request->second.object;
        struct cspace *cspace = (struct cspace *)request->first.object;
        aspace->users++;
        cspace->users++;
        thread_make((struct thread *)object, aspace, cspace, request->maker);
    }
    return true;
}

static int64_t create_alloc(struct pool *pool, const struct create_request *request, struct object **result)
{
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock))
        return syscall_forward(&gate);
    struct object *object = pool_object_alloc_locked(pool, request->type);
    if (object && !object_init_locked(pool, object, request)) {
        pool_object_free_locked(pool, object);
        object = NULL;
    }
    gate_leave(&gate);
    *result = object;
    return object ? 0 : SLUICE_E_NO_MEMORY;
}

static int64_t create_begin(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    struct create_request request = {.maker = thread};
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_POOL, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    struct pool *pool = (struct pool *)cap.object;
    int64_t result = request_parse(thread, args, (uint16_t)pool->number, &request);
    if (!result)
        result = cap_slot_check(thread->cspace, args[2]);
    struct object *object;
    if (!result)
        result = create_alloc(pool, &request, &object);
    if (result)
        return result;
    object_publish(object);
    cap = cap_make(object, request.type);
    thread->scratch[0] = (uint64_t)object;
    thread->scratch[1] = cap.generation;
    thread->scratch[2] = cap.pool_generation;
    thread->scratch[3] = cap.pool;
    thread->step = 1;
    return 0;
}

int64_t sys_object_create(struct thread *thread, uint64_t *args)
{
    if (thread->step == 0) {
        int64_t result = create_begin(thread, args);
        if (result)
            return result;
    }
    struct cap cap = {
        .object = (struct object *)thread->scratch[0],
        .generation = (uint32_t)thread->scratch[1],
        .pool_generation = (uint32_t)thread->scratch[2],
        .pool = (uint16_t)thread->scratch[3],
        .type = (uint8_t)args[1],
        .rights = SLUICE_RIGHTS_ALL,
    };
    if (!cap_alive(&cap))
        return SLUICE_E_BAD_CAP; /* the pool was destroyed on the way to the cspace's CPU */
    int64_t result = cap_insert(thread->cspace, args[2], &cap);
    if (result && result != SYSCALL_FORWARD) {
        if (cap.type == SLUICE_TYPE_THREAD)
            thread_destroy((struct thread *)cap.object);
        else if (object_kill(cap.object))
            object_retire(cap.object);
    }
    return result;
}

/* Spaces that threads are bound to stay. */
static int64_t destroy_space(struct object *object, const uint32_t *users)
{
    struct pool *pool = pool_of(object);
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock))
        return syscall_forward(&gate);
    bool busy = *users != 0;
    bool killed = !busy && object_kill(object);
    gate_leave(&gate);
    if (killed)
        object_retire(object);
    return busy ? SLUICE_E_BUSY : 0;
}

int64_t sys_object_destroy(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_NONE, SLUICE_RIGHT_CONTROL, &cap);
    if (error)
        return error;
    switch (cap.type) {
    case SLUICE_TYPE_CSPACE:
        return destroy_space(cap.object, &((struct cspace *)cap.object)->users);
    case SLUICE_TYPE_ASPACE:
        return destroy_space(cap.object, &((struct aspace *)cap.object)->users);
    case SLUICE_TYPE_THREAD:
        thread_destroy((struct thread *)cap.object);
        return 0;
    case SLUICE_TYPE_ENDPOINT:
    case SLUICE_TYPE_NOTIFICATION:
    case SLUICE_TYPE_FACET:
        if (object_kill(cap.object))
            object_retire(cap.object);
        return 0;
    default:
        return SLUICE_E_BAD_TYPE;
    }
}

int64_t sys_cap_revoke(struct thread *thread, uint64_t *args)
{
    struct cap cap;
    if (thread->step == 0) {
        int error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_NONE, SLUICE_RIGHT_CONTROL, &cap);
        if (error)
            return error;
        if (cap.type != SLUICE_TYPE_ENDPOINT && cap.type != SLUICE_TYPE_NOTIFICATION &&
            cap.type != SLUICE_TYPE_ASPACE && cap.type != SLUICE_TYPE_CSPACE &&
            cap.type != SLUICE_TYPE_FACET && cap.type != SLUICE_TYPE_REGION)
            return SLUICE_E_BAD_TYPE;
        if (!atomic_cas(&cap.object->generation, cap.generation, cap.generation + 2))
            return SLUICE_E_BAD_CAP; /* somebody else revoked or destroyed it first */
        thread->scratch[0] = cap.generation + 2;
        cap.generation += 2;
        thread->scratch[1] = cap.badge;
        thread->scratch[2] = cap.rights;
        thread->scratch[3] = (uint64_t)cap.object;
        thread->step = 1;
    }
    /* The slot's own copy died too, so that it counts as empty: it gets the new generation. */
    struct object *object = (struct object *)thread->scratch[3];
    if (cap_read(thread->cspace, args[0], &cap) != SLUICE_E_BAD_CAP || cap.object != object)
        return SLUICE_E_BAD_CAP; /* the slot was changed meanwhile */
    cap.generation = (uint32_t)thread->scratch[0];
    return cap_insert(thread->cspace, args[0], &cap);
}
