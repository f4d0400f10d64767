// SPDX-License-Identifier: MIT
/*
 * Characters to and from the serial server.
 * Owns: the ring of keys that came and were not used. Entry points: key_wait, key_interrupted, terminal_write.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/lib/console_io.h"
#include <stdio.h>

void terminal_write(void *context, const char *text, size_t bytes)
{
    (void)context;
    sluice_output(text, bytes);
}

/* Adds what comes until the deadline; false: nothing came, or there is no room. */
static bool keys_receive(struct console *console, uint64_t deadline_ns)
{
    char text[SLUICE_SERIAL_READ_MAX];
    unsigned room = CONSOLE_KEYS - console->key_count;
    int64_t count = 0;

    if (room > 0)
        count = sluice_input(text, room < sizeof(text) ? room : sizeof(text), deadline_ns);
    for (int64_t i = 0; i < count; i++)
        console->keys[(console->key_first + console->key_count++) % CONSOLE_KEYS] = (unsigned char)text[i];
    if (count <= 0 && deadline_ns != SLUICE_FOREVER)
        sluice_sleep_until(deadline_ns); /* an error must not become a busy loop */
    return count > 0;
}

int key_wait(struct console *console, uint64_t deadline_ns)
{
    int key;

    fflush(stdout);
    if (console->key_count == 0 && !keys_receive(console, deadline_ns))
        return KEY_NONE;
    key = console->keys[console->key_first];
    console->key_first = (console->key_first + 1) % CONSOLE_KEYS;
    console->key_count--;
    return key;
}

bool key_interrupted(struct console *console, uint64_t deadline_ns)
{
    unsigned seen = console->key_count;

    if (!keys_receive(console, deadline_ns))
        return false;
    for (unsigned i = seen; i < console->key_count; i++)
        if (console->keys[(console->key_first + i) % CONSOLE_KEYS] == KEY_INTERRUPT) {
            console->key_count = 0; /* what was typed before it is dropped with it */
            return true;
        }
    return false;
}
