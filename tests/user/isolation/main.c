// SPDX-License-Identifier: MIT
/*
 * test/isolation: a program reaches neither the kernel nor another program, executes no data, writes no code, runs no
 * privileged instruction; and who dies of trying is reported with the address. Started with `child=WHAT` it is such a
 * program itself.
 * Context: a process that may spawn. Locks: none. Tests: tests/user/isolation.t runs this.
 */
#include "servers/lib/process.h"
#include "servers/lib/spawn.h"
#include "stress/lib/arguments.h"
#include "tests/user/isolation/isolation.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>

#define KERNEL_TEXT 0xffffffff80101000ull
#define DIRECT_MAP_PAGE 0xffff800000100000ull
#define RETURN 0xc3u /* ret */

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };
static const char *const access_names[] = {"read", "write", "execute"};

static uint64_t secret; /* the parent's; a child must find its own, which is 0 */
static uint8_t data_code[16] = {RETURN};
static const uint8_t constant_code[16] = {RETURN};

/* Not to be caught by the debug build's own checks. */
static __attribute__((noinline, no_sanitize("undefined"))) void access_try(enum access access,
                                                                           uint64_t address)
{
    if (access == ACCESS_READ)
        (void)*(volatile uint8_t *)address;
    else if (access == ACCESS_WRITE)
        *(volatile uint8_t *)address = 0;
    else
        ((void (*)(void))address)();
}

static void access_body_read(struct probe *probe)
{
    access_try(ACCESS_READ, probe->argument);
}

static void access_body_write(struct probe *probe)
{
    access_try(ACCESS_WRITE, probe->argument);
}

static void access_body_fetch(struct probe *probe)
{
    access_try(ACCESS_FETCH, probe->argument);
}

struct access_row {
    const char *name;
    enum access access;
    uint64_t address;
};

#define ACCESS_ROWS 16u
static unsigned access_table(struct access_row rows[ACCESS_ROWS])
{
    uint8_t *stack = __builtin_frame_address(0);
    const struct access_row table[] = {
        {"the null page", ACCESS_READ, 0},
        {"the null page", ACCESS_WRITE, 8},
        {"the null page", ACCESS_FETCH, 0},
        {"an unmapped page", ACCESS_READ, BENCH_ADDRESS},
        {"an unmapped page", ACCESS_WRITE, BENCH_ADDRESS + 0x123},
        {"the kernel's text", ACCESS_READ, KERNEL_TEXT},
        {"the kernel's text", ACCESS_WRITE, KERNEL_TEXT},
        {"the kernel's text", ACCESS_FETCH, KERNEL_TEXT},
        {"the direct map", ACCESS_READ, DIRECT_MAP_PAGE},
        {"the direct map", ACCESS_WRITE, DIRECT_MAP_PAGE},
        {"its own code", ACCESS_WRITE, (uint64_t)access_try},
        {"its own constants", ACCESS_WRITE, (uint64_t)constant_code},
        {"its data", ACCESS_FETCH, (uint64_t)data_code},
        {"its constants", ACCESS_FETCH, (uint64_t)constant_code},
        {"its stack", ACCESS_FETCH, (uint64_t)stack},
        {"the page of its start", ACCESS_WRITE, SLUICE_PROCESS_INFO_ADDRESS},
    };
    for (unsigned i = 0; i < ACCESS_ROWS; i++)
        rows[i] = table[i];
    return sizeof table / sizeof table[0];
}

static bool error_matches(uint64_t error, enum access access)
{
    bool write = error & SLUICE_FAULT_WRITE, fetch = error & SLUICE_FAULT_FETCH;
    return write == (access == ACCESS_WRITE) && fetch == (access == ACCESS_FETCH);
}

static void test_accesses(struct probe *probe)
{
    static void (*const bodies[])(struct probe *) = {access_body_read, access_body_write, access_body_fetch};
    struct access_row rows[ACCESS_ROWS];
    unsigned count = access_table(rows);
    /* Touched, so that what faults is the access and not that the page is not there yet. */
    volatile uint8_t touch = data_code[0];
    touch = constant_code[0];
    (void)touch;
    for (unsigned i = 0; i < count; i++) {
        struct probe_outcome outcome = probe_run(probe, bodies[rows[i].access], rows[i].address);
        tap_ok(outcome.kind == PROBE_FAULT && outcome.address == rows[i].address &&
                   error_matches(outcome.error, rows[i].access),
               "a program can't %s %s (%s at %#lx, error %lu)", access_names[rows[i].access], rows[i].name,
               probe_kind_name(outcome.kind), (unsigned long)outcome.address, (unsigned long)outcome.error);
    }
    struct probe_outcome outcome = probe_run(probe, access_body_read, 1ull << 47);
    tap_ok(outcome.kind == PROBE_TRAP && outcome.address == 13, "nor read a non-canonical address");
}

static void forbidden_body(struct probe *probe)
{
    forbidden[probe->argument].execute();
}

static void test_forbidden(struct probe *probe)
{
    for (unsigned i = 0; i < forbidden_count; i++) {
        struct probe_outcome outcome = probe_run(probe, forbidden_body, i);
        tap_ok(outcome.kind == PROBE_TRAP && outcome.address == forbidden[i].vector,
               "%s raises exception %lu (%s, vector %lu)", forbidden[i].name,
               (unsigned long)forbidden[i].vector, probe_kind_name(outcome.kind),
               (unsigned long)outcome.address);
    }
}

static void strange_body(struct probe *probe)
{
    probe->result = (uint64_t)(probe->argument ? strange_flags() : strange_stack());
}

static void test_strange(struct probe *probe)
{
    struct probe_outcome outcome = probe_run(probe, strange_body, 0);
    tap_ok(outcome.kind == PROBE_DONE && !probe->result, "a system call does not use the caller's stack");
    outcome = probe_run(probe, strange_body, 1);
    tap_ok(outcome.kind == PROBE_DONE && !probe->result, "a system call survives any flags of the caller");
}

static const char *self_name;

static bool child_run(const char *what, struct sluice_end *end)
{
    struct sluice_spawn_request request;
    char word[40];
    snprintf(word, sizeof word, "child=%s", what);
    sluice_spawn_init(&request, self_name);
    sluice_spawn_argument(&request, word);
    int64_t process = sluice_spawn(&request);
    if (process <= 0)
        tap_note("spawn: %s", error_name(process));
    return process > 0 && sluice_process_wait((uint32_t)process, sluice_deadline_ms(20000), end) == 0;
}

static void child_dies(const char *what, uint32_t cause, uint64_t address)
{
    struct sluice_end end = {0};
    char text[80];
    bool ended = child_run(what, &end);
    tap_ok(ended && end.cause == cause && end.address == address, "a child that does '%s' is killed: %s",
           what, ended ? sluice_end_text(&end, text, sizeof text) : "it did not end");
}

static void test_children(void)
{
    struct sluice_end end = {0};
    secret = 0x5ec2e7;
    tap_ok(child_run("secret", &end) && end.cause == SLUICE_END_EXIT && end.status == 0,
           "a child does not find its parent's data at the same address");
    tap_ok(child_run("exit", &end) && end.cause == SLUICE_END_EXIT && end.status == 7,
           "a child's status is reported");
    child_dies("kernel", SLUICE_END_FAULT, KERNEL_TEXT);
    child_dies("null", SLUICE_END_FAULT, 0);
    child_dies("unmapped", SLUICE_END_FAULT, BENCH_ADDRESS);
    child_dies("data", SLUICE_END_FAULT, (uint64_t)data_code);
    child_dies("code", SLUICE_END_FAULT, (uint64_t)access_try);
    child_dies("privileged", SLUICE_END_EXCEPTION, 13);
}

enum child_what {
    CHILD_NONE,
    CHILD_SECRET,
    CHILD_EXIT,
    CHILD_KERNEL,
    CHILD_NULL,
    CHILD_UNMAPPED,
    CHILD_DATA,
    CHILD_CODE,
    CHILD_PRIVILEGED
};
static const char *const child_words[] = {"none",     "secret", "exit", "kernel",     "null",
                                          "unmapped", "data",   "code", "privileged", NULL};

static int child_main(enum child_what what)
{
    switch (what) {
    case CHILD_SECRET:
        return *(volatile uint64_t *)&secret != 0;
    case CHILD_KERNEL:
        access_try(ACCESS_READ, KERNEL_TEXT);
        break;
    case CHILD_NULL:
        access_try(ACCESS_WRITE, 0);
        break;
    case CHILD_UNMAPPED:
        access_try(ACCESS_READ, BENCH_ADDRESS);
        break;
    case CHILD_DATA:
        access_try(ACCESS_FETCH, (uint64_t)data_code);
        break;
    case CHILD_CODE:
        access_try(ACCESS_WRITE, (uint64_t)access_try);
        break;
    case CHILD_PRIVILEGED:
        forbidden[0].execute();
        break;
    default:
        break;
    }
    return 7;
}

int main(int argc, char **argv)
{
    unsigned what = CHILD_NONE;
    const struct argument arguments[] = {{.key = "child", .choice = &what, .words = child_words}, {0}};
    if (!arguments_parse(argc, argv, arguments))
        return 2;
    if (what != CHILD_NONE)
        return child_main(what);
    self_name = argv[0];
    tap_begin("isolation");
    struct probe probe;
    if (tap_ok(probe_init(&probe, 0), "a probe")) {
        test_accesses(&probe);
        test_forbidden(&probe);
        test_strange(&probe);
        probe_end(&probe);
        test_children();
    }
    return tap_end();
}
