// SPDX-License-Identifier: MIT
/*
 * The table of tunables: the one source for the kernel's variables, the boot command line (`name=value`), the system
 * calls, the console and docs/tunables.md.
 * Context: included where a table is made of it; values are read anywhere as tunable(name), a relaxed load.
 * Tests: tests/host/test_tunables.c, tests/user/syscalls/.
 *
 * X(identifier, "name", minimum, default, maximum, "unit", when, "sentence")
 * when: LIVE may change at any time, BOOT only on the kernel command line.
 */
#pragma once

#define TUNABLES(X)                                                                                          \
    X(sched_slice, "sched.slice", 100, 5000, 1000000, "us", LIVE,                                            \
      "time slice among ready threads of one priority")                                                      \
    X(idle_poll, "idle.poll", 0, 0, 10000, "us", LIVE,                                                       \
      "how long an idle CPU looks for messages; who finds it looking sends no IPI")                          \
    X(ipc_remote, "ipc.remote", 0, 0, 1, "mode", LIVE,                                                       \
      "cross-CPU transfer: 0 by the sender, 1 by the partner's CPU")                                         \
    X(lock_backoff_min, "lock.backoff_min", 1, 8, 4096, "pauses", LIVE, "first back-off of tas")             \
    X(lock_backoff_max, "lock.backoff_max", 1, 512, 65536, "pauses", LIVE, "longest back-off of tas")        \
    X(lock_hold_sample, "lock.hold_sample", 0, 256, 1000000, "1 in n", LIVE,                                 \
      "holds whose length is measured; 0: none")                                                             \
    X(watchdog_wait, "watchdog.wait", 0, 2000000, 60000000, "us", LIVE,                                      \
      "longest wait for a lock before all go back to the boot policy; 0: off")                               \
    X(transition_timeout, "transition.timeout", 1000, 1000000, 60000000, "us", LIVE,                         \
      "longest grace period before a transition counts as stuck in its union")                               \
    X(transition_delay, "transition.delay", 0, 0, 1000000, "us", LIVE,                                       \
      "forced delay after each grace period of a transition, for tests")                                     \
    X(policy_boot, "policy.boot", 0, 4, 14, "policy", BOOT,                                                  \
      "policy at boot and after the watchdog: granularity + 5 * algorithm")                                  \
    X(policy_pool, "policy.pool", 0, 4, 17, "policy", LIVE,                                                  \
      "of new pools: granularity + 5 * algorithm; split: 15 + algorithm")                                    \
    X(epoch_batch, "epoch.batch", 1, 64, 4096, "objects", LIVE,                                              \
      "objects destroyed on a CPU that share a grace period")                                                \
    X(epoch_delay, "epoch.delay", 1, 1000, 1000000, "us", LIVE,                                              \
      "longest wait of a destroyed object for such company")                                                 \
    X(tlb_full_flush, "tlb.full_flush", 1, 33, 512, "pages", LIVE,                                           \
      "pages above which a context is flushed instead of single pages")                                      \
    X(log_events, "log.events", 64, 1024, 65536, "records", BOOT,                                            \
      "events kept for each CPU, a power of two")                                                            \
    X(pools_max, "pools.max", 16, 256, 4096, "pools", BOOT, "size of the table of pools")                    \
    X(max_cpus, "max_cpus", 1, 255, 255, "cpus", BOOT, "processors to start; the rest stay off")             \
    X(system_pool, "system.pool", 1, 8, 1024, "MiB", BOOT, "memory of the system pool")
