// SPDX-License-Identifier: MIT
/*
 * Adding to a counter that only this CPU writes: one instruction, where the relaxed load and store of C are three.
 * Entry point: counter_add, by way of smp/atomic.h. Context: any. Locks: none; an aligned store is whole for readers
 * elsewhere (Intel SDM vol. 3, 8.1.1). Host tests put a header of the same name before this one. Tests: tests/host/.
 */
#pragma once

#define counter_add(p, v) __asm__ volatile("add%z0 %1, %0" : "+m"(*(p)) : "er"((__typeof__(*(p)))(v)) : "cc")
