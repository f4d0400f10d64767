// SPDX-License-Identifier: MIT
/*
 * Hysteresis, flip budget, probation and rollback of one (pool, class).
 * Entry points: judge_init, judge_step, judge_changed, judge_refused. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#include "servers/control/judge.h"
#include <string.h>

/* A freeze grows to at most this many times the first one, as a power of two. */
#define FREEZE_DOUBLINGS_MAX 8u
/* However far apart periods are: fewer in a row confirm nothing. */
#define CONFIRM_PERIODS 3u
/* Periods with traffic that judge a change, and how many times the usual time is waited for them. */
#define RATES_MIN 5u
#define PATIENCE 5u

void judge_init(struct judge *judge, uint32_t word, uint64_t now_ms)
{
    memset(judge, 0, sizeof(*judge));
    judge->word = word;
    judge->changed_ms = judge->window_ms = now_ms;
}

/* The policy changed. What somebody else chose, by hand or the watchdog, stands for the dwell time as ours does. */
static void judge_notice(struct judge *judge, uint32_t word, uint64_t now_ms)
{
    if (word == judge->word)
        return;
    if (SLUICE_POLICY_SET(word) != judge->wanted)
        judge->probation = false;
    judge->word = word;
    judge->changed_ms = now_ms; /* ours is judged from its completion on */
    judge->confirmed = 0;
}

static uint64_t freeze_ms(const struct judge *judge, const struct settings *settings)
{
    unsigned doublings = judge->freezes < FREEZE_DOUBLINGS_MAX ? judge->freezes : FREEZE_DOUBLINGS_MAX;

    return setting(settings, freeze) << doublings;
}

/*
 * Rates are of periods with traffic only, and the best of several since the change is held against the least before it:
 * where a host runs the virtual CPUs in turn, or the load pauses, averages would say more about that than about the
 * policy.
 */
static struct verdict judge_probation(struct judge *judge, uint64_t rate, uint64_t now_ms,
                                      const struct settings *settings)
{
    struct verdict verdict = {.kind = VERDICT_NOTHING};
    uint64_t allowed = judge->rate_before * (100 - setting(settings, rollback)) / 100;
    uint64_t since_ms = now_ms - judge->changed_ms;

    if (rate > judge->rate_best)
        judge->rate_best = rate;
    judge->rates++;
    if (since_ms < setting(settings, judge))
        return verdict;
    if (judge->rates < RATES_MIN && since_ms < setting(settings, judge) * PATIENCE)
        return verdict;
    judge->probation = false;
    if (judge->rates < RATES_MIN || judge->rate_best >= allowed)
        return verdict;
    judge->barred = SLUICE_POLICY_SET(judge->word);
    judge->barred_until_ms = now_ms + freeze_ms(judge, settings);
    verdict.kind = VERDICT_ROLLBACK;
    verdict.policy = judge->policy_before;
    verdict.before = judge->rate_before;
    verdict.after = judge->rate_best;
    return verdict;
}

/* True when the rule has held for long enough. */
static bool judge_confirm(struct judge *judge, const struct rule *rule, uint32_t wanted, uint64_t now_ms,
                          const struct settings *settings)
{
    bool same = rule == judge->rule && wanted == judge->wanted;

    if (!same || judge->confirmed == 0) {
        judge->confirmed = 0;
        judge->since_ms = now_ms;
    }
    judge->confirmed++;
    judge->rule = rule;
    judge->wanted = wanted;
    if (rule == NULL || wanted == SLUICE_POLICY_SET(judge->word))
        judge->confirmed = 0;
    if (wanted == judge->barred && now_ms < judge->barred_until_ms)
        return false;
    return judge->confirmed >= CONFIRM_PERIODS && now_ms - judge->since_ms >= setting(settings, confirm) &&
           now_ms - judge->changed_ms >= setting(settings, dwell);
}

/* A window that ended within its budget forgives one freeze. */
static void judge_window(struct judge *judge, uint64_t now_ms, const struct settings *settings)
{
    if (now_ms < judge->window_ms + setting(settings, window))
        return;
    if (judge->freezes > 0 && judge->flips < setting(settings, flips))
        judge->freezes--;
    judge->window_ms = now_ms;
    judge->flips = 0;
}

static struct verdict judge_freeze(struct judge *judge, uint64_t now_ms, const struct settings *settings)
{
    struct verdict verdict = {
        .kind = VERDICT_FREEZE, .policy = judge->word, .after = freeze_ms(judge, settings)};

    judge->frozen_until_ms = judge->window_ms = now_ms + verdict.after;
    judge->freezes++;
    judge->flips = 0;
    return verdict;
}

/* The least rate of late: it forgets by an eighth a period. */
static void judge_rate(struct judge *judge, uint64_t rate)
{
    uint64_t risen = judge->rate_least + judge->rate_least / 8;

    judge->rate_least = judge->rate_least == 0 || rate < risen ? rate : risen;
}

struct verdict judge_step(struct judge *judge, const struct inputs *inputs, uint32_t word, uint64_t now_ms,
                          const struct settings *settings)
{
    struct verdict verdict = {.kind = VERDICT_NOTHING};
    const struct rule *rule;
    uint32_t wanted;

    judge_notice(judge, word, now_ms);
    if (!inputs->known[INPUT_traffic])
        return verdict;
    if (inputs->value[INPUT_traffic] < setting(settings, traffic)) {
        judge->confirmed = 0;
        judge->probation = false; /* the load went away: nothing to compare with */
        return verdict;
    }
    if (!inputs->known[INPUT_rate])
        return verdict; /* what fades away confirms nothing */
    if (judge->probation)
        return judge_probation(judge, inputs->value[INPUT_rate], now_ms, settings);
    judge_rate(judge, inputs->value[INPUT_rate]);
    rule = rules_pick(inputs, word, settings, &wanted);
    if (!judge_confirm(judge, rule, wanted, now_ms, settings) || now_ms < judge->frozen_until_ms)
        return verdict;
    judge_window(judge, now_ms, settings);
    if (judge->flips >= setting(settings, flips))
        return judge_freeze(judge, now_ms, settings);
    verdict.kind = VERDICT_CHANGE;
    verdict.policy = wanted;
    verdict.rule = rule;
    return verdict;
}

void judge_changed(struct judge *judge, const struct verdict *verdict, uint64_t now_ms)
{
    judge->policy_before = SLUICE_POLICY_SET(judge->word);
    judge->wanted = verdict->policy;
    judge->rate_before = judge->rate_least;
    judge->rate_least = judge->rate_best = 0;
    judge->rates = 0;
    judge->probation = verdict->kind == VERDICT_CHANGE;
    judge->changed_ms = now_ms;
    judge->confirmed = 0;
    judge->flips++;
}

void judge_refused(struct judge *judge, const struct verdict *verdict, uint64_t now_ms,
                   const struct settings *settings)
{
    judge->barred = verdict->policy;
    judge->barred_until_ms = now_ms + freeze_ms(judge, settings);
    judge->confirmed = 0;
}
