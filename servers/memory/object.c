// SPDX-License-Identifier: MIT
/*
 * Memory objects.
 * Context: a worker. Locks: object mutex around frames; table_mutex around numbers and grants.
 * Tests: tests/user/memory/.
 */
#include "servers/memory/object.h"
#include "kernel/abi/error.h"
#include "servers/memory/client.h"
#include "servers/memory/own.h"
#include "smp/atomic.h"

#define OBJECTS_MAX 4096u

static struct sluice_mutex table_mutex;
static struct object *table[OBJECTS_MAX]; /* guarded by table_mutex; by number */

static size_t object_bytes(uint64_t pages)
{
    return sizeof(struct object) + pages * sizeof(uint32_t);
}

int64_t object_create(struct worker *worker, struct client *owner, uint64_t pages, unsigned flags,
                      struct object **result)
{
    struct object *object = NULL;
    int64_t error = client_charge(owner, pages);

    if (error < 0)
        return error;
    if (cache_promise(worker, pages)) {
        object = node_alloc(worker, object_bytes(pages));
        if (!object)
            cache_promise_end(worker, pages);
    }
    if (!object) {
        client_uncharge(owner, pages);
        return SLUICE_E_NO_MEMORY;
    }
    object->references = 1;
    object->pages = object->promised = pages;
    object->owner = owner;
    object->owner_number = owner->number;
    object->flags = flags;
    *result = object;
    return 0;
}

void object_reference(struct object *object)
{
    atomic_fetch_add(&object->references, 1);
}

static uint64_t frames_give(struct object *object, uint64_t first, uint64_t pages)
{
    uint64_t given = 0;

    for (uint64_t i = first; i < first + pages && object->populated; i++) {
        if (!object->frames[i])
            continue;
        cache_give(object->frames[i]);
        object->frames[i] = 0;
        object->populated--;
        given++;
    }
    return given;
}

static void object_pay_back(struct worker *worker, struct object *object, uint64_t pages)
{
    object->promised -= pages;
    cache_promise_end(worker, pages);
    if (atomic_load_relaxed(&object->owner->number) ==
        object->owner_number) /* a new process starts uncharged */
        client_uncharge(object->owner, pages);
}

void object_trim(struct worker *worker, struct object *object, uint64_t first, uint64_t pages)
{
    sluice_mutex_lock(&object->mutex);
    frames_give(object, first, pages);
    object_pay_back(worker, object, pages);
    sluice_mutex_unlock(&object->mutex);
}

void object_release(struct worker *worker, struct object *object)
{
    if (atomic_fetch_sub(&object->references, 1) != 1)
        return;
    frames_give(object, 0, object->pages);
    object_pay_back(worker, object, object->promised);
    sluice_mutex_finish(&object->mutex);
    node_free(worker, object, object_bytes(object->pages));
}

/* Numbers are few and searched in order: the cost of a new shared object grows with the objects that are open. */
int64_t object_open(struct object *object)
{
    int64_t number = SLUICE_E_LIMIT;

    sluice_mutex_lock(&table_mutex);
    bool full = client_limited(object->owner, object->owner->objects_open, CLIENT_OBJECTS_MAX);
    for (uint32_t i = 1; i < OBJECTS_MAX && number < 0 && !full; i++)
        if (!table[i]) {
            table[i] = object;
            object->number = i;
            object->owner->objects_open++;
            number = i;
        }
    sluice_mutex_unlock(&table_mutex);
    return number;
}

static struct object *table_get_locked(uint64_t number, uint32_t owner)
{
    struct object *object = number < OBJECTS_MAX ? table[number] : NULL;

    return object && (owner == 0 || object->owner_number == owner) ? object : NULL;
}

struct object *object_find(uint64_t number, uint32_t process, unsigned *flags)
{
    struct object *found = NULL;

    sluice_mutex_lock(&table_mutex);
    struct object *object = table_get_locked(number, 0);
    if (object && object->owner_number == process) {
        *flags = object->flags;
        found = object;
    }
    for (unsigned i = 0; object && !found && i < OBJECT_GRANTS; i++)
        if (object->grant[i].client == process) {
            *flags = object->grant[i].flags;
            found = object;
        }
    if (found)
        object_reference(found);
    sluice_mutex_unlock(&table_mutex);
    return found;
}

int64_t object_share(uint64_t number, uint32_t owner, uint32_t process, unsigned flags)
{
    int64_t result = SLUICE_E_NOT_FOUND;

    sluice_mutex_lock(&table_mutex);
    struct object *object = table_get_locked(number, owner);
    if (object)
        result = SLUICE_E_LIMIT;
    for (unsigned i = 0; object && result < 0 && i < OBJECT_GRANTS; i++)
        if (object->grant[i].client == 0 || object->grant[i].client == process) {
            object->grant[i] = (struct object_grant){.client = process, .flags = flags & object->flags};
            result = 0;
        }
    sluice_mutex_unlock(&table_mutex);
    return result;
}

int64_t object_close(struct worker *worker, uint64_t number, uint32_t owner)
{
    sluice_mutex_lock(&table_mutex);
    struct object *object = table_get_locked(number, owner);
    if (object) {
        table[number] = NULL;
        object->owner->objects_open--;
    }
    sluice_mutex_unlock(&table_mutex);
    if (!object)
        return SLUICE_E_NOT_FOUND;
    object_release(worker, object);
    return 0;
}

void object_close_all(struct worker *worker, const struct client *owner)
{
    /* Relaxed: its process is gone, nobody opens any more. */
    for (uint32_t i = 1; i < OBJECTS_MAX && atomic_load_relaxed(&owner->objects_open); i++)
        object_close(worker, i, owner->number);
}
