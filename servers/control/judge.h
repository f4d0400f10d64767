// SPDX-License-Identifier: MIT
/*
 * The judge of one (pool, class): turns what the rules want, period by period, into few changes.
 * Owns: struct judge. Entry points: judge_init, judge_step, judge_changed, judge_refused. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 *
 *      idle ── a rule holds for `confirm`, dwell over, budget left ──▶ change ──▶ probation ──▶ idle
 *                                       │ budget spent                                   │ throughput fell
 *                                       ▼                                                ▼
 *                                    frozen (twice as long each time)              rollback; that policy is barred
 */
#pragma once
#include "servers/control/rules.h"

enum verdict_kind { VERDICT_NOTHING, VERDICT_CHANGE, VERDICT_ROLLBACK, VERDICT_FREEZE };

struct verdict {
    enum verdict_kind kind;
    uint32_t policy;         /* to propose */
    const struct rule *rule; /* why (CHANGE) */
    uint64_t before, after; /* throughput around the change (ROLLBACK); length of the freeze in ms (FREEZE) */
};

/* Touched by the owner's thread only. */
struct judge {
    uint32_t word;           /* policy word with its generation as of the last step */
    const struct rule *rule; /* that held last */
    uint32_t wanted;
    unsigned confirmed; /* periods in a row */
    uint64_t since_ms;  /* the first of them */
    uint64_t changed_ms;
    /* flip budget */
    uint64_t window_ms, frozen_until_ms;
    unsigned flips, freezes;
    /* probation after a change of ours */
    bool probation;
    uint32_t policy_before;
    uint64_t rate_least; /* acquisitions a second in periods with traffic, the least of late */
    uint64_t rate_before, rate_best;
    unsigned rates; /* periods with traffic since the change */
    /* what was rolled back or refused */
    uint32_t barred;
    uint64_t barred_until_ms;
};

/* `word` is the policy as it is; the dwell time begins. */
void judge_init(struct judge *judge, uint32_t word, uint64_t now_ms);
/* One period under the steady policy `word`. */
struct verdict judge_step(struct judge *judge, const struct inputs *inputs, uint32_t word, uint64_t now_ms,
                          const struct settings *settings);
/* The kernel accepted what the verdict asked for. */
void judge_changed(struct judge *judge, const struct verdict *verdict, uint64_t now_ms);
/* The kernel refused it: it is not asked for again soon. */
void judge_refused(struct judge *judge, const struct verdict *verdict, uint64_t now_ms,
                   const struct settings *settings);
