// SPDX-License-Identifier: MIT
/*
 * Requests of the console and the passing of periods, in one thread: no request finds a half-made decision.
 * Entry point: service_run. Context: the server's one thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/control/service.h"
#include "servers/control/protocol.h"
#include "servers/lib/process.h"
#include "servers/lib/server.h"
#include "servers/lib/sluice.h"
#include <string.h>

/* Where a long reply lies until it was copied to its receiver. */
static union {
    struct control_status status;
    struct control_decision decision;
    struct sluice_tunable_info setting;
} answer;

/* The promise that the next period comes; none while decisions are off, so that policies set by hand stay. */
static void service_heartbeat(const struct service *service)
{
    sluice_heartbeat(SLUICE_SLOT_TUNER, service->on ? setting(&service->watcher.settings, heartbeat) : 0);
}

static uint64_t service_next(const struct service *service, uint64_t now_ns)
{
    return now_ns + setting(&service->watcher.settings, period) * 1000;
}

static uint64_t service_period(struct server *server)
{
    struct service *service = server->context;
    uint64_t now_ns = sluice_clock();

    if (service->on)
        service_heartbeat(service);
    watcher_period(&service->watcher, now_ns, service->on);
    return service_next(service, now_ns);
}

static bool service_long(struct sluice_message *message, const void *data, uint64_t bytes)
{
    server_answer(message, 0, 0);
    sluice_message_long(message, data, bytes);
    return true;
}

static bool service_status(const struct service *service, struct sluice_message *message)
{
    const struct watcher *watcher = &service->watcher;
    uint64_t count = watcher->ring.count;

    memset(&answer.status, 0, sizeof(answer.status));
    answer.status = (struct control_status){
        .on = service->on,
        .period_us = setting(&watcher->settings, period),
        .periods = watcher->periods,
        .pools = watcher_pools(watcher),
        .changes = watcher->changes,
        .rollbacks = watcher->rollbacks,
        .freezes = watcher->freezes,
        .refusals = watcher->refusals,
        .resets = watcher->resets,
        .decisions = count,
        .decisions_from = count > DECISION_RING ? count - DECISION_RING : 0,
    };
    return service_long(message, &answer.status, sizeof(answer.status));
}

static bool service_switch(struct service *service, struct sluice_message *message)
{
    bool on = message->word[0] != 0;

    if (on && !service->on)
        watcher_restart(&service->watcher, sluice_clock());
    service->on = on;
    service_heartbeat(service);
    return server_answer(message, 0, 0);
}

static bool service_decision(const struct service *service, struct sluice_message *message)
{
    const struct control_decision *decision = decision_at(&service->watcher.ring, message->word[0]);

    if (decision == NULL)
        return server_answer(message, SLUICE_E_NOT_FOUND, 0);
    answer.decision = *decision;
    return service_long(message, &answer.decision, sizeof(answer.decision));
}

static bool service_setting(const struct service *service, struct sluice_message *message)
{
    uint64_t index = message->word[0];

    if (index >= SETTING_COUNT)
        return server_answer(message, SLUICE_E_NOT_FOUND, 0);
    memset(&answer.setting, 0, sizeof(answer.setting));
    settings_describe(&service->watcher.settings, (unsigned)index, &answer.setting);
    return service_long(message, &answer.setting, sizeof(answer.setting));
}

static bool service_set(struct service *service, struct sluice_message *message)
{
    uint64_t index = message->word[0];
    enum settings_error error = SETTINGS_NOT_FOUND;

    if (index < SETTING_COUNT)
        error = settings_set(&service->watcher.settings, (unsigned)index, message->word[1]);
    if (error == SETTINGS_OK)
        service_heartbeat(service);
    return server_answer(message,
                         error == SETTINGS_OK          ? SLUICE_E_OK
                         : error == SETTINGS_NOT_FOUND ? SLUICE_E_NOT_FOUND
                                                       : SLUICE_E_OUT_OF_BOUNDS,
                         0);
}

static bool service_handle(struct server *server, uint64_t badge, struct sluice_message *message)
{
    struct service *service = server->context;

    (void)badge;
    switch (SLUICE_TAG_LABEL(message->tag)) {
    case CONTROL_STATUS:
        return service_status(service, message);
    case CONTROL_SWITCH:
        return service_switch(service, message);
    case CONTROL_DECISION:
        return service_decision(service, message);
    case CONTROL_SETTING:
        return service_setting(service, message);
    case CONTROL_SET:
        return service_set(service, message);
    default:
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    }
}

int64_t service_run(struct service *service)
{
    struct server server = {
        .endpoint = SLUICE_SLOT_SERVICE,
        .handle = service_handle,
        .context = service,
        .idle = service_period,
    };

    service->on = true;
    service_heartbeat(service);
    server.deadline = service_next(service, sluice_clock());
    return server_run(&server);
}
