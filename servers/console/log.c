// SPDX-License-Identifier: MIT
/*
 * The command `log`: the last events of all processors, in the order of their time.
 * Entry point: command_log. Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/lib/policy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_SHOWN 20u
#define EVENTS_MAX 4096u

struct log_event {
    struct sluice_event event;
    unsigned cpu;
};

static int event_order(const void *left, const void *right)
{
    uint64_t a = ((const struct log_event *)left)->event.tsc,
             b = ((const struct log_event *)right)->event.tsc;

    return a < b ? -1 : a > b;
}

/* The last `most` events of one CPU; returns how many there were. */
static unsigned events_of_cpu(const struct counters *counters, unsigned cpu, unsigned most,
                              struct log_event *events)
{
    uint64_t head = counters->events[cpu]->head, next = head > most ? head - most : 0;
    unsigned count = 0;

    while (count < most && counters_event(counters, cpu, &next, &events[count].event))
        events[count++].cpu = cpu;
    return count;
}

/* The last events of all: sorts after each CPU and keeps the latest, so that 2 * most are enough. */
static unsigned events_collect(const struct counters *counters, unsigned most, struct log_event *events)
{
    unsigned count = 0;

    for (unsigned cpu = 0; cpu < counters->system->cpus; cpu++) {
        count += events_of_cpu(counters, cpu, most, events + count);
        qsort(events, count, sizeof(events[0]), event_order);
        if (count > most)
            memmove(events, events + count - most, most * sizeof(events[0]));
        count = count > most ? most : count;
    }
    return count;
}

/* Events about a policy name a pool, a class and a policy word: people read names. */
static void event_policy(const struct counters *counters, const struct sluice_event *event)
{
    char label[SLUICE_POOL_NAME_BYTES + 1] = "", text[POLICY_TEXT_BYTES];
    unsigned pool = event->a & 0xffff, lock_class = event->a >> 16 & 0xff;
    struct sluice_pool_info info;

    if (event->kind < SLUICE_EVENT_POLICY_PROPOSED || event->kind > SLUICE_EVENT_POLICY_STUCK)
        return;
    if (pool < counters->system->pools_max && counters_pool(counters, pool, &info))
        pool_label(&info, label);
    else
        snprintf(label, sizeof(label), "pool %u", pool); /* its name went with it */
    printf("  [%s %s %s]", label,
           lock_class < counters->system->classes ? counters->system->class_info[lock_class].name : "?",
           policy_format(text, (uint32_t)event->b));
}

bool command_log(struct console *console, unsigned count, char **words)
{
    uint64_t most = EVENTS_SHOWN;
    struct log_event *events;
    unsigned found;
    char text[160];

    if (count > 0 && !name_number(words[0], "number of events", 1, EVENTS_MAX, &most))
        return false;
    events = calloc(2 * most, sizeof(events[0]));
    if (events == NULL) {
        printf("no memory for %lu events\n", (unsigned long)most);
        return false;
    }
    found = events_collect(&console->counters, (unsigned)most, events);
    for (unsigned i = 0; i < found; i++) {
        printf("%s",
               counters_event_text(&console->counters, events[i].cpu, &events[i].event, text, sizeof(text)));
        event_policy(&console->counters, &events[i].event);
        printf("\n");
    }
    free(events);
    return true;
}
