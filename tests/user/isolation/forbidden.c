// SPDX-License-Identifier: MIT
/*
 * The table of forbidden instructions: see isolation.h. Vectors: Intel SDM vol. 3, 6.3.1.
 * Context: a probe's thread. Locks: none. Tests: tests/user/isolation.t.
 */
#include "tests/user/isolation/isolation.h"

#define FORBIDDEN(X)                                                                                         \
    X(cli, 13)                                                                                               \
    X(sti, 13)                                                                                               \
    X(hlt, 13)                                                                                               \
    X(read_cr0, 13)                                                                                          \
    X(read_cr3, 13)                                                                                          \
    X(write_cr3, 13)                                                                                         \
    X(write_cr4, 13)                                                                                         \
    X(read_dr7, 13)                                                                                          \
    X(rdmsr, 13)                                                                                             \
    X(wrmsr, 13)                                                                                             \
    X(lgdt, 13)                                                                                              \
    X(lidt, 13)                                                                                              \
    X(ltr, 13)                                                                                               \
    X(invlpg, 13)                                                                                            \
    X(wbinvd, 13)                                                                                            \
    X(clts, 13)                                                                                              \
    X(swapgs, 13)                                                                                            \
    X(sysretq, 13)                                                                                           \
    X(in, 13)                                                                                                \
    X(out, 13)                                                                                               \
    X(int_timer, 13)                                                                                         \
    X(int_page_fault, 13)                                                                                    \
    X(int_80, 13)                                                                                            \
    X(ud2, 6)                                                                                                \
    X(divide, 0)

#define FORBIDDEN_DECLARE(name, vector) void forbidden_##name(void);
FORBIDDEN(FORBIDDEN_DECLARE)

const struct forbidden forbidden[] = {
#define FORBIDDEN_ROW(name, vector) {#name, forbidden_##name, vector},
    FORBIDDEN(FORBIDDEN_ROW)};
const unsigned forbidden_count = sizeof forbidden / sizeof forbidden[0];
