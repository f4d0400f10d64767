// SPDX-License-Identifier: MIT
/*
 * How the threads of vCPUs sleep and wake in mode `time`, and what the host does with them.
 * Owns: time_lock. Entry points: time_enter, time_leave, and those of time_internal.h. Context: vCPU threads.
 * Locks: time_lock. Tests: tests/sim/time.t.
 *
 * Nearly all of the model's time on the host goes here: a vCPU sleeps once each quantum. So there is a futex for each, and a
 * sleeper is woken after the waker left time_lock: earlier, it would only wake to wait for the lock.
 */
#include "stress/sim/time_internal.h"
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t time_lock = PTHREAD_MUTEX_INITIALIZER;
/* Whom this thread wakes when it leaves time_lock. */
static __thread struct time_vcpu *woken[SIM_VCPUS_MAX];
static __thread unsigned woken_count;

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

void time_wake_locked(struct time_vcpu *vcpu)
{
    atomic_store_relaxed(&vcpu->woken, 1u);
    woken[woken_count++] = vcpu;
}

void time_sleep_locked(struct time_vcpu *self, uint64_t us)
{
    struct timespec most = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000 * 1000)};
    time_leave();
    /* Relaxed: time_lock orders what it stands for. */
    if (!atomic_load_relaxed(&self->woken))
        syscall(SYS_futex, &self->woken, FUTEX_WAIT_PRIVATE, 0, &most, NULL, 0);
    time_enter();
}

/* Exported by QEMU 7.2, though it is no part of the plugin interface: there, an interrupt's frame is pushed with QEMU's lock
 * held, and the callbacks of the last access may still be set (QEMU 8.0: "plugin: Clear plugin_mem_cbs on TB exit"). */
extern bool qemu_mutex_iothread_locked(void) __attribute__((weak));

bool time_may_sleep(void)
{
    return !qemu_mutex_iothread_locked || !qemu_mutex_iothread_locked();
}

bool time_thread_sleeps(pid_t thread)
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

uint64_t time_host_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}
