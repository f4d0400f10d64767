// SPDX-License-Identifier: MIT
/*
 * From counter pages to proposals, once a period.
 * Entry points: watcher_init, watcher_period, watcher_restart, watcher_pools.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 *
 * Policies and generations are read by relaxed loads: a policy word that is old by the time of a proposal is refused by
 * the kernel (STALE), and a pool that was replaced is noticed in the next period.
 */
#include "servers/control/watcher.h"
#include "smp/atomic.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void decision_text(struct watcher *watcher, const struct verdict *verdict, const struct inputs *inputs,
                          struct control_decision *decision)
{
    char *text = decision->reason;
    unsigned bytes = sizeof(decision->reason);

    if (verdict->kind == VERDICT_CHANGE)
        rule_reason(verdict->rule, inputs, &watcher->settings, text, bytes);
    else if (verdict->kind == VERDICT_ROLLBACK)
        snprintf(text, bytes, "rollback: acquisitions fell from %llu/s to %llu/s",
                 (unsigned long long)verdict->before, (unsigned long long)verdict->after);
    else
        snprintf(text, bytes, "freeze: %llu changes in %llu ms, no change for %llu ms",
                 (unsigned long long)setting(&watcher->settings, flips),
                 (unsigned long long)setting(&watcher->settings, window), (unsigned long long)verdict->after);
}

static const enum decision_kind kinds[] = {[VERDICT_CHANGE] = DECISION_CHANGE,
                                           [VERDICT_ROLLBACK] = DECISION_ROLLBACK,
                                           [VERDICT_FREEZE] = DECISION_FREEZE};

static void verdict_note(struct watcher *watcher, const struct verdict *verdict, const struct inputs *inputs,
                         unsigned pool, unsigned lock_class, int64_t result, uint64_t now_ms)
{
    struct control_decision *decision = decision_add(&watcher->ring);

    decision->time_ms = now_ms;
    decision->pool = pool;
    decision->pool_generation = watcher->pools[pool]->generation;
    decision->lock_class = lock_class;
    decision->kind = kinds[verdict->kind];
    decision->before = watcher->pools[pool]->classes[lock_class].word;
    decision->wanted = verdict->policy;
    decision->result = result;
    memcpy(decision->pool_name, watcher->counters->pools[pool].name, sizeof(decision->pool_name));
    decision_text(watcher, verdict, inputs, decision);
    watcher->changes += verdict->kind == VERDICT_CHANGE && result >= 0;
    watcher->rollbacks += verdict->kind == VERDICT_ROLLBACK && result >= 0;
    watcher->freezes += verdict->kind == VERDICT_FREEZE;
    watcher->refusals += result < 0;
}

static void verdict_carry_out(struct watcher *watcher, const struct verdict *verdict,
                              const struct inputs *inputs, unsigned pool, unsigned lock_class,
                              uint64_t now_ms)
{
    struct history_class *class = &watcher->pools[pool]->classes[lock_class];
    int64_t result = 0;

    if (verdict->kind == VERDICT_NOTHING)
        return;
    if (verdict->kind != VERDICT_FREEZE) {
        result =
            watcher->kernel.propose(watcher->kernel.context, pool, lock_class, class->word, verdict->policy);
        if (result < 0)
            judge_refused(&class->judge, verdict, now_ms, &watcher->settings);
        else
            judge_changed(&class->judge, verdict, now_ms);
    }
    verdict_note(watcher, verdict, inputs, pool, lock_class, result, now_ms);
}

static void class_period(struct watcher *watcher, unsigned pool, unsigned lock_class, uint64_t elapsed_cycles,
                         uint64_t now_ms, bool decide)
{
    struct history_class *class = &watcher->pools[pool]->classes[lock_class];
    const struct sluice_pool_info *info = &watcher->counters->pools[pool];
    uint32_t word = atomic_load_relaxed(&info->policy[lock_class]);
    struct verdict verdict;
    struct inputs inputs;

    if (!history_count(watcher->pools[pool], watcher->counters, pool, lock_class,
                       setting(&watcher->settings, memory), elapsed_cycles)) {
        history_restart_class(watcher->pools[pool], watcher->counters, pool, lock_class, now_ms);
        return;
    }
    if (word != class->word)
        load_forget(&class->load); /* the period mixed two policies */
    class->word = word;
    if (!decide || !SLUICE_POLICY_STEADY(word) ||
        atomic_load_relaxed(&info->phase[lock_class]) != SLUICE_PHASE_STEADY)
        return;
    load_inputs(&class->load, word, watcher->counters->system->tsc_hz, &inputs);
    verdict = judge_step(&class->judge, &inputs, word, now_ms, &watcher->settings);
    verdict_carry_out(watcher, &verdict, &inputs, pool, lock_class, now_ms);
}

static void pool_period(struct watcher *watcher, unsigned pool, uint64_t elapsed_cycles, uint64_t now_ms,
                        bool decide)
{
    uint32_t generation = atomic_load_relaxed(&watcher->counters->pools[pool].generation);
    struct history *history = watcher->pools[pool];

    if (history != NULL && history->generation != generation) {
        history_free(history);
        history = watcher->pools[pool] = NULL;
    }
    if ((generation & 1) == 0)
        return;
    if (history == NULL) {
        watcher->pools[pool] = history_begin(watcher->counters, pool, generation, now_ms);
        return;
    }
    for (unsigned i = 0; i < watcher->counters->system->classes; i++)
        class_period(watcher, pool, i, elapsed_cycles, now_ms, decide);
}

/* The kernel's watchdog put the boot policies back: that is worth a line. */
static void watch_resets(struct watcher *watcher, uint64_t now_ms)
{
    uint64_t resets = atomic_load_relaxed(&watcher->counters->system->policy_resets);
    struct control_decision *decision;

    if (resets == watcher->resets)
        return;
    watcher->resets = resets;
    decision = decision_add(&watcher->ring);
    decision->time_ms = now_ms;
    decision->kind = DECISION_RESET;
    snprintf(decision->reason, sizeof(decision->reason), "watchdog: the kernel put the boot policies back");
}

static uint64_t cycles_of(const struct watcher *watcher, uint64_t now_ns)
{
    uint64_t hz = watcher->counters->system->tsc_hz;

    return now_ns / 1000000000 * hz + now_ns % 1000000000 * (hz / 1000) / 1000000;
}

bool watcher_init(struct watcher *watcher, const struct counters *counters, struct watcher_kernel kernel)
{
    memset(watcher, 0, sizeof(*watcher));
    settings_init(&watcher->settings);
    watcher->counters = counters;
    watcher->kernel = kernel;
    watcher->resets = counters->system->policy_resets;
    watcher->pools = calloc(counters->system->pools_max, sizeof(watcher->pools[0]));
    return watcher->pools != NULL;
}

void watcher_period(struct watcher *watcher, uint64_t now_ns, bool decide)
{
    uint64_t cycles = cycles_of(watcher, now_ns), elapsed = cycles - watcher->cycles;

    if (cycles <= watcher->cycles)
        return; /* no time passed: nothing that can be judged */
    watcher->cycles = cycles;
    watcher->periods++;
    watch_resets(watcher, now_ns / 1000000);
    for (unsigned pool = 0; pool < watcher->counters->system->pools_max; pool++)
        pool_period(watcher, pool, elapsed, now_ns / 1000000, decide);
}

void watcher_restart(struct watcher *watcher, uint64_t now_ns)
{
    for (unsigned pool = 0; pool < watcher->counters->system->pools_max; pool++)
        for (unsigned i = 0; watcher->pools[pool] != NULL && i < watcher->counters->system->classes; i++) {
            struct history_class *class = &watcher->pools[pool]->classes[i];

            judge_init(&class->judge, class->word, now_ns / 1000000);
        }
}

unsigned watcher_pools(const struct watcher *watcher)
{
    unsigned count = 0;

    for (unsigned pool = 0; pool < watcher->counters->system->pools_max; pool++)
        count += watcher->pools[pool] != NULL;
    return count;
}
