// SPDX-License-Identifier: MIT
/*
 * Capabilities: copied, moved, killed and described, in our own cspace.
 * Context: the program's first thread. Locks: none. Tests: tests/bench/.
 */
#include "stress/bench/loop.h"

OPERATION(cap_copy_delete)
{
    return sluice_cap_copy(0, bench->slot, bench->lonely, SLUICE_RIGHTS_ALL, 0) |
           sluice_cap_delete(0, bench->slot);
}

/* There and back: two moves. */
OPERATION(cap_move)
{
    return sluice_cap_move(0, bench->slot, bench->lonely) | sluice_cap_move(0, bench->lonely, bench->slot);
}

/* The copy dies; its slot counts as empty then. */
OPERATION(cap_copy_revoke)
{
    return sluice_cap_copy(0, bench->slot, bench->lonely, SLUICE_RIGHTS_ALL, 0) |
           sluice_cap_revoke(bench->lonely);
}

OPERATION(cap_info)
{
    return sluice_cap_info(bench->lonely, &bench->out.cap_info);
}
