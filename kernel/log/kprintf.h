// SPDX-License-Identifier: MIT
/*
 * The part of kprintf that takes an argument list, for those who make lines of their own.
 * Entry point: kprintf_list. Context: any. Locks: console.lock, inside. Tests: tests/host/test_kprintf.c.
 */
#pragma once
#include <stdarg.h>
#include <stdint.h>

/* One line: `before`, the formatted text, `after`. */
void kprintf_list(const char *before, const char *format, const char *after, va_list *arguments);
