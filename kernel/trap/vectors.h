// SPDX-License-Identifier: MIT
/*
 * Numbers under which traps and interrupts come in.
 * Context: included from assembly too: constants only. Tests: tests/boot/.
 */
#pragma once

#define VECTOR_NMI 2
#define VECTOR_NO_FPU 7
#define VECTOR_PAGE_FAULT 14
#define VECTOR_IRQ0 32 /* global interrupt line 0; the others follow */
#define VECTOR_TIMER 0xf0
#define VECTOR_IPI 0xf1
#define VECTOR_SPURIOUS 0xff
