// SPDX-License-Identifier: MIT
/*
 * A picture of the machine's memory: a copy of the file that backs it, taken while a program still has its objects.
 * Owns: nothing. Entry points: picture_options_good, picture_take. Context: sim_lock is held; the vCPU that asks waits.
 * Locks: none. Tests: tests/sim/share.t.
 *
 * QEMU is started with `-object memory-backend-file,share=on,mem-path=FILE`; on q35 the file's offsets are physical
 * addresses up to 2 GiB. The program asks by marker_operation(MARKER_PICTURE) (stress/lib/marker.h). Holes, memory that
 * nobody touched, stay holes.
 */
#define _GNU_SOURCE /* SEEK_DATA, copy_file_range */
#include "stress/sim/share.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool picture_options_good(void)
{
    const char *ram = sim_option("ram", NULL), *picture = sim_option("picture", NULL);
    if (!ram == !picture)
        return true;
    fprintf(stderr, "sim: ram=FILE and picture=FILE: give both or none\n");
    return false;
}

static bool range_copy(int from, int to, off_t at, off_t end)
{
    off_t there = at;
    while (at < end) {
        ssize_t copied = copy_file_range(from, &at, to, &there, (size_t)(end - at), 0);
        if (copied <= 0)
            return false;
    }
    return true;
}

static bool file_copy(int from, int to)
{
    struct stat state;
    if (fstat(from, &state) || ftruncate(to, 0) || ftruncate(to, state.st_size))
        return false;
    off_t at = lseek(from, 0, SEEK_DATA);
    while (at >= 0) {
        off_t end = lseek(from, at, SEEK_HOLE);
        if (end < 0 || !range_copy(from, to, at, end))
            return false;
        at = lseek(from, end, SEEK_DATA);
    }
    return errno == ENXIO; /* no data behind the last: lseek(2) */
}

void picture_take(void)
{
    const char *ram = sim_option("ram", NULL), *picture = sim_option("picture", NULL);
    if (!ram)
        return;
    int from = open(ram, O_RDONLY), to = open(picture, O_WRONLY | O_CREAT, 0600);
    if (from < 0 || to < 0 || !file_copy(from, to))
        fprintf(stderr, "sim: no picture of %s in %s: %s\n", ram, picture, strerror(errno));
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
}
