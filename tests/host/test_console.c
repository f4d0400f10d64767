// SPDX-License-Identifier: MIT
// sources: servers/console/line.c servers/console/line_keys.c servers/console/line_history.c servers/console/line_complete.c servers/console/command.c servers/console/text.c
// sanitize: undefined address
/*
 * The console's pure parts: line editor (keys, history, completion), command lines, numbers and patterns; and a fuzz of
 * all of them with random bytes, long lines and broken escape sequences.
 */
#include "servers/console/command.h"
#include "servers/console/line.h"
#include "servers/console/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"

static struct line_editor editor;
static char screen[1 << 16];
static size_t screen_bytes;

static void screen_write(void *context, const char *text, size_t bytes)
{
    (void)context;
    if (screen_bytes + bytes >= sizeof(screen))
        screen_bytes = 0;
    memcpy(screen + screen_bytes, text, bytes);
    screen_bytes += bytes;
    screen[screen_bytes] = '\0';
}

static const char *word_candidate(void *context, const char *words, unsigned index)
{
    static const char *const commands[] = {"policy", "pools", "halt"};
    static const char *const arguments[] = {"object/mcs", "object/tas"};

    (void)context;
    if (words[0] == '\0')
        return index < 3 ? commands[index] : NULL;
    return index < 2 ? arguments[index] : NULL;
}

static int editor_begin(void **state)
{
    (void)state;
    screen_bytes = 0;
    line_init(&editor, "> ", (struct line_terminal){.write = screen_write, .candidate = word_candidate});
    line_begin(&editor);
    return 0;
}

static enum line_event keys(const char *text)
{
    enum line_event event = LINE_MORE;

    while (*text != '\0')
        event = line_key(&editor, (unsigned char)*text++);
    return event;
}

/* Types a line and expects what the editor makes of it. */
static void line_is(const char *typed, const char *expected)
{
    line_begin(&editor);
    assert_int_equal(keys(typed), LINE_MORE);
    assert_int_equal(keys("\r"), LINE_DONE);
    assert_string_equal(editor.text, expected);
}

static void typed_characters_make_a_line(void **state)
{
    (void)state;
    line_is("policy 1 frame", "policy 1 frame");
    line_is("", "");
    assert_int_equal(keys("\n"), LINE_MORE); /* the second half of CR LF */
    line_begin(&editor);
    assert_int_equal(keys("a\n"), LINE_DONE);
}

static void keys_edit(void **state)
{
    (void)state;
    line_is("abd" LEFT "c", "abcd");
    line_is("bc" LEFT LEFT LEFT "a", "abc");
    line_is("bc\001a", "abc");
    line_is("bc\001a\005d", "abcd");
    line_is("bc\033[Ha\033[Fd", "abcd");
    line_is("bc\033[1~a\033[4~d", "abcd");
    line_is("bc\033OHa\033OFd", "abcd");
    line_is("abxc" LEFT "\177", "abc");
    line_is("abxc" LEFT LEFT "\033[3~", "abc");
    line_is("abc\b\b", "a");
    line_is("\b\b\177\004\013\025\027x", "x");
    line_is("abcdef" LEFT LEFT "\013", "abcd");
    line_is("abcdef" LEFT LEFT "\025", "ef");
    line_is("one two  \027", "one ");
    line_is("one two" LEFT "\027", "one o");
    line_is("ab\014c", "abc");
    line_is("ab" RIGHT RIGHT "c", "abc");
}

static void bytes_without_meaning_are_dropped(void **state)
{
    (void)state;
    line_is("a\200\377\033xb\033[99;99Zc\033[1;5Pd\002\006\007\016e", "abcde");
    line_is("a\033[999999999999999999999999~b", "ab");
    line_is("a\033\033[Db", "ba");
}

static void history_walks_both_ways(void **state)
{
    (void)state;
    line_is("first", "first");
    line_is("second", "second");
    line_is("second", "second");
    line_is(UP UP, "first");
    line_is(UP, "first");
    line_is("draft" UP UP UP DOWN DOWN DOWN "s", "drafts");
    line_is(DOWN DOWN "x", "x");
    for (unsigned i = 0; i < 100; i++) {
        char text[16];

        snprintf(text, sizeof(text), "line %u", i);
        line_is(text, text);
    }
    line_begin(&editor);
    for (unsigned i = 0; i < 200; i++)
        keys(UP);
    assert_string_equal(editor.text, "line 68"); /* the oldest of 32 */
}

static void tab_completes(void **state)
{
    (void)state;
    line_is("h\t", "halt ");
    line_is("h\t1", "halt 1");
    line_is("po\tl\t", "policy ");
    line_is("policy o\tm\t", "policy object/mcs ");
    line_is("none\t", "none");
    screen_bytes = 0;
    line_is("po\t", "po");
    assert_non_null(strstr(screen, "policy  pools"));
    line_is("xx" LEFT LEFT "h\t", "halt xx");
}

static void a_line_that_is_too_long_is_refused_whole(void **state)
{
    char text[LINE_BYTES + 10];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    line_begin(&editor);
    keys(text);
    assert_int_equal(keys("\r"), LINE_TOO_LONG);
    line_begin(&editor);
    text[LINE_BYTES - 1] = '\0';
    keys(text);
    assert_int_equal(keys("\r"), LINE_DONE);
    line_begin(&editor);
    keys(text);
    keys("yyy\025ok");
    assert_int_equal(keys("\r"), LINE_DONE);
    assert_string_equal(editor.text, "ok");
}

static void interrupt_drops_the_line(void **state)
{
    (void)state;
    assert_int_equal(keys("halt\003"), LINE_DROPPED);
    line_is("x", "x");
}

/* What a command was called with, as one text. */
struct console {
    char call[256];
};

static bool noted(struct console *console, unsigned count, char **words)
{
    snprintf(console->call, sizeof(console->call), "%u", count);
    for (unsigned i = 0; i < count; i++) {
        strncat(console->call, " ", sizeof(console->call) - strlen(console->call) - 1);
        strncat(console->call, words[i], sizeof(console->call) - strlen(console->call) - 1);
    }
    return count != 3;
}

static const struct command rows[] = {
    {"help", "[COMMAND]", "helps", noted, 0, 1, {ARGUMENT_COMMAND}},
    {"policy",
     "[POOL [CLASS [POLICY]]]",
     "policies",
     noted,
     0,
     3,
     {ARGUMENT_POOL, ARGUMENT_CLASS, ARGUMENT_POLICY}},
    {"set", "NAME VALUE", "sets", noted, 2, 2, {ARGUMENT_TUNABLE}},
};
static const struct command_table table = {rows, 3};

static bool run(const char *text, struct console *console)
{
    static FILE *nowhere;
    FILE *terminal = stdout;
    char line[LINE_BYTES];
    bool good;

    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    snprintf(line, sizeof(line), "%s", text);
    console->call[0] = '\0';
    stdout = nowhere; /* what commands print must not mix with the tests' own lines */
    good = command_run(&table, console, line);
    stdout = terminal;
    return good;
}

static void lines_become_calls(void **state)
{
    struct console console;

    (void)state;
    assert_true(run("policy", &console));
    assert_string_equal(console.call, "0");
    assert_true(run("  policy \t 1   frame ", &console));
    assert_string_equal(console.call, "2 1 frame");
    assert_false(run("policy 1 2 3", &console));
    assert_string_equal(console.call, "3 1 2 3");
    assert_true(run("", &console));
    assert_true(run("   ", &console));
    assert_true(run("# set x", &console));
    assert_string_equal(console.call, "");
}

static void wrong_lines_call_nothing(void **state)
{
    struct console console;

    (void)state;
    assert_false(run("polic", &console));
    assert_false(run("policyx", &console));
    assert_false(run("POLICY", &console));
    assert_false(run("set", &console));
    assert_false(run("set a b c", &console));
    assert_false(run("help a b", &console));
    assert_false(
        run("policy 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26", &console));
    assert_string_equal(console.call, "");
}

static void completion_knows_what_may_follow(void **state)
{
    (void)state;
    assert_int_equal(command_expects(&table, ""), ARGUMENT_COMMAND);
    assert_int_equal(command_expects(&table, "policy "), ARGUMENT_POOL);
    assert_int_equal(command_expects(&table, "policy 1 frame "), ARGUMENT_POLICY);
    assert_int_equal(command_expects(&table, "policy 1 frame x "), ARGUMENT_NONE);
    assert_int_equal(command_expects(&table, "nothing "), ARGUMENT_NONE);
}

static void numbers_are_read_exactly(void **state)
{
    uint64_t number;

    (void)state;
    assert_true(text_number("0", &number) && number == 0);
    assert_true(text_number("18446744073709551615", &number) && number == UINT64_MAX);
    assert_true(text_number("0xffffffffffffffff", &number) && number == UINT64_MAX);
    assert_true(text_number("007", &number) && number == 7);
    assert_false(text_number("18446744073709551616", &number));
    assert_false(text_number("0x10000000000000000", &number));
    assert_false(text_number("", &number));
    assert_false(text_number("0x", &number));
    assert_false(text_number("-1", &number));
    assert_false(text_number("1 ", &number));
    assert_false(text_number("12a", &number));
}

static void patterns_match(void **state)
{
    (void)state;
    assert_true(text_match("lock", "lock.backoff_min"));
    assert_true(text_match("back", "lock.backoff_min"));
    assert_true(text_match("lock.*_min", "lock.backoff_min"));
    assert_true(text_match("*", ""));
    assert_true(text_match("**a*", "bab"));
    assert_false(text_match("lock.*_mi", "lock.backoff_min"));
    assert_false(text_match("a*b*c", "abab"));
    assert_false(text_match("*x", ""));
    assert_true(text_match("cap?*", "cap0"));
    assert_false(text_match("cap?*", "cap"));
    assert_true(text_match("?", "x"));
    assert_int_equal(text_share(1, 0), 0);
    assert_int_equal(text_share(1, 2), 50000);
    assert_in_range(text_share(UINT64_MAX / 2, UINT64_MAX), 49900, 50000);
}

static unsigned char fuzz_key(void)
{
    static const char special[] =
        "\033[[OABCDHF~1234567890;\t\t\t\b\177\001\005\013\025\027\014\r\r\n\003  *";

    switch (random() % 4) {
    case 0:
        return (unsigned char)random();
    case 1:
        return "policy seth1/@ob"[random() % 16];
    default:
        return (unsigned char)special[(size_t)random() % (sizeof(special) - 1)];
    }
}

static void editor_holds(void)
{
    assert_true(editor.length < LINE_BYTES);
    assert_true(editor.cursor <= editor.length);
    assert_int_equal(strlen(editor.text), editor.length);
    for (unsigned i = 0; i < editor.length; i++)
        assert_in_range(editor.text[i], ' ', '~');
}

static void no_input_does_harm(void **state)
{
    struct console console;
    unsigned lines = 0;

    (void)state;
    srandom(1);
    for (unsigned i = 0; i < 400000; i++) {
        /* now and then a key is held down: long lines */
        unsigned repeat = random() % 500 == 0 ? 400 : 1;
        unsigned char key = fuzz_key();
        enum line_event event = LINE_MORE;

        while (repeat-- > 0 && event == LINE_MORE)
            event = line_key(&editor, key);
        editor_holds();
        if (event == LINE_MORE)
            continue;
        if (event == LINE_DONE && strlen(editor.text) > 0)
            run(editor.text, &console);
        lines++;
        line_begin(&editor);
    }
    assert_true(lines > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(typed_characters_make_a_line, editor_begin),
        cmocka_unit_test_setup(keys_edit, editor_begin),
        cmocka_unit_test_setup(bytes_without_meaning_are_dropped, editor_begin),
        cmocka_unit_test_setup(history_walks_both_ways, editor_begin),
        cmocka_unit_test_setup(tab_completes, editor_begin),
        cmocka_unit_test_setup(a_line_that_is_too_long_is_refused_whole, editor_begin),
        cmocka_unit_test_setup(interrupt_drops_the_line, editor_begin),
        cmocka_unit_test(lines_become_calls),
        cmocka_unit_test(wrong_lines_call_nothing),
        cmocka_unit_test(completion_knows_what_may_follow),
        cmocka_unit_test(numbers_are_read_exactly),
        cmocka_unit_test(patterns_match),
        cmocka_unit_test_setup(no_input_does_harm, editor_begin),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
