// SPDX-License-Identifier: MIT
/*
 * The control server's own tunables: bounds of its rules, its hysteresis, its period. The one source for `tunables`
 * and `control set` at the console and for servers/control/README.md.
 * Owns: struct settings. Entry points: settings_init, settings_describe, settings_set. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 *
 * X(identifier, "name", minimum, initial, maximum, "unit", "sentence"); shares are in thousandths.
 */
#pragma once
#include "kernel/abi/log.h"
#include <stdbool.h>
#include <stdint.h>

#define CONTROL_SETTINGS(X)                                                                                  \
    X(period, "control.period", 10000, 100000, 3600000000, "us",                                             \
      "how often the counters are read and judged")                                                          \
    X(heartbeat, "control.heartbeat", 100000, 5000000, 60000000, "us",                                       \
      "silence after which the kernel puts the boot policies back")                                          \
    X(memory, "control.memory", 1, 8, 64, "periods", "how many past periods weigh in a judgement")           \
    X(traffic, "control.traffic", 1, 300, 1000000, "1/s", "acquisitions below which nothing is changed")     \
    X(confirm, "control.confirm", 0, 300, 60000, "ms",                                                       \
      "time for which a rule must hold, in at least 3 periods")                                              \
    X(dwell, "control.dwell", 0, 1000, 3600000, "ms", "shortest time between two changes")                   \
    X(one_cpu_enter, "control.one_cpu_enter", 500, 990, 1000, "1/1000",                                      \
      "share of one CPU that turns a lock off")                                                              \
    X(one_cpu_leave, "control.one_cpu_leave", 1, 900, 1000, "1/1000", "share of that CPU that keeps it off") \
    X(contended_enter, "control.contended_enter", 1, 10, 1000, "1/1000",                                     \
      "contended share that refines a lock")                                                                 \
    X(contended_leave, "control.contended_leave", 0, 2, 1000, "1/1000",                                      \
      "contended share that allows a coarse lock")                                                           \
    X(busy_enter, "control.busy_enter", 1, 80, 1000, "1/1000",                                               \
      "time one lock would be held, that refines it")                                                        \
    X(busy_leave, "control.busy_leave", 0, 20, 1000, "1/1000", "time held that allows a coarse lock")        \
    X(queue_enter, "control.queue_enter", 1, 300, 25500, "1/100", "mean number waiting that asks for mcs")   \
    X(queue_leave, "control.queue_leave", 0, 150, 25500, "1/100", "mean number waiting that ends mcs")       \
    X(stall_enter, "control.stall_enter", 1, 16, 1000000, "holds",                                           \
      "wait for each user that forbids fair locks")                                                          \
    X(stall_leave, "control.stall_leave", 1, 8, 1000000, "holds",                                            \
      "wait for each user that allows fair locks")                                                           \
    X(flips, "control.flips", 1, 4, 1000, "changes", "changes allowed in a window before a freeze")          \
    X(window, "control.window", 100, 20000, 3600000, "ms", "length of the window of the flip budget")        \
    X(freeze, "control.freeze", 100, 4000, 3600000, "ms", "first freeze; each further one is twice as long") \
    X(judge, "control.judge", 100, 2000, 60000, "ms", "time after a change until its effect is judged")      \
    X(rollback, "control.rollback", 1, 50, 100, "%", "loss of throughput after a change that undoes it")

enum setting {
#define SETTING_ENUM(identifier, name, minimum, initial, maximum, unit, sentence) SETTING_##identifier,
    CONTROL_SETTINGS(SETTING_ENUM) SETTING_COUNT
#undef SETTING_ENUM
};

struct settings {
    uint64_t value[SETTING_COUNT];
};

#define setting(settings, identifier) ((settings)->value[SETTING_##identifier])

enum settings_error { SETTINGS_OK, SETTINGS_NOT_FOUND, SETTINGS_OUT_OF_BOUNDS };

void settings_init(struct settings *settings);
/* False past the last. */
bool settings_describe(const struct settings *settings, unsigned index, struct sluice_tunable_info *info);
enum settings_error settings_set(struct settings *settings, unsigned index, uint64_t value);
