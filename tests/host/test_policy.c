// SPDX-License-Identifier: MIT
// sources: servers/lib/policy.c
/*
 * The text form of lock policies: every policy there and back, unions, and what is refused.
 */
#include "servers/lib/policy.h"
#include "kernel/abi/object.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_policy_survives_its_text(void **state)
{
    char text[POLICY_TEXT_BYTES];
    uint32_t word;

    (void)state;
    for (unsigned granularity = SLUICE_GRANULARITY_KERNEL; granularity < SLUICE_GRANULARITY_COUNT;
         granularity++)
        for (unsigned algorithm = 0; algorithm < SLUICE_ALGORITHM_COUNT; algorithm++) {
            assert_true(policy_parse(policy_format(text, SLUICE_POLICY(granularity, algorithm, 0)), &word));
            assert_int_equal(word, SLUICE_POLICY(granularity, algorithm, 0));
        }
    for (unsigned cpu = 0; cpu < SLUICE_CPUS_MAX; cpu++) {
        assert_true(policy_parse(policy_format(text, SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, cpu)), &word));
        assert_int_equal(word, SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, cpu));
    }
}

static void texts_are_as_documented(void **state)
{
    char text[POLICY_TEXT_BYTES];
    uint32_t both = SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0);

    (void)state;
    assert_string_equal(policy_format(text, both), "object/mcs");
    both = (both & ~0xff00u) | SLUICE_GRANULARITY_OFF << 8 | 3u << 16 | 7u << 24;
    assert_string_equal(policy_format(text, both), "union(off@3|object/mcs)");
    assert_string_equal(policy_format(text, UINT32_MAX), "?");
}

static void what_is_no_policy_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "off",
        "off@",
        "off@255",
        "off@1x",
        "off@-1",
        "off@0000",
        "off/tas",
        "object",
        "object/",
        "object/tas ",
        "object/fast",
        "pools/tas",
        "pool//tas",
        "/tas",
        "kernel/ticketmcs",
        "OFF@1",
        "union(off@1|object/tas)",
        "off@99999999999999999999",
    };
    uint32_t word;

    (void)state;
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(policy_parse(texts[i], &word));
}

static void any_word_and_any_text_can_be_given(void **state)
{
    char text[POLICY_TEXT_BYTES], noise[20];
    uint32_t word;

    (void)state;
    srandom(3);
    for (unsigned i = 0; i < 100000; i++) {
        policy_format(text, (uint32_t)random() << 1);
        assert_true(strlen(text) < sizeof(text));
        for (unsigned j = 0; j < sizeof(noise) - 1; j++)
            noise[j] = "offkernlpbjcta@/0123s"[random() % 21];
        noise[random() % sizeof(noise)] = '\0';
        noise[sizeof(noise) - 1] = '\0';
        policy_parse(noise, &word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_survives_its_text),
        cmocka_unit_test(texts_are_as_documented),
        cmocka_unit_test(what_is_no_policy_is_refused),
        cmocka_unit_test(any_word_and_any_text_can_be_given),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
