// SPDX-License-Identifier: MIT
/*
 * The local interrupt controller: xAPIC through its page, x2APIC through MSRs where the CPU has it
 * (Intel SDM vol. 3, ch. 11). Owns: how registers are reached. Entry points: below. Context: the CPU whose controller
 * it is. Locks: none. Tests: tests/boot/.
 */
#pragma once
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"
#include <stdbool.h>
#include <stdint.h>

enum apic_register {
    APIC_PRIORITY = 0x80,
    APIC_END = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_TARGET = 0x310, /* xAPIC only */
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_THERMAL = 0x330,
    APIC_LVT_COUNTERS = 0x340,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_START = 0x380,
    APIC_TIMER_NOW = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};
#define APIC_LVT_MASKED 0x10000u
#define APIC_LVT_NMI 0x400u
#define APIC_LVT_TSC_DEADLINE 0x40000u

/* Delivery of APIC_COMMAND. */
#define APIC_DELIVER_FIXED 0x00000u
#define APIC_DELIVER_NMI 0x00400u
#define APIC_DELIVER_INIT 0x04500u
#define APIC_DELIVER_STARTUP 0x00600u
#define APIC_TO_OTHERS 0xc0000u
#define APIC_SENDING 0x1000u

extern volatile uint32_t *apic_page; /* NULL: x2APIC. Fixed after apic_init */

static inline uint32_t apic_read(enum apic_register reg)
{
    return apic_page ? apic_page[reg / 4] : (uint32_t)msr_read(MSR_X2APIC + reg / 16);
}

static inline void apic_write(enum apic_register reg, uint32_t value)
{
    if (apic_page)
        apic_page[reg / 4] = value;
    else
        msr_write(MSR_X2APIC + reg / 16, value);
}

/* This CPU's id as the interrupt messages name it; needs no set-up. */
uint32_t apic_id_cpu(void);
/* Boot CPU: finds out which way the registers are reached. */
void apic_init(void);
/* Every CPU: enabled, all sources masked but NMI on the boot CPU. */
void apic_init_cpu(bool boot_cpu);
/* Sends a message; waits only while the controller is still busy with the one before. */
void apic_send(uint32_t apic_id, uint32_t command);
