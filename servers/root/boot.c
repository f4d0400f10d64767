// SPDX-License-Identifier: MIT
/*
 * Starting the servers: memory, serial, console, control, each with just its capabilities.
 * Owns: the table of servers, the order. Entry points: boot_*. Context: main thread. Locks: none. Tests: tests/boot/.
 *
 *      memory ready -> serial started -> serial ready -> console, control started
 */
#include "servers/lib/console_io.h"

#include "servers/root/root.h"

#define START_MS 10000u /* a server that is not ready by then hangs */
#define TICK_MS 1000u   /* how often that is looked at */
#define SERIAL_IRQ 4u
#define SERIAL_PORTS (0x3f8ull | 8ull << 16)
#define CONSOLE_FLAGS                                                                                        \
    (SLUICE_SPAWN_TUNER | SLUICE_SPAWN_LOG | SLUICE_SPAWN_MACHINE | SLUICE_SPAWN_REGIONS |                   \
     SLUICE_SPAWN_TRUSTED)

static const struct server_plan plans[] = {
    {.name = "serial",
     .flags = SLUICE_SPAWN_PORTS | SLUICE_SPAWN_IRQ,
     .priority = 56,
     .essential = true,
     .waited_for = true,
     .ports = SERIAL_PORTS,
     .service = ROOT_SLOT_SERIAL},
    {.name = "console",
     .flags = CONSOLE_FLAGS,
     .priority = 48,
     .essential = true,
     .peer = ROOT_SLOT_POLICY,
     .serial_badge = SLUICE_SERIAL_RAW | SLUICE_SERIAL_INPUT},
    {.name = "control",
     .flags = SLUICE_SPAWN_TUNER | SLUICE_SPAWN_LOG,
     .priority = 44,
     .service = ROOT_SLOT_POLICY},
};
#define PLANS (sizeof plans / sizeof plans[0])

static unsigned plan_next;
/* The server that is waited for, and until when; NULL: none. */
static const char *starting;
static uint64_t start_deadline;

static void start_watch(const char *name)
{
    starting = name;
    start_deadline = sluice_deadline_ms(START_MS);
}

/* An essential server could not be started, or ended. */
static void server_lost(const struct server_plan *plan)
{
    if (plan->essential)
        root_give_up();
}

static void server_start(const struct server_plan *plan)
{
    static struct sluice_spawn_request request;
    const char *why;
    int64_t result;

    sluice_spawn_init(&request, plan->name);
    request.flags = plan->flags;
    request.priority = plan->priority;
    request.irq = SERIAL_IRQ;
    result = process_spawn(&request, PROCESS_ROOT, plan, &why);
    if (result > 0)
        return;
    if (result == SLUICE_E_NOT_FOUND)
        root_say("server %s missing from the boot archive", plan->name);
    else
        root_say("%s ended at start: %s", plan->name, why ? why : sluice_error_text(result));
    server_lost(plan);
}

static void servers_go_on(void)
{
    bool wait = false;

    starting = NULL;
    while (plan_next < PLANS && !wait) {
        const struct server_plan *plan = &plans[plan_next++];
        wait = plan->waited_for;
        if (wait)
            start_watch(plan->name);
        server_start(plan);
    }
}

void boot_begin(void)
{
    start_watch("memory");
    memory_start();
}

static void memory_ready(void)
{
    int64_t result = process_root_begin();

    if (result < 0) {
        root_say("memory ended at start: %s", sluice_error_text(result));
        root_give_up();
    }
    ends_start();
    servers_go_on();
}

void boot_server_ready(struct process *process)
{
    if (process->number == PROCESS_MEMORY)
        memory_ready();
    else if (process->plan->waited_for)
        servers_go_on();
}

void boot_server_ended(const struct process *process, const struct sluice_end *end)
{
    char text[120];

    root_say("%s ended%s: %s", process->plan->name, process->ready ? "" : " at start",
             sluice_end_text(end, text, sizeof text));
    server_lost(process->plan);
}

uint64_t boot_tick(void)
{
    if (starting && sluice_clock() >= start_deadline) {
        root_say("%s ended at start: not ready after %u s", starting, START_MS / 1000);
        root_give_up();
    }
    return starting ? sluice_deadline_ms(TICK_MS) : 0;
}
