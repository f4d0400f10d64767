// SPDX-License-Identifier: MIT
/*
 * Mode `share`: the result as JSON. Lines and code are sorted, so that equal runs give equal files.
 * Owns: nothing. Entry points: share.h. Context: the machine ended, or no vCPU is inside of a region. Locks: none.
 * Tests: tests/sim/share.t.
 */
#include "stress/sim/share.h"
#include <inttypes.h>
#include <stdlib.h>

static void set_print(FILE *out, const char *name, const struct share_set *set)
{
    const char *separator = "";
    fprintf(out, "\"%s\": [", name);
    for (unsigned vcpu = 0; vcpu < sim_vcpus; vcpu++) {
        if (!share_set_has(set, vcpu))
            continue;
        fprintf(out, "%s%u", separator, vcpu);
        separator = ", ";
    }
    fprintf(out, "]");
}

static void code_print(FILE *out, const struct share_code *code)
{
    fprintf(out, "\"code\": \"0x%" PRIx64 "\", \"kernel\": %s", code->address,
            code->kernel ? "true" : "false");
    if (code->kernel)
        return;
    fprintf(out, ", \"bytes\": \"");
    for (unsigned i = 0; i < code->length; i++)
        fprintf(out, "%02x", code->bytes[i]);
    fprintf(out, "\"");
}

static int touch_compare(const void *left, const void *right)
{
    const struct share_touch *a = *(struct share_touch *const *)left;
    const struct share_touch *b = *(struct share_touch *const *)right;
    if (a->transfers != b->transfers)
        return a->transfers > b->transfers ? -1 : 1;
    if (a->vcpu != b->vcpu)
        return a->vcpu < b->vcpu ? -1 : 1;
    return a->code->address < b->code->address ? -1 : a->code->address > b->code->address;
}

static void touches_print(FILE *out, const struct share_line *line)
{
    unsigned count = 0;
    for (const struct share_touch *touch = line->touches; touch; touch = touch->next)
        count++;
    struct share_touch **all = calloc(count + 1u, sizeof(struct share_touch *));
    if (!all)
        abort();
    count = 0;
    for (struct share_touch *touch = line->touches; touch; touch = touch->next)
        all[count++] = touch;
    qsort(all, count, sizeof(struct share_touch *), touch_compare);
    fprintf(out, "\"touches\": [");
    for (unsigned i = 0; i < count; i++) {
        fprintf(out, "%s\n      {\"vcpu\": %u, ", i ? "," : "", all[i]->vcpu);
        code_print(out, all[i]->code);
        fprintf(out,
                ", \"loads\": %" PRIu64 ", \"stores\": %" PRIu64 ", \"transfers\": %" PRIu64
                ", \"mask\": \"0x%" PRIx64 "\"}",
                all[i]->loads, all[i]->stores, all[i]->transfers, all[i]->mask);
    }
    fprintf(out, "]");
    free(all);
}

static void line_print(FILE *out, const struct share_line *line)
{
    fprintf(out,
            "    {\"line\": \"0x%" PRIx64 "\", \"address\": \"0x%" PRIx64 "\", \"transfers\": %" PRIu64 ", ",
            line->number << SIM_LINE_SHIFT, line->address, line->transfers);
    set_print(out, "readers", &line->readers);
    fprintf(out, ", ");
    set_print(out, "writers", &line->writers);
    fprintf(out, ", ");
    touches_print(out, line);
    fprintf(out, "}");
}

static int line_compare(const void *left, const void *right)
{
    const struct share_line *a = *(struct share_line *const *)left, *b = *(struct share_line *const *)right;
    if (a->transfers != b->transfers)
        return a->transfers > b->transfers ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static bool line_moved(const struct share_line *line)
{
    return line->transfers != 0;
}

/* Written by one vCPU, touched by another. */
static bool line_conflicts(const struct share_line *line)
{
    for (unsigned writer = 0; writer < sim_vcpus; writer++)
        for (unsigned other = 0; other < sim_vcpus; other++)
            if (writer != other && share_set_has(&line->writers, writer) &&
                (share_set_has(&line->writers, other) || share_set_has(&line->readers, other)))
                return true;
    return false;
}

static void lines_print(FILE *out, unsigned most, bool (*wanted)(const struct share_line *))
{
    unsigned count, printed = 0;
    struct share_line **all = share_lines_all(&count);
    qsort(all, count, sizeof(struct share_line *), line_compare);
    fprintf(out, "\"lines\": [");
    for (unsigned i = 0; i < count && printed < most; i++) {
        if (!wanted(all[i]))
            continue;
        fprintf(out, "%s\n", printed++ ? "," : "");
        line_print(out, all[i]);
    }
    fprintf(out, "]");
    free(all);
}

void share_lines_print(FILE *out, unsigned most)
{
    lines_print(out, most, line_moved);
}

void share_section_print(FILE *out)
{
    lines_print(out, UINT32_MAX, line_conflicts);
}

static int code_compare(const void *left, const void *right)
{
    const struct share_code *a = *(struct share_code *const *)left, *b = *(struct share_code *const *)right;
    if (a->transfers != b->transfers)
        return a->transfers > b->transfers ? -1 : 1;
    return a->address < b->address ? -1 : a->address > b->address;
}

static void codes_sum(void)
{
    unsigned count;
    struct share_line **all = share_lines_all(&count);
    for (unsigned i = 0; i < count; i++)
        for (struct share_touch *touch = all[i]->touches; touch; touch = touch->next)
            touch->code->transfers += touch->transfers;
    free(all);
}

void share_codes_print(FILE *out, unsigned most)
{
    unsigned count;
    codes_sum();
    struct share_code **all = share_codes_sorted(&count);
    qsort(all, count, sizeof(struct share_code *), code_compare);
    fprintf(out, "\"codes\": [");
    for (unsigned i = 0; i < count && i < most && all[i]->transfers; i++) {
        fprintf(out, "%s\n    {", i ? "," : "");
        code_print(out, all[i]);
        fprintf(out, ", \"transfers\": %" PRIu64 "}", all[i]->transfers);
    }
    fprintf(out, "]");
    free(all);
}
