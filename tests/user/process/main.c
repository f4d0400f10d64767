// SPDX-License-Identifier: MIT
/*
 * test/process: root's part and the runtime's: how programs start, what they are given, how they end, and that
 * everything they had comes back. The program is its own child: `child NAME` plays a part.
 * Context: the program's first thread. Locks: none. Tests: tests/user/process.t runs this.
 */
#include "tests/user/lib/tap.h"
#include "tests/user/process/process.h"
#include <string.h>

static const char *own_name;

int64_t child_spawn(const char *name, void (*change)(struct sluice_spawn_request *request))
{
    static struct sluice_spawn_request request;

    sluice_spawn_init(&request, own_name);
    sluice_spawn_argument(&request, "child");
    sluice_spawn_argument(&request, name);
    if (change)
        change(&request);
    return sluice_spawn(&request);
}

bool child_end(const char *name, void (*change)(struct sluice_spawn_request *request), struct sluice_end *end)
{
    int64_t number = child_spawn(name, change);

    return number > 0 && sluice_process_wait((uint32_t)number, sluice_deadline_ms(30000), end) == 0;
}

int main(int argc, char **argv)
{
    own_name = argv[0];
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child_run(argv[2]);
    tap_begin("process");
    test_ends();
    test_limits();
    test_runtime();
    return tap_end();
}
