// SPDX-License-Identifier: MIT
/*
 * Shared by the two files that make the root server.
 * Entry points: below. Context: boot CPU. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include <stdint.h>

struct aspace;
struct cspace;
struct thread;
struct sluice_boot_info;

struct root {
    struct aspace *aspace;
    struct cspace *cspace;
    struct thread *thread;
    struct sluice_boot_info *info;
    uint64_t entry;
    unsigned regions;
};

/* root_caps.c */
void root_objects_make(struct root *root); /* its cspace, address space and thread */
void root_caps_give(struct root *root); /* every slot of kernel/abi/boot.h; the rest of RAM becomes regions */
void root_thread_start(struct root *root);
