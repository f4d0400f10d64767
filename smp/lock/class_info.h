// SPDX-License-Identifier: MIT
/*
 * The table of lock classes as data.
 * Owns: lock_class_info, lock_class_allows. Context: any. Locks: none. Tests: tests/host/test_classes.c.
 */
#pragma once
#include "kernel/abi/log.h"
#include "smp/lock/classes.h"
#include <stdbool.h>
#include <stdint.h>

/* By enum lock_class; also the copy in struct sluice_system_info. */
extern const struct sluice_class_info lock_class_info[LOCK_CLASS_COUNT];
/* May the class be set to this steady policy? (Whether the CPU of an `off` is online, the caller knows.) */
bool lock_class_allows(unsigned lock_class, uint32_t policy);
