// SPDX-License-Identifier: MIT
/*
 * System calls for C programs: sluice_NAME for each row of kernel/abi/syscalls.h.
 * Each returns 0, a positive result or minus an error (kernel/abi/error.h); what a call does, needs and documents as
 * errors is in its row. Slots are numbers of the caller's own cspace; deadlines are ns of the kernel's clock.
 * Entry points: below. Context: any thread. Locks: none. Tests: tests/user/syscalls/.
 */
#pragma once
#include "kernel/abi/error.h"
#include "kernel/abi/ipc.h"
#include "kernel/abi/log.h"
#include "kernel/abi/object.h"
#include "kernel/abi/policy.h"
#include "kernel/abi/syscalls.h"
#include "servers/lib/x86_64/syscall.h"
#include <stddef.h>
#include <stdint.h>

/* The table's rows as calls with all six arguments, for tests and for what has no wrapper: sluice_raw_NAME(args). */
#define SLUICE_RAW(name, number, arguments, kind, sentence)                                                  \
    static inline int64_t sluice_raw_##name(uint64_t args[6])                                                \
    {                                                                                                        \
        return syscall_plain(number, args);                                                                  \
    }
SLUICE_SYSCALLS(SLUICE_RAW)
#undef SLUICE_RAW
/* With one to six arguments, and no other register loaded. */
#define SLUICE_DO(name, ...)                                                                                 \
    SLUICE_DO_PICK(__VA_ARGS__, syscall_6, syscall_5, syscall_4, syscall_3, syscall_2, syscall_1, )          \
    (SLUICE_SYS_##name, __VA_ARGS__)
#define SLUICE_DO_PICK(first, second, third, fourth, fifth, sixth, function, ...) function

/* Messages. *badge (may be NULL) is the badge of the capability that the sender used. */
static inline int64_t sluice_call(uint64_t endpoint, struct sluice_message *message, uint64_t deadline)
{
    return syscall_message(SLUICE_SYS_call, &endpoint, message, deadline);
}

static inline int64_t sluice_reply_receive(uint64_t endpoint, struct sluice_message *message,
                                           uint64_t deadline, uint64_t *badge)
{
    int64_t result = syscall_message(SLUICE_SYS_reply_receive, &endpoint, message, deadline);
    if (badge)
        *badge = endpoint;
    return result;
}

static inline int64_t sluice_send(uint64_t endpoint, struct sluice_message *message, uint64_t deadline)
{
    return syscall_message(SLUICE_SYS_send, &endpoint, message, deadline);
}

static inline int64_t sluice_receive(uint64_t endpoint, struct sluice_message *message, uint64_t deadline,
                                     uint64_t *badge)
{
    int64_t result = syscall_receive(SLUICE_SYS_receive, &endpoint, message, deadline);
    if (badge)
        *badge = endpoint;
    return result;
}

static inline int64_t sluice_reply(uint64_t slot, struct sluice_message *message)
{
    return syscall_message(SLUICE_SYS_reply, &slot, message, SLUICE_NOW);
}

static inline int64_t sluice_reply_save(uint64_t slot)
{
    return SLUICE_DO(reply_save, slot);
}

static inline int64_t sluice_ipc_window(void *buffer, uint64_t bytes, uint64_t first_slot, uint64_t slots)
{
    return SLUICE_DO(ipc_window, (uint64_t)buffer, bytes, first_slot, slots);
}

/* A message with a long part: words 4 and 5 are taken by it. */
static inline void sluice_message_long(struct sluice_message *message, const void *buffer, uint64_t bytes)
{
    message->tag |= SLUICE_TAG_LONG;
    message->word[4] = (uint64_t)buffer;
    message->word[5] = bytes;
}

/* Capabilities of a message, as word 3 carries them: `index` 0..3. */
static inline void sluice_message_cap(struct sluice_message *message, unsigned index, uint64_t slot)
{
    message->word[3] = (message->word[3] & ~(0xffffull << 16 * index)) | slot << 16 * index;
}

static inline uint64_t sluice_message_cap_slot(const struct sluice_message *message, unsigned index)
{
    return message->word[3] >> 16 * index & 0xffff;
}

/* Notifications. *bits (may be NULL) are those that were set. */
static inline int64_t sluice_signal(uint64_t notification, uint64_t bits)
{
    return SLUICE_DO(signal, notification, bits);
}

static inline int64_t sluice_wait(uint64_t notification, uint64_t mask, uint64_t deadline, uint64_t *bits)
{
    int64_t result = syscall_second_3(SLUICE_SYS_wait, notification, mask, &deadline);
    if (bits)
        *bits = deadline;
    return result;
}

static inline int64_t sluice_poll(uint64_t notification, uint64_t mask, uint64_t *bits)
{
    uint64_t found = 0;
    int64_t result = syscall_second_3(SLUICE_SYS_poll, notification, mask, &found);
    if (bits)
        *bits = found;
    return result;
}

static inline int64_t sluice_batch(struct sluice_batch_entry *entries, uint64_t count)
{
    return SLUICE_DO(batch, (uint64_t)entries, count);
}

static inline int64_t sluice_null(void)
{
    return syscall_0(SLUICE_SYS_null);
}

static inline int64_t sluice_yield(void)
{
    return syscall_0(SLUICE_SYS_yield);
}

/* Nanoseconds since boot. */
static inline uint64_t sluice_clock(void)
{
    return (uint64_t)syscall_0(SLUICE_SYS_clock);
}

static inline uint64_t sluice_deadline_ms(uint64_t ms)
{
    return sluice_clock() + ms * 1000000;
}

static inline int64_t sluice_sleep_until(uint64_t deadline)
{
    return SLUICE_DO(wait, 0, 0, deadline);
}

static inline int64_t sluice_sleep_ms(uint64_t ms)
{
    return sluice_sleep_until(sluice_deadline_ms(ms));
}

/* Objects and capabilities. */
static inline int64_t sluice_object_create(uint64_t pool, enum sluice_type type, uint64_t slot, uint64_t arg0,
                                           uint64_t arg1)
{
    return SLUICE_DO(object_create, pool, type, slot, arg0, arg1);
}

static inline int64_t sluice_object_destroy(uint64_t slot)
{
    return SLUICE_DO(object_destroy, slot);
}

static inline int64_t sluice_cap_copy(uint64_t cspace, uint64_t there, uint64_t source, uint64_t rights,
                                      uint64_t badge)
{
    return SLUICE_DO(cap_copy, cspace, there, source, rights, badge);
}

static inline int64_t sluice_cap_move(uint64_t cspace, uint64_t there, uint64_t source)
{
    return SLUICE_DO(cap_move, cspace, there, source);
}

static inline int64_t sluice_cap_delete(uint64_t cspace, uint64_t there)
{
    return SLUICE_DO(cap_delete, cspace, there);
}

static inline int64_t sluice_cap_revoke(uint64_t slot)
{
    return SLUICE_DO(cap_revoke, slot);
}

static inline int64_t sluice_cap_info(uint64_t slot, struct sluice_cap_info *info)
{
    return SLUICE_DO(cap_info, slot, (uint64_t)info);
}

/* Regions, pools, address spaces. *count (may be NULL): pages, also when the call fails half-way. */
static inline int64_t sluice_region_split(uint64_t region, uint64_t frames, uint64_t slot)
{
    return SLUICE_DO(region_split, region, frames, slot);
}

static inline int64_t sluice_region_merge(uint64_t region, uint64_t following)
{
    return SLUICE_DO(region_merge, region, following);
}

static inline uint64_t sluice_pool_name(const char *name)
{
    uint64_t word = 0;
    for (unsigned shift = 0; *name && shift < 64; shift += 8)
        word |= (uint64_t)(uint8_t)*name++ << shift;
    return word;
}

static inline int64_t sluice_region_make_pool(uint64_t region, uint64_t slot, const char *name)
{
    return SLUICE_DO(region_make_pool, region, slot, sluice_pool_name(name));
}

static inline int64_t sluice_pool_destroy(uint64_t pool)
{
    return SLUICE_DO(pool_destroy, pool);
}

static inline int64_t sluice_aspace_map(uint64_t aspace, uint64_t region, uint64_t first, uint64_t address,
                                        uint64_t pages, unsigned flags, uint64_t *count)
{
    int64_t result = syscall_second_6(SLUICE_SYS_aspace_map, aspace, region, &first, address, pages, flags);
    if (count)
        *count = first;
    return result;
}

static inline int64_t sluice_aspace_unmap(uint64_t aspace, uint64_t address, uint64_t pages, uint64_t *count)
{
    int64_t result = syscall_second_3(SLUICE_SYS_aspace_unmap, aspace, address, &pages);
    if (count)
        *count = pages;
    return result;
}

static inline int64_t sluice_aspace_protect(uint64_t aspace, uint64_t address, uint64_t pages, unsigned flags)
{
    return SLUICE_DO(aspace_protect, aspace, address, pages, flags);
}

/* Threads. servers/lib/thread.h makes whole threads of these. */
static inline int64_t sluice_thread_start(uint64_t thread, uint64_t entry, uint64_t stack, uint64_t argument)
{
    return SLUICE_DO(thread_start, thread, entry, stack, argument);
}

static inline int64_t sluice_thread_stop(uint64_t thread)
{
    return SLUICE_DO(thread_stop, thread);
}

static inline int64_t sluice_thread_resume(uint64_t thread)
{
    return SLUICE_DO(thread_resume, thread);
}

static inline int64_t sluice_thread_read(uint64_t thread, struct sluice_registers *registers)
{
    return SLUICE_DO(thread_read, thread, (uint64_t)registers);
}

static inline int64_t sluice_thread_write(uint64_t thread, const struct sluice_registers *registers)
{
    return SLUICE_DO(thread_write, thread, (uint64_t)registers);
}

static inline int64_t sluice_thread_move(uint64_t thread, uint64_t cpu)
{
    return SLUICE_DO(thread_move, thread, cpu);
}

static inline int64_t sluice_thread_configure(uint64_t thread, unsigned priority, uint64_t slice_us,
                                              uint64_t fault_endpoint, uint64_t fs_base)
{
    return SLUICE_DO(thread_configure, thread, priority, slice_us, fault_endpoint, fs_base);
}

static inline int64_t sluice_thread_exit(int64_t status)
{
    return SLUICE_DO(thread_exit, (uint64_t)status);
}

/* Devices and the machine. */
static inline int64_t sluice_irq_bind(uint64_t irq, uint64_t notification, uint64_t bits)
{
    return SLUICE_DO(irq_bind, irq, notification, bits);
}

static inline int64_t sluice_irq_ack(uint64_t irq)
{
    return SLUICE_DO(irq_ack, irq);
}

/* The value read, or minus an error. */
static inline int64_t sluice_port_in(uint64_t port, unsigned number, unsigned width)
{
    uint64_t value = width;
    int64_t result = syscall_second_3(SLUICE_SYS_port_in, port, number, &value);
    return result < 0 ? result : (int64_t)value;
}

static inline int64_t sluice_port_out(uint64_t port, unsigned number, unsigned width, uint32_t value)
{
    return SLUICE_DO(port_out, port, number, width, value);
}

static inline int64_t sluice_cpu_info(uint64_t cpu, struct sluice_cpu_info *info)
{
    return SLUICE_DO(cpu_info, cpu, (uint64_t)info);
}

static inline int64_t sluice_machine_halt(uint64_t machine, unsigned status)
{
    return SLUICE_DO(machine_halt, machine, status);
}

/* Tunables, policies, log. */
static inline int64_t sluice_tunable_info(uint64_t tuner, uint64_t index, struct sluice_tunable_info *info)
{
    return SLUICE_DO(tunable_info, tuner, index, (uint64_t)info);
}

static inline int64_t sluice_tunable_set(uint64_t tuner, uint64_t index, uint64_t value)
{
    return SLUICE_DO(tunable_set, tuner, index, value);
}

/* `generation` is that of the policy word the decision rests on. notification 0: nobody is told of the end. */
static inline int64_t sluice_policy_propose(uint64_t tuner, unsigned pool, unsigned lock_class,
                                            unsigned generation, uint32_t policy, uint64_t notification,
                                            uint64_t bits)
{
    uint64_t target = pool | (uint64_t)lock_class << 16 | (uint64_t)generation << 24;
    return SLUICE_DO(policy_propose, tuner, target, policy, notification, bits);
}

/* The policy word, or minus an error; *phase (may be NULL) is enum sluice_phase. */
static inline int64_t sluice_policy_status(uint64_t tuner, unsigned pool, unsigned lock_class,
                                           uint64_t *phase)
{
    uint64_t now = 0;
    int64_t result =
        syscall_second_3(SLUICE_SYS_policy_status, tuner, pool | (uint64_t)lock_class << 16, &now);
    if (phase)
        *phase = now;
    return result;
}

static inline int64_t sluice_heartbeat(uint64_t tuner, uint64_t period_us)
{
    return SLUICE_DO(heartbeat, tuner, period_us);
}

static inline int64_t sluice_log_map(uint64_t log, uint64_t aspace, uint64_t address,
                                     enum sluice_log_page what, uint64_t index, uint64_t *pages)
{
    uint64_t args[6] = {log, aspace, address, what, index};
    int64_t result = sluice_raw_log_map(args);
    if (pages)
        *pages = args[2];
    return result;
}

static inline int64_t sluice_log_write(uint64_t log, const char *text, uint64_t bytes)
{
    return SLUICE_DO(log_write, log, (uint64_t)text, bytes);
}

/* The sentence of an error (positive or negative number), for people. */
const char *sluice_error_text(int64_t error);
