// SPDX-License-Identifier: MIT
/*
 * Ticks: the processor's time-stamp counter as a program reads it. Under `-icount shift=0` one tick is one
 * instruction, whichever program or the kernel ran it.
 * Entry point: ticks_now. Context: any user thread. Locks: none. Tests: tools/measure.
 */
#pragma once
#include "stress/lib/x86_64/ticks.h"
