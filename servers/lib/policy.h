// SPDX-License-Identifier: MIT
/*
 * Lock policies as text: `off@3`, `kernel/ticket`, `object/mcs`; `union(A|B)` while a transition runs.
 * Entry points: policy_format, policy_parse. Pure.
 * Context: any thread. Locks: none. Tests: tests/host/test_policy.c.
 */
#pragma once
#include "kernel/abi/policy.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_TEXT_BYTES 40u
#define POLICY_TEXT_ALLOWED "off@CPU, or one of kernel pool class object, a slash, and one of tas ticket mcs"

/* Returns `text`. A union names what is left first. */
const char *policy_format(char text[POLICY_TEXT_BYTES], uint32_t word);
/* A steady policy; the word's generation is 0. False when the text is none. */
bool policy_parse(const char *text, uint32_t *word);
