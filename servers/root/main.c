// SPDX-License-Identifier: MIT
/*
 * The root server: the first process. Starts the others from the boot archive, gives each its capabilities, starts
 * programs on request and tells how they ended. Keeps nothing more.
 * Context: main thread. Locks: none. Tests: tests/boot/, tests/user/process/.
 */
#include "servers/lib/server.h"
#include "servers/root/request.h"
#include "servers/root/root.h"

static uint64_t tick(struct server *server)
{
    (void)server;
    return boot_tick();
}

int main(int count, char **words)
{
    static uint8_t window[SLUICE_PAGE_BYTES];
    struct server server = {.endpoint = SLUICE_SLOT_SERVICE,
                            .handle = request_handle,
                            .buffer = window,
                            .buffer_bytes = sizeof window,
                            .window_slot = ROOT_SLOT_GIFT,
                            .window_slots = SLUICE_MESSAGE_CAPS_MAX,
                            .idle = tick};

    (void)count, (void)words;
    sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, SLUICE_SLOT_SERVICE, 0, 0);
    watch_start();
    boot_begin();
    server.deadline = boot_tick();
    return (int)server_run(&server);
}
