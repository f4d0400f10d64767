// SPDX-License-Identifier: MIT
/*
 * The console: reads keys, edits lines, runs commands. For ever.
 * Entry points: main; command_help and command_halt live here too. Context: one thread. Locks: none.
 * Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "kernel/abi/boot.h"
#include "servers/lib/console_io.h"
#include "servers/lib/process.h"
#include "servers/lib/spawn.h"
#include <stdio.h>
#include <string.h>

static struct console console;

bool command_help(struct console *self, unsigned count, char **words)
{
    const struct command *command = count > 0 ? command_find(&console_commands, words[0]) : NULL;

    (void)self;
    if (count > 0 && command == NULL) {
        printf("no command %.40s; help shows all\n", words[0]);
        return false;
    }
    for (unsigned i = 0; i < console_commands.count; i++) {
        const struct command *row = &console_commands.rows[i];

        if (command == NULL || command == row)
            printf("  %-8s %-34s %s\n", row->name, row->usage, row->sentence);
    }
    return true;
}

bool command_halt(struct console *self, unsigned count, char **words)
{
    uint64_t status = self->failed ? 1 : SLUICE_EXIT_OK;
    int64_t error;

    if (count > 0 && !name_number(words[0], "status", SLUICE_EXIT_OK, SLUICE_EXIT_MAX, &status))
        return false;
    fflush(stdout);
    sluice_output_drain(sluice_deadline_ms(2000)); /* nothing said is lost, unless nobody takes it */
    error = sluice_machine_halt(SLUICE_SLOT_MACHINE, (unsigned)status);
    printf("halt: %s\n", sluice_error_text(error));
    return false;
}

/* Reads one line into the editor. */
static enum line_event line_read(struct console *self)
{
    enum line_event event = LINE_MORE;

    fflush(stdout);
    line_begin(&self->editor);
    while (event == LINE_MORE) {
        int key = key_wait(self, SLUICE_FOREVER);

        if (key != KEY_NONE)
            event = line_key(&self->editor, (unsigned char)key);
        else
            sluice_sleep_ms(100); /* the serial server does not answer: no busy loop */
        self->names_valid = false;
    }
    return event;
}

static void line_run(struct console *self)
{
    char line[LINE_BYTES];

    switch (line_read(self)) {
    case LINE_TOO_LONG:
        printf("too long: a line has at most %u characters\n", LINE_BYTES - 1);
        break;
    case LINE_DONE:
        memcpy(line, self->editor.text, sizeof(line));
        command_run(&console_commands, self, line);
        break;
    default:
        break;
    }
}

int main(void)
{
    int64_t error = counters_open(&console.counters);

    if (error < 0) {
        printf("console: the counter pages cannot be mapped: %s\n", sluice_error_text(error));
        return 1;
    }
    line_init(&console.editor, CONSOLE_PROMPT,
              (struct line_terminal){
                  .context = &console, .write = terminal_write, .candidate = complete_candidate});
    sluice_process_ready();
    for (;;)
        line_run(&console);
}
