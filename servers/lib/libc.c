// SPDX-License-Identifier: MIT
/*
 * What newlib asks of the system: output, heap, errno's place, the end, the clock. There are no files.
 * Owns: the heap's range. Context: any thread. Locks: newlib's malloc lock is held around sbrk, its stream locks around
 * write. Tests: tests/user/process/.
 */
#include "servers/lib/console_io.h"
#include "servers/lib/memory.h"
#include "servers/lib/runtime_internal.h"
#include <errno.h>
#include <malloc.h>
#include <reent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define HEAP_STEP_MIN 65536ull

int open(const char *path, int flags, ...);
int kill(int process, int signal);

struct _reent *__getreent(void)
{
    return sluice_thread_self()->reent;
}

__attribute__((weak)) int64_t runtime_heap_map(uint64_t address, uint64_t bytes)
{
    return sluice_memory_map(address, bytes, SLUICE_MAP_READ | SLUICE_MAP_WRITE, NULL);
}

__attribute__((weak)) uint64_t runtime_heap_address(void)
{
    return RUNTIME_HEAP_ADDRESS;
}

/* The heap grows by at least a quarter, so that it is made of few ranges; what is past the limit comes in small. */
void *sbrk(ptrdiff_t increment)
{
    static uint64_t end, mapped;
    uint64_t want;

    if (!end)
        end = mapped = runtime_heap_address();
    want = end + (uint64_t)increment;

    if (want > mapped) {
        uint64_t exact = (want - mapped + 4095) & ~4095ull;
        uint64_t step = ((mapped - runtime_heap_address()) / 4 + HEAP_STEP_MIN) & ~4095ull;
        if (step < exact || runtime_heap_map(mapped, step) < 0) {
            step = exact;
            if (runtime_heap_map(mapped, step) < 0) {
                errno = ENOMEM;
                return (void *)-1;
            }
        }
        mapped += step;
    }
    end = want;
    return (void *)(end - (uint64_t)increment);
}

/* newlib's aligned_alloc is made of it, and leaves it to the system. */
int posix_memalign(void **memory, size_t align, size_t bytes)
{
    *memory = memalign(align, bytes);
    return *memory ? 0 : ENOMEM;
}

int write(int file, const void *text, size_t bytes)
{
    (void)file;
    if (sluice_output(text, bytes) < 0) {
        errno = EIO;
        return -1;
    }
    return (int)bytes;
}

int read(int file, void *text, size_t bytes)
{
    int64_t result = file ? SLUICE_E_BAD_ARGUMENT : sluice_input(text, bytes, SLUICE_FOREVER);

    if (result < 0) {
        errno = EIO;
        return -1;
    }
    return (int)result;
}

int open(const char *path, int flags, ...)
{
    (void)path, (void)flags;
    errno = ENOENT;
    return -1;
}

int close(int file)
{
    (void)file;
    return 0;
}

off_t lseek(int file, off_t offset, int whence)
{
    (void)file, (void)offset, (void)whence;
    errno = ESPIPE;
    return -1;
}

int fstat(int file, struct stat *status)
{
    (void)file;
    *status = (struct stat){.st_mode = S_IFCHR};
    return 0;
}

int isatty(int file)
{
    (void)file;
    return 1;
}

pid_t getpid(void)
{
    return (pid_t)sluice_process->id;
}

/* raise() and abort() come here. */
int open(const char *path, int flags, ...);
int kill(int process, int signal)
{
    (void)process;
    runtime_exit(128 + signal);
}

void _exit(int status)
{
    runtime_exit(status);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    uint64_t ns = sluice_clock();

    (void)zone;
    *time = (struct timeval){.tv_sec = (time_t)(ns / 1000000000),
                             .tv_usec = (suseconds_t)(ns % 1000000000 / 1000)};
    return 0;
}
