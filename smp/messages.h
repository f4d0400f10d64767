// SPDX-License-Identifier: MIT
/*
 * What a mailbox message does when it arrives: one table for all of them.
 * Entry point: mailbox_drain_cpu. Context: kernel exit, nothing held, at most the kernel's one lock taken by an earlier
 * message. Locks: the handlers'. Tests: tests/host/test_mailbox.c, everything in QEMU.
 */
#pragma once

void mailbox_drain_cpu(void);
