// SPDX-License-Identifier: MIT
/*
 * newlib's locks (sys/lock.h, retargetable locking), made of the runtime's mutexes.
 * Owns: the static ones that newlib names. Context: any thread. Locks: themselves. Tests: tests/user/threads/.
 */
#include "servers/lib/thread.h"
#include <stdlib.h>
#include <sys/lock.h>

struct __lock {
    struct sluice_mutex mutex;
    struct sluice_thread *owner; /* of a recursive lock; other threads only compare it with themselves */
    uint32_t depth;
};

struct __lock __lock___sinit_recursive_mutex, __lock___sfp_recursive_mutex, __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex, __lock___malloc_recursive_mutex, __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex, __lock___dd_hash_mutex, __lock___arc4random_mutex;

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = calloc(1, sizeof **lock);
    if (!*lock)
        abort(); /* newlib has no way to hear of it */
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    sluice_mutex_finish(&lock->mutex);
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    __retarget_lock_close(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    sluice_mutex_lock(&lock->mutex);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return sluice_mutex_trylock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
    sluice_mutex_unlock(&lock->mutex);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    struct sluice_thread *self = sluice_thread_self();

    if (lock->owner != self) {
        sluice_mutex_lock(&lock->mutex);
        lock->owner = self;
    }
    lock->depth++;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    struct sluice_thread *self = sluice_thread_self();

    if (lock->owner != self) {
        if (!sluice_mutex_trylock(&lock->mutex))
            return 0;
        lock->owner = self;
    }
    lock->depth++;
    return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    if (--lock->depth)
        return;
    lock->owner = NULL;
    sluice_mutex_unlock(&lock->mutex);
}
