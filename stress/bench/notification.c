// SPDX-License-Identifier: MIT
/*
 * Notifications: signals that find nobody, that wait for us, and that wake another thread.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/loop.h"

OPERATION(signal)
{
    return sluice_signal(bench->lonely, 1);
}

/* No bit is set. */
OPERATION(poll)
{
    return sluice_poll(bench->ping, 4, NULL);
}

/* The bit is there when we come to wait for it. */
OPERATION(signal_wait)
{
    return sluice_signal(bench->told, 1) | sluice_wait(bench->told, 1, SLUICE_FOREVER, NULL);
}

OPERATION(ping_pong)
{
    return sluice_signal(bench->ping, 1) | sluice_wait(bench->ping, 2, SLUICE_FOREVER, NULL);
}

/* A sleep whose time is over. */
OPERATION(sleep_over)
{
    return sluice_sleep_until(SLUICE_NOW) == SLUICE_E_TIMEOUT ? 0 : -1;
}
