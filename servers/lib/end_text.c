// SPDX-License-Identifier: MIT
/*
 * The end of a process as a line for people.
 * Entry point: sluice_end_text. Context: any thread. Locks: none. Tests: tests/user/process/.
 */
#include "servers/lib/spawn.h"
#include <stdio.h>

static const char *fault_kind(uint64_t error)
{
    if (error & SLUICE_FAULT_FETCH)
        return "execute";
    return error & SLUICE_FAULT_WRITE ? "write" : "read";
}

const char *sluice_end_text(const struct sluice_end *end, char *text, size_t bytes)
{
    unsigned long address = end->address, rip = end->rip;

    switch (end->cause) {
    case SLUICE_END_EXIT:
        snprintf(text, bytes, "exit status %ld", (long)end->status);
        break;
    case SLUICE_END_FAULT:
        snprintf(text, bytes, "page fault (%s) at 0x%lx, rip 0x%lx", fault_kind(end->error), address, rip);
        break;
    case SLUICE_END_EXCEPTION:
        snprintf(text, bytes, "exception %lu, error 0x%lx, rip 0x%lx", address, (unsigned long)end->error,
                 rip);
        break;
    case SLUICE_END_NO_MEMORY:
        snprintf(text, bytes, "no memory for the page at 0x%lx (%s), rip 0x%lx", address,
                 sluice_error_text((int64_t)end->error), rip);
        break;
    case SLUICE_END_KILLED:
        snprintf(text, bytes, "killed");
        break;
    default:
        snprintf(text, bytes, "cause %u", end->cause);
    }
    return text;
}
