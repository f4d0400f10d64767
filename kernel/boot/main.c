// SPDX-License-Identifier: MIT
/*
 * Boot, as a table of contents: what the boot CPU does from its first line of C to the root server's first
 * instruction, and what each other CPU does until it idles.
 * Entry points: boot_main from start.S, boot_other_cpu from trampoline.S. Context: interrupts off throughout.
 * Locks: none; until cpus_release the boot CPU is alone. Tests: tests/boot/.
 */
#include "kernel/boot/main.h"
#include "kernel/abi/boot.h"
#include "kernel/boot/acpi.h"
#include "kernel/boot/handover.h"
#include "kernel/boot/memory.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/root.h"
#include "kernel/boot/x86_64/machine.h"
#include "kernel/boot/x86_64/timer.h"
#include "kernel/log/log.h"
#include "kernel/sched/sched.h"
#include "kernel/trap/syscall.h"
#include "kernel/trap/x86_64/cpu_x86.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "smp/cpu.h"
#include "smp/cpuset.h"
#include "smp/epoch.h"
#include "smp/start.h"
#include "smp/x86_64/apic.h"
#include "tunables/counters.h"
#include "tunables/tunables.h"

#define MIB (1ul << 20)
#define TABLES_BYTES MIB     /* page tables and rounding */
#define USER_BYTES (8 * MIB) /* what the servers need to come up */

static void option_warn(const char *word, const char *why)
{
    if (why)
        kprintf("sluice: option %s ignored: %s\n", word, why);
    else
        kprintf("sluice: unknown option %s ignored\n", word);
}

static unsigned cpus_wanted(void)
{
#ifdef UP
    return 1;
#else
    uint64_t most = tunable(max_cpus);
    return machine.cpus < most ? machine.cpus : (unsigned)most;
#endif
}

static uint64_t frames_end(void)
{
    return boot_ram.count ? boot_ram.range[boot_ram.count - 1].end / PAGE_BYTES : 0;
}

static void memory_check(void)
{
    uint64_t archive = handover.archive.end - handover.archive.start;
    uint64_t needed = memory_image_end() + archive + frame_boot_bytes(frames_end()) +
                      counters_bytes(cpus_wanted()) + cpus_wanted() * cpu_area_bytes() +
                      tunable(system_pool) * MIB + tunable(pools_max) * sizeof(struct pool) + root_bytes() +
                      TABLES_BYTES + USER_BYTES;
    uint64_t present = memory_map_bytes(&boot_ram);
    if (present < needed)
        boot_fail("too little memory: %lu MiB, at least %lu needed", present / MIB, needed / MIB + 1);
    memory_prepare(memory_image_end());
    memory_keep(handover.archive.start, handover.archive.end);
}

static void frames_make(void)
{
    frame_init(memory_take_zeroed(frame_boot_bytes(frames_end())), frames_end());
}

static void counters_make(unsigned cpus_count)
{
    counters_init(direct_map(memory_take(counters_bytes(cpus_count))), cpus_count);
    counters_system->frames = memory_map_bytes(&boot_ram) / PAGE_BYTES;
}

static void pools_make(void)
{
    unsigned count = (unsigned)tunable(pools_max);
    pool_table_init(memory_take_zeroed(count * sizeof(struct pool)), count, counters_pool_infos);
    uint64_t pages = tunable(system_pool) * MIB / PAGE_BYTES, base = memory_take(pages * PAGE_BYTES);
    struct pool *pool;
    frame_boot_kind(base / PAGE_BYTES, pages, FRAME_KERNEL);
    if (pool_init(base, pages, "system", NULL, &pool))
        boot_fail("too little memory: a system pool of %lu MiB is too small", tunable(system_pool));
}

static void interrupts_make(void)
{
    apic_init();
    apic_init_cpu(true);
    ioapic_init();
}

/* Any CPU: takes part from here on. */
static void cpu_join(struct cpu *cpu)
{
    cpu_number_settle(cpu);
    epoch_join_cpu();
    atomic_store_relaxed(&cpu->online,
                         1u); /* relaxed: only told; what others send it is ordered by its mailbox */
    log_event(SLUICE_EVENT_BOOT, cpu->number, 0, 0);
}

static void ready_say(void)
{
    kprintf("sluice: %u CPUs, %lu MiB, clock %s %lu MHz\n", cpu_count, memory_map_bytes(&boot_ram) / MIB,
            clock_is_tsc() ? "tsc" : "hpet", tsc_hz / 1000000);
}

static void started_say(void)
{
    counters_system->cpus = cpu_count;
    counters_system->kernel_bytes = memory_map_bytes(&boot_ram) - root_regions_bytes();
    counters_system->boot_ns = clock_ns_of(clock_tsc());
    kprintf("sluice: root server started after %lu ms\n", counters_system->boot_ns / 1000000);
}

_Noreturn void boot_main(uint64_t loader, uint64_t information)
{
    console_init();                     /*  1  words reach the serial line */
    idt_init();                         /*  2  a fault of boot is told */
    handover_read(loader, information); /*  3  command line, RAM, archive, ACPI's root are known */
    tunables_parse(handover.command_line, option_warn); /*  4  tunables have their boot values */
    acpi_read(handover.rsdp, apic_id_cpu());            /*  5  CPUs, interrupt lines, HPET, nodes are known */
    memory_check();                                     /*  6  there is enough; what is free can be taken */
    paging_init();                                      /*  7  on the kernel's own tables */
    frames_make();                                      /*  8  a record for each frame, all reserved */
    unsigned wanted = cpus_make(cpus_wanted());         /*  9  an area and a stack for each CPU */
    cpu_x86_init_cpu(cpus[0]);                          /* 10  cpu_self, descriptor tables, protection bits */
    interrupts_make();             /* 11  interrupts can be taken; all lines are masked */
    clock_init(machine.hpet);      /* 12  time is known, and the local timer's rate */
    timer_init_cpu();              /* 13  the local timer can be armed */
    counters_make(wanted);         /* 14  counters and event logs take entries */
    cpuset_configure(wanted);      /* 15  sets can name every CPU */
    pools_make();                  /* 16  objects can be made in the system pool */
    aspace_init_boot(kernel_root); /* 17  address spaces can be made */
    cpus_start(wanted);            /* 18  the others wait; numbers are final */
    cpu_join(cpus[0]);             /* 19  grace periods count this CPU */
    cpus_release();                /* 20  the others are online and idle */
    ready_say();
    root_make(); /* 21  the root server is ready, all else is its regions */
    started_say();
    entry_resume(sched_exit()); /* 22  its first instruction */
}

/* Each other CPU: on its own stack and the kernel's tables. */
_Noreturn void boot_other_cpu(struct cpu *cpu)
{
    cpu_x86_init_cpu(cpu);      /* 10 */
    apic_init_cpu(false);       /* 11 */
    timer_init_cpu();           /* 13 */
    cpu_announce(cpu);          /* 18  the boot CPU knows; it released us */
    cpu_join(cpu);              /* 19 */
    entry_resume(sched_exit()); /*     idle, until somebody sends a thread */
}
