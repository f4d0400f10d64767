// SPDX-License-Identifier: MIT
/*
 * Where the direct map lies: all of RAM at one address, static, never unmapped. kernel/boot/x86_64 builds it.
 * Host tests put a header of the same name before this one, whose base is an array of theirs.
 * Context: any. Locks: none. Tests: tests/host/test_user.c.
 */
#pragma once

#define DIRECT_MAP 0xffff800000000000ull
