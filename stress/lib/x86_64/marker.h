// SPDX-License-Identifier: MIT
/*
 * The marker instruction: an 8-byte NOP whose displacement carries the marker (Intel SDM vol. 2, NOP, 66 0F 1F).
 * Entry point: MARKER_INSTRUCTION, used by stress/lib/marker.h only. Context: any. Locks: none.
 */
#pragma once

#define MARKER_CONSTANT 0x5b5b0000u

/* The memory clobber keeps the measured work on its side of the marker. */
#define MARKER_INSTRUCTION(id, kind)                                                                         \
    __asm__ volatile(".byte 0x66, 0x0f, 0x1f, 0x80\n\t.long %c0"                                             \
                     :                                                                                       \
                     : "i"(MARKER_CONSTANT | ((id)&255u) << 8 | (kind))                                      \
                     : "memory")
