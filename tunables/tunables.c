// SPDX-License-Identifier: MIT
/*
 * Values of the tunables, and the system calls that describe and set them.
 * Owns: tunable_values. Entry points: sys_tunable_info, sys_tunable_set. Context: kernel; values change at any moment.
 * Locks: none: a value is one word. Tests: tests/host/test_tunables.c, tests/user/syscalls/.
 */
#include "kernel/abi/ipc.h"
#include "kernel/abi/log.h"
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"
#include "tunables/tunables.h"
#include "tunables/tunables_internal.h"

uint64_t tunable_values[TUNABLE_COUNT] = {
#define TUNABLE_INITIAL(identifier, name, minimum, initial, maximum, unit, when, sentence) (initial),
    TUNABLES(TUNABLE_INITIAL)
#undef TUNABLE_INITIAL
};

const struct tunable_row tunable_rows[TUNABLE_COUNT] = {
#define TUNABLE_ROW(identifier, name, minimum, initial, maximum, unit, when, sentence)                       \
    {{name, unit, sentence, (initial), (minimum), (maximum), (initial)}, TUNABLE_##when},
    TUNABLES(TUNABLE_ROW)
#undef TUNABLE_ROW
};

enum {
    NAME_BYTES = sizeof(((struct sluice_tunable_info *)0)->name),
    UNIT_BYTES = sizeof(((struct sluice_tunable_info *)0)->unit),
    SENTENCE_BYTES = sizeof(((struct sluice_tunable_info *)0)->sentence),
};

/* Each text has its end. */
#define TUNABLE_FITS(identifier, name, minimum, initial, maximum, unit, when, sentence)                      \
    _Static_assert(sizeof(name) <= NAME_BYTES && sizeof(unit) <= UNIT_BYTES &&                               \
                       sizeof(sentence) <= SENTENCE_BYTES && (minimum) <= (initial) &&                       \
                       (initial) <= (maximum),                                                               \
                   "row of the table: " name);
TUNABLES(TUNABLE_FITS)
#undef TUNABLE_FITS

int64_t sys_tunable_info(struct thread *thread, uint64_t *args)
{
    struct cap_found tuner;
    int error = cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_TUNER, SLUICE_RIGHT_READ, &tuner);
    if (error)
        return error;
    if (args[1] >= TUNABLE_COUNT)
        return SLUICE_E_NOT_FOUND;

    struct sluice_tunable_info info = tunable_rows[args[1]].info;
    info.value = atomic_load_relaxed(&tunable_values[args[1]]); /* relaxed: any moment's value is right */
    if (user_copy_out(thread->aspace, args[2], &info, sizeof(info), &thread->fault_address)) {
        thread->fault_error = SLUICE_FAULT_WRITE;
        return SYSCALL_FAULT;
    }
    return SLUICE_E_OK;
}

int64_t sys_tunable_set(struct thread *thread, uint64_t *args)
{
    struct cap_found tuner;
    int error = cap_lookup_found(thread->cspace, args[0], SLUICE_TYPE_TUNER, SLUICE_RIGHT_WRITE, &tuner);
    if (error)
        return error;
    if (args[1] >= TUNABLE_COUNT)
        return SLUICE_E_NOT_FOUND;

    const struct tunable_row *row = &tunable_rows[args[1]];
    if (row->when == TUNABLE_BOOT)
        return SLUICE_E_NOT_ALLOWED;
    if (args[2] < row->info.minimum || args[2] > row->info.maximum)
        return SLUICE_E_OUT_OF_BOUNDS;
    if ((tuner.badge & SLUICE_TUNER_BOUNDED) && !(tuner.badge & SLUICE_TUNER_TUNABLES))
        return SLUICE_E_OUT_OF_BOUNDS;
    uint64_t was = atomic_exchange(&tunable_values[args[1]], args[2]);
    log_event(SLUICE_EVENT_TUNABLE_SET, (uint32_t)args[1], args[2], was);
    return SLUICE_E_OK;
}
