// SPDX-License-Identifier: MIT
/*
 * object_create: memory from a pool, an object in it, a capability to that.
 * Owns: nothing beyond the handler. Context: the CPU that the pool's policy, then that of the caller's cspace, wants.
 * Locks: class alloc, then class cspace, never both.
 * Tests: tests/user/syscalls/.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/cap/reaper.h"
#include "kernel/cap/slot.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/x86_64/copy.h"

enum create_step { CREATE_BEGIN, CREATE_LAST_TRY, CREATE_INSERT };

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
    int error = slot_find(thread->cspace, args[3], SLUICE_RIGHT_COPY, &request->first);
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

/* Memory for it, cleared as far as object_init_locked and first use do not fill it in. */
static struct object *request_take_locked(struct pool *pool, enum sluice_type type)
{
    if (type != SLUICE_TYPE_FACET && type != SLUICE_TYPE_THREAD)
        return pool_object_alloc_locked(pool, type);
    struct object *object = pool_object_take_locked(pool, type);
    if (object && type == SLUICE_TYPE_THREAD)
        memory_zero_words(object + 1,
                          (offsetof(struct thread, fpu_area) - sizeof(*object)) / sizeof(uint64_t));
    return object;
}

/* Fills a new object in; false when the pool has no room for what belongs to it. */
static bool object_init_locked(struct pool *pool, struct object *object, const struct create_request *request)
{
    if (request->type == SLUICE_TYPE_CSPACE) {
        struct cspace *space = (struct cspace *)object;
        space->slots = pool_pages_take_locked(pool, cspace_pages(request->slots));
        space->count = (uint32_t)request->slots;
        if (space->slots) /* what else is in the page nobody looks at */
            memory_zero_words(space->slots, request->slots * sizeof(struct cap) / sizeof(uint64_t));
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

/* An object of any other type than plain_alloc makes. 0, NO_MEMORY, SYSCALL_FORWARD, or what is wrong with the arguments. */
static __attribute__((noinline)) int64_t request_alloc(struct thread *thread, const uint64_t *args,
                                                       struct pool *pool, struct object **result)
{
    struct create_request request;
    request.maker = thread;
    int64_t error = request_parse(thread, args, (uint16_t)pool->number, &request);
    if (!error)
        error = slot_check(thread->cspace, args[2]);
    if (error)
        return error;
    struct gate gate;
    if (!gate_enter(&gate, pool, LOCK_CLASS_alloc, &pool->object_lock))
        return syscall_forward(&gate);
    struct object *object = request_take_locked(pool, request.type);
    if (object && !object_init_locked(pool, object, &request)) {
        pool_object_free_locked(pool, object);
        object = NULL;
    }
    gate_leave(&gate);
    *result = object;
    return object ? 0 : SLUICE_E_NO_MEMORY;
}

/* The short way for what has no arguments and nothing beside itself. Whether the slot is free is seen when the capability is
 * put there: if it is not, the object dies again. */
static inline int64_t plain_alloc(struct pool *pool, enum sluice_type type, struct object **result)
{
    struct gate gate;
    uint32_t held = gate_enter_held(&gate, cpu_self(), pool, LOCK_CLASS_alloc, &pool->object_lock);
    if (__builtin_expect(held == GATE_ELSEWHERE, 0))
        return syscall_forward(&gate);
    struct object *object = pool_object_take_locked(pool, type);
    gate_leave_held(&gate, held, &pool->object_lock);
    *result = object;
    if (__builtin_expect(!object, 0))
        return SLUICE_E_NO_MEMORY;
    if (type == SLUICE_TYPE_ENDPOINT)
        endpoint_init((struct endpoint *)object);
    else
        notification_init((struct notification *)object);
    return 0;
}

/* Nothing was changed. Where destroyed objects wait to be freed, they go first: what was destroyed just now may be what is
 * missing. It is not waited for: other CPUs may keep it. */
static __attribute__((noinline)) int64_t alloc_failed(struct thread *thread, int64_t result)
{
    if (result != SLUICE_E_NO_MEMORY || thread->step == CREATE_LAST_TRY || !reaper_hurry_cpu())
        return result;
    thread->step = CREATE_LAST_TRY;
    return SYSCALL_AGAIN;
}

/* Its capability has no place here: it goes on where the cspace's policy wants it, or the object dies. */
static __attribute__((noinline)) int64_t insert_failed(struct thread *thread, struct object *object,
                                                       int64_t result)
{
    if (result == SYSCALL_FORWARD) {
        struct cap cap = cap_make(object, (enum sluice_type)object->type);
        thread->scratch[0] = (uint64_t)object;
        thread->scratch[1] = cap.generations;
        thread->scratch[2] = cap.kind;
        thread->step = CREATE_INSERT;
    } else if (object->type == SLUICE_TYPE_THREAD) {
        thread_destroy((struct thread *)object);
    } else if (object_kill(object)) {
        object_retire(object);
    }
    return result;
}

static __attribute__((noinline)) int64_t insert_again(struct thread *thread, const uint64_t *args)
{
    struct cap cap = {
        .object = (struct object *)thread->scratch[0],
        .generations = thread->scratch[1],
        .kind = thread->scratch[2],
    };
    if (!cap_alive(&cap))
        return SLUICE_E_BAD_CAP; /* the pool was destroyed on the way to the cspace's CPU */
    int64_t result = slot_insert(thread->cspace, args[2], &cap);
    return result && result != SYSCALL_FORWARD ? insert_failed(thread, cap.object, result) : result;
}

/* A new object: 0, or what alloc_failed takes. */
static inline int64_t create_alloc(struct thread *thread, const uint64_t *args, struct pool *pool,
                                   struct object **object)
{
    if (args[1] == SLUICE_TYPE_ENDPOINT || args[1] == SLUICE_TYPE_NOTIFICATION)
        return plain_alloc(pool, (enum sluice_type)args[1], object);
    struct object *made = NULL;
    int64_t result = request_alloc(thread, args, pool, &made);
    *object = made;
    return result;
}

int64_t sys_object_create(struct thread *thread, uint64_t *args)
{
    struct cap_found found;
    struct object *object;
    if (__builtin_expect(thread->step == CREATE_INSERT, 0))
        return insert_again(thread, args);
    int64_t result =
        cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_POOL, SLUICE_RIGHT_CONTROL, &found);
    if (__builtin_expect(result, 0))
        return result;
    struct pool *pool = (struct pool *)found.object;
    result = create_alloc(thread, args, pool, &object);
    if (__builtin_expect(result, 0))
        return alloc_failed(thread, result);
    struct cap cap = cap_first(pool, object, object_publish(object), (enum sluice_type)args[1]);
    result = slot_insert(thread->cspace, args[2], &cap);
    return __builtin_expect(result == 0, 1) ? 0 : insert_failed(thread, object, result);
}
