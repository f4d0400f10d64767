// SPDX-License-Identifier: MIT
/*
 * Fading sums of the counters of one (pool, class), and the inputs of the rules that follow from them.
 * Entry points: load_init, load_begin, load_count, load_end, load_forget, load_inputs. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#include "servers/control/load.h"
#include <string.h>

/* Fewer contended acquisitions than this say nothing about queues and waits. */
#define CONTENDED_MIN 16u
/* A CPU counts as a user from this share on, in thousandths. */
#define USER_SHARE 5u

void load_init(struct load *load, unsigned cpus, uint64_t *cpu_use)
{
    memset(load, 0, sizeof(*load));
    memset(cpu_use, 0, cpus * sizeof(cpu_use[0]));
    load->cpus = cpus;
    load->cpu_use = cpu_use;
}

/* Rounds up, so that what is not renewed reaches 0. */
static void fade(uint64_t *sum, uint64_t memory)
{
    *sum -= (*sum + memory - 1) / memory;
}

void load_begin(struct load *load, uint64_t memory_periods)
{
    uint64_t *sums[] = {&load->acquired, &load->contended, &load->wait_cycles, &load->queue,
                        &load->elapsed_cycles};

    for (unsigned i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
        fade(sums[i], memory_periods);
    for (unsigned cpu = 0; cpu < load->cpus; cpu++)
        fade(&load->cpu_use[cpu], memory_periods);
    load->fresh_acquired = load->fresh_forwarded = load->fresh_hold_cycles = 0;
}

void load_count(struct load *load, unsigned cpu, const struct sluice_lock_counters *difference)
{
    load->cpu_use[cpu] += difference->acquired + difference->forwarded;
    load->fresh_acquired += difference->acquired;
    load->fresh_forwarded += difference->forwarded;
    load->contended += difference->contended;
    load->wait_cycles += difference->wait_cycles;
    load->queue += difference->queue_sum;
    if (difference->hold_samples > 0) {
        /* The least mean: a hold during which the host ran another virtual CPU would spoil any average. */
        uint64_t mean = difference->hold_cycles / difference->hold_samples;

        if (load->fresh_hold_cycles == 0 || mean < load->fresh_hold_cycles)
            load->fresh_hold_cycles = mean > 0 ? mean : 1;
    }
}

void load_end(struct load *load, uint32_t policy, uint64_t elapsed_cycles)
{
    unsigned owner = SLUICE_POLICY_CPU(policy);
    uint64_t forwarded = load->fresh_forwarded;

    if (SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_OFF && owner < load->cpus)
        load->cpu_use[owner] -= forwarded < load->cpu_use[owner] ? forwarded : load->cpu_use[owner];
    load->acquired += load->fresh_acquired;
    load->elapsed_cycles += elapsed_cycles;
    load->fresh_elapsed_cycles = elapsed_cycles;
    if (load->fresh_hold_cycles > 0 && load->hold_cycles == 0)
        load->hold_cycles = load->fresh_hold_cycles;
    else if (load->fresh_hold_cycles > 0)
        load->hold_cycles = (load->hold_cycles * 3 + load->fresh_hold_cycles + 3) / 4;
}

void load_forget(struct load *load)
{
    load->acquired = load->contended = load->wait_cycles = load->queue = load->elapsed_cycles = 0;
}

static uint64_t share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? part * 1000 / whole : 0;
}

static void inputs_set(struct inputs *inputs, enum input input, uint64_t value)
{
    inputs->value[input] = value;
    inputs->known[input] = true;
}

static void inputs_use(const struct load *load, uint32_t policy, struct inputs *inputs)
{
    unsigned owner = SLUICE_POLICY_CPU(policy), users = 0;
    uint64_t whole = 0, most = 0;

    for (unsigned cpu = 0; cpu < load->cpus; cpu++) {
        whole += load->cpu_use[cpu];
        if (load->cpu_use[cpu] > most) {
            most = load->cpu_use[cpu];
            inputs->dominant_cpu = cpu;
        }
    }
    for (unsigned cpu = 0; cpu < load->cpus; cpu++)
        users += share(load->cpu_use[cpu], whole) >= USER_SHARE;
    if (whole == 0)
        return;
    inputs_set(inputs, INPUT_cpus, users > 0 ? users : 1);
    inputs_set(inputs, INPUT_dominant, share(most, whole));
    if (SLUICE_POLICY_GRANULARITY(policy) == SLUICE_GRANULARITY_OFF && owner < load->cpus)
        inputs_set(inputs, INPUT_owner, share(load->cpu_use[owner], whole));
}

static void inputs_waits(const struct load *load, uint32_t policy, struct inputs *inputs)
{
    uint64_t users = inputs->known[INPUT_cpus] ? inputs->value[INPUT_cpus] : 1;
    uint64_t wait, holds;

    if (load->contended < CONTENDED_MIN) {
        inputs_set(inputs, INPUT_queue, 0);
        inputs_set(inputs, INPUT_stall, 0);
        return;
    }
    if (load->hold_cycles == 0)
        return;
    wait = load->wait_cycles / load->contended;
    holds = load->hold_cycles * users;
    inputs_set(inputs, INPUT_stall, wait / holds);
    /* Nobody stands in line at a tas lock: there, the holds that a waiter sees pass are its queue. */
    if (SLUICE_POLICY_ALGORITHM(policy) == SLUICE_ALGORITHM_TAS)
        inputs_set(inputs, INPUT_queue, wait * 100 / load->hold_cycles);
    else
        inputs_set(inputs, INPUT_queue, load->queue * 100 / load->contended);
}

void load_inputs(const struct load *load, uint32_t policy, uint64_t cycles_hz, struct inputs *inputs)
{
    memset(inputs, 0, sizeof(*inputs));
    if (load->elapsed_cycles == 0)
        return;
    inputs_set(inputs, INPUT_traffic, load->acquired * cycles_hz / load->elapsed_cycles);
    if (load->fresh_acquired > 0)
        inputs_set(inputs, INPUT_rate, load->fresh_acquired * cycles_hz / load->fresh_elapsed_cycles);
    inputs_use(load, policy, inputs);
    if (load->acquired == 0)
        return;
    inputs_set(inputs, INPUT_contended, share(load->contended, load->acquired));
    if (load->hold_cycles > 0) {
        uint64_t busy = share(load->acquired * load->hold_cycles, load->elapsed_cycles);

        inputs_set(inputs, INPUT_busy, busy < 1000 ? busy : 1000);
    }
    inputs_waits(load, policy, inputs);
}
