// SPDX-License-Identifier: MIT
/*
 * The running CPU's area, through the GS base that kernel entry installs.
 * Entry point: cpu_self. Context: kernel, interrupts off, so the answer stays true. Locks: none. Tests: tests/boot/.
 */
#pragma once

static inline struct cpu *cpu_self(void)
{
    struct cpu *self;
    __asm__("mov %%gs:0, %0"
            : "=r"(self)); /* not volatile: it never changes on one CPU, and the kernel does not migrate */
    return self;
}
