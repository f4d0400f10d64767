// SPDX-License-Identifier: MIT
/*
 * Markers: what the host's instruments look for in a program's instructions.
 * Entry points: marker_begin, marker_end, marker_operation; an id is a constant, 0..255, chosen by the program.
 * Context: any user thread; a marker is a NOP that costs one instruction. Locks: none. Tests: tests/sim/.
 */
#pragma once
#include "stress/lib/x86_64/marker.h"

/* Region `id` begins, or ends, on this CPU; regions of different ids may overlap. */
#define marker_begin(id) MARKER_INSTRUCTION(id, 1)
#define marker_end(id) MARKER_INSTRUCTION(id, 2)
/* One operation of region `id` is done. */
#define marker_operation(id) MARKER_INSTRUCTION(id, 3)
/* No region: marker_operation(MARKER_PICTURE) says that what was measured is still there, for an instrument that wants
 * to look at memory afterwards. */
#define MARKER_PICTURE 255
