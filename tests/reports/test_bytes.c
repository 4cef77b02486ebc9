/* SPDX-License-Identifier: MIT */
/* test_bytes - any byte in any string keeps every format well-formed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "protocol/json.h"
#include "tests/reports/suites.h"

enum { TAGS_DEEP = 8 };

static struct arena arena;
static struct report_options verbose = {.verbose = true};
static struct report_options traced = {.trace = true};

static void setup(void)
{
    arena_init(&arena, (size_t)256 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* Texts that end, open or break something in one of the formats. */
static const struct str nasty[] = {
    LIT("]]>"),
    LIT("<![CDATA["),
    LIT("--> <!--"),
    LIT("&amp; &#0; &"),
    LIT("\n  ...\nok 1 - no"),
    LIT("\n  ---\n"),
    LIT(" # SKIP really"),
    LIT("\\"),
    LIT("\\# TO"
        "DO"),
    LIT("\"\nBail out!"),
    LIT("```"),
    LIT("````\n# h"),
    LIT("</details>"),
    LIT("| a | b |\n|---|"),
    LIT("::error::x"),
    LIT("\n::error::x"),
    LIT("%0A,%3A:"),
    LIT("\r\n"),
    LIT("\xef\xbf\xbe"),
    LIT("\xef\xbf\xbf"),
    LIT("\xed\xa0\x80"),
    LIT("\xf4\x90\x80\x80"),
    LIT("\xc0\xaf"),
    LIT("\xe2\x80\xa8"),
    LIT("\xe2\x82"),
    LIT("'"),
    LIT("{\"type\":\"end\"}\n"),
    LIT(" "),
    LIT("\t"),
    LIT("%s%n"),
    LIT("🐢"),
    LIT("\xcc\x81"),
};
enum { NASTY = sizeof nasty / sizeof nasty[0], TEXTS = 256 + NASTY };

/* Every byte at the start, in the middle and at the end; then the nasty ones.
 */
static struct str text_of(int number)
{
    if (number >= 256) {
        return nasty[number - 256];
    }
    char *text = arena_must(&arena, 5, 1);
    text[0] = text[2] = text[4] = (char)(unsigned char)number;
    text[1] = 'a';
    text[3] = 'z';
    return (struct str){text, 5};
}

/* The next line of *text, without its newline; false at the end. */
static bool line_take(struct str *text, struct str *line)
{
    if (text->n == 0) {
        return false;
    }
    size_t end = str_find(*text, '\n');
    if (end == text->n) {
        ck_abort_msg("the last line has no end");
    }
    *line = str_take(*text, end);
    *text = str_skip(*text, end + 1);
    return true;
}

/* One assertion a text, here and below: each of them is a write to the pipe of
 * the test's parent. */
static void assert_printable(struct str text)
{
    size_t at = 0;
    while (at < text.n && text.p[at] != 0x7f &&
           ((unsigned char)text.p[at] >= 0x20 || text.p[at] == '\n')) {
        at++;
    }
    ck_assert_msg(at == text.n && utf8_bad_at(text) == text.n,
                  "a control character at %zu, or bad UTF-8 at %zu", at,
                  utf8_bad_at(text));
}

START_TEST(text_is_printable)
{
    for (int i = 0; i < TEXTS; i++) {
        struct fixture fixture;
        fixture_of_text(&fixture, &arena, text_of(i));
        assert_printable(fixture_render(&fixture, "text", NULL, &arena));
        assert_printable(fixture_render(&fixture, "text", &verbose, &arena));
        arena_reset(&arena);
    }
}
END_TEST

static void assert_json_lines(struct str jsonl)
{
    struct str line;
    struct err err = {0};
    const struct json_node *node;
    while (line_take(&jsonl, &line)) {
        ck_assert_msg(
            json_read(line, &json_limits_default, &arena, &node, &err) == ST_OK,
            "%s", err.text);
        ck_assert_int_eq(json_type(node), JSON_OBJECT);
    }
}

/* Each line is JSON, and what is read from them is written just so again. */
START_TEST(json_lines_come_back_the_same)
{
    for (int i = 0; i < TEXTS; i++) {
        struct fixture fixture;
        fixture_of_text(&fixture, &arena, text_of(i));
        struct str first = fixture_render(&fixture, "jsonl", NULL, &arena);
        assert_json_lines(first);
        struct str again = fixture_replay(first, "jsonl", NULL, &arena);
        ck_assert_msg(str_eq(first, again), "text %d: %.*s", i, STR_ARG(again));
        arena_reset(&arena);
    }
}
END_TEST

START_TEST(histories_come_back_the_same)
{
    for (int i = 0; i < TEXTS; i++) {
        struct fixture fixture;
        struct str text = text_of(i);
        fixture_of_text(&fixture, &arena, text);
        struct field field = {.name = text, .value = text, .at_text = text};
        struct history history;
        history_init(&history, &arena);
        history_actor(&history,
                      (struct actor){text, text, text, text, 0, true, false});
        history_append(&history, (struct event){.kind = EV_STATE,
                                                .collection = text,
                                                .id = text,
                                                .text = text,
                                                .body = text,
                                                .fields = &field,
                                                .field_count = 1});
        fixture.results[1].history = &history;
        struct str first = fixture_render(&fixture, "jsonl", &traced, &arena);
        struct str again = fixture_replay(first, "jsonl", &traced, &arena);
        ck_assert(str_eq(first, again));
        assert_printable(fixture_render(&fixture, "text", &traced, &arena));
        arena_reset(&arena);
    }
}
END_TEST

/* A point line: "ok 3 - text", "not ok 4 - text", "ok 5 - text # SKIP why". */
static bool is_point(struct str line, size_t number)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "ok %zu - ", number);
    line = str_skip(line, str_starts(line, STR("not ")) ? 4 : 0);
    if (!str_starts(line, str_of(wanted))) {
        return false;
    }
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '\\') {
            i++;
        } else if (line.p[i] == '#') {
            return number == OUT_XFAIL + 1
                       ? str_starts(str_skip(line, i), STR("# TO"
                                                           "DO "))
                       : (number == OUT_SKIP + 1 ||
                          number == OUT_UNIMPLEMENTED + 1) &&
                             str_starts(str_skip(line, i), STR("# SKIP"));
        }
    }
    return true;
}

/* One double-quoted scalar and nothing behind it. */
static bool is_quoted(struct str text)
{
    size_t at = 1;
    for (; at < text.n && text.p[at] != '"'; at++) {
        if (text.p[at] == '\\') {
            at++;
            if (at == text.n || (text.p[at] != '"' && text.p[at] != '\\')) {
                return false;
            }
        }
    }
    return text.n > 1 && text.p[0] == '"' && at == text.n - 1;
}

/* `key: "value"`, `key: 12`, `key:`, `- "value"`, after the indentation. */
static bool is_yaml(struct str line)
{
    size_t at = 0, key = 0;
    while (at < line.n && line.p[at] == ' ') {
        at++;
    }
    struct str rest = str_skip(line, at);
    rest = str_skip(rest, str_starts(rest, STR("- ")) ? 2 : 0);
    while (key < rest.n &&
           (islower((unsigned char)rest.p[key]) || rest.p[key] == '_')) {
        key++;
    }
    rest = str_skip(rest, key);
    if (at < 2 || (key > 0 && !str_starts(rest, STR(":")))) {
        return false;
    }
    if (key > 0) {
        rest = str_skip(rest, str_starts(rest, STR(": ")) ? 2 : 1);
    }
    return (key > 0 && rest.n == 0) || is_quoted(rest) ||
           (rest.n > 0 && strspn(rest.p, "0123456789") >= rest.n);
}

static void assert_tap(struct str text, size_t points)
{
    struct str line;
    char plan[32];
    size_t number = 0;
    bool in_yaml = false;
    snprintf(plan, sizeof plan, "1..%zu", points);
    ck_assert(line_take(&text, &line) && str_is(line, "TAP version 14"));
    ck_assert(line_take(&text, &line) && str_is(line, plan));
    while (line_take(&text, &line)) {
        if (in_yaml) {
            in_yaml = !str_is(line, "  ...");
            if (in_yaml && !is_yaml(line)) {
                ck_abort_msg("no YAML: %.*s", STR_ARG(line));
            }
        } else if (str_is(line, "  ---")) {
            in_yaml = true;
        } else if (!str_starts(line, STR("# "))) {
            if (!is_point(line, ++number)) {
                ck_abort_msg("no test point: %.*s", STR_ARG(line));
            }
        }
    }
    ck_assert(!in_yaml);
    ck_assert_uint_eq(number, points);
}

START_TEST(tap_keeps_its_structure)
{
    for (int i = 0; i < TEXTS; i++) {
        struct fixture fixture;
        fixture_of_text(&fixture, &arena, text_of(i));
        struct str text = fixture_render(&fixture, "tap", NULL, &arena);
        assert_printable(text);
        assert_tap(text, fixture.plan_count);
        arena_reset(&arena);
    }
}
END_TEST

START_TEST(github_has_one_command_a_line)
{
    for (int i = 0; i < TEXTS; i++) {
        struct fixture fixture;
        struct str line;
        size_t errors = 0, others = 0, strange = 0;
        fixture_of_text(&fixture, &arena, text_of(i));
        struct str text = fixture_render(&fixture, "github", NULL, &arena);
        assert_printable(text);
        while (line_take(&text, &line)) {
            bool error = str_starts(line, STR("::error file="));
            errors += error;
            others += !error;
            strange += !error && !str_starts(line, STR("::warning file=")) &&
                       !str_starts(line, STR("::notice file=")) &&
                       !str_starts(line, STR("::notice title="));
        }
        ck_assert_uint_eq(strange, 0);
        ck_assert_uint_eq(errors, 4);
        ck_assert_uint_eq(others, 9);
        arena_reset(&arena);
    }
}
END_TEST

static size_t pipes_of(struct str line)
{
    size_t pipes = 0;
    for (size_t i = 0; i < line.n; i++) {
        pipes += line.p[i] == '|' && (i == 0 || line.p[i - 1] != '\\');
    }
    return pipes;
}

START_TEST(markdown_keeps_its_structure)
{
    for (int i = 0; i < TEXTS; i++) {
        struct fixture fixture;
        struct str line, fence = {0};
        size_t sections = 0, opened = 0, closed = 0, wrong_rows = 0;
        size_t columns = 0; /* of the table, by its first row */
        fixture_of_text(&fixture, &arena, text_of(i));
        struct str text = fixture_render(&fixture, "markdown", NULL, &arena);
        assert_printable(text);
        while (line_take(&text, &line)) {
            if (fence.n > 0) {
                fence = str_eq(line, fence) ? STR("") : fence;
            } else if (str_starts(line, STR("```"))) {
                fence = str_take(line, str_find(line, 't'));
            } else if (line.n > 0 && line.p[0] == '|') {
                columns = columns > 0 ? columns : pipes_of(line);
                wrong_rows += pipes_of(line) != columns || columns < 3;
            } else {
                columns = 0;
            }
            if (fence.n == 0) {
                sections += str_starts(line, STR("### "));
                opened += str_starts(line, STR("<details>"));
                closed += str_is(line, "</details>");
            }
        }
        ck_assert_uint_eq(fence.n, 0);
        ck_assert_uint_eq(wrong_rows, 0);
        ck_assert_uint_eq(sections, 5);
        ck_assert_uint_eq(opened, 12);
        ck_assert_uint_eq(closed, 12);
        arena_reset(&arena);
    }
}
END_TEST

/* A tag, from behind its '<' to its '>'; returns what is behind it, or .p NULL
 * if it is none, or closes another than the last. */
static struct str xml_tag(struct str rest, struct str *open, size_t *depth)
{
    const struct str none = {NULL, 0};
    size_t end = str_find(rest, '>');
    struct str tag = str_take(rest, end);
    if (end == rest.n || end == 0 || str_find(tag, '<') < end) {
        return none;
    }
    if (tag.p[0] == '/') {
        if (*depth == 0 || !str_eq(str_skip(tag, 1), open[*depth - 1])) {
            return none;
        }
        --*depth;
    } else if (tag.p[0] != '?' && tag.p[tag.n - 1] != '/') {
        if (*depth == TAGS_DEEP) {
            return none;
        }
        open[(*depth)++] = str_take(tag, str_find(tag, ' '));
    }
    return str_skip(rest, end + 1);
}

static bool xml_character(struct str rest)
{
    unsigned char byte = (unsigned char)rest.p[0];
    if (byte == '&') {
        return str_find(str_take(rest, 7), ';') < 7;
    }
    return byte != '>' && (byte >= 0x20 || byte == '\n' || byte == '\t') &&
           !str_starts(rest, STR("\xef\xbf\xbe")) &&
           !str_starts(rest, STR("\xef\xbf\xbf"));
}

/* Tags balance, every & is a reference, every character is one of XML's. */
static void assert_xml(struct str text)
{
    struct str open[TAGS_DEEP], rest = text;
    size_t depth = 0;
    while (rest.n > 0) {
        struct str place = str_take(rest, 60);
        if (rest.p[0] == '<') {
            rest = xml_tag(str_skip(rest, 1), open, &depth);
        } else {
            rest = xml_character(rest) ? str_skip(rest, 1) : (struct str){0};
        }
        if (!rest.p) {
            ck_abort_msg("not XML: %.*s", STR_ARG(place));
        }
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_uint_eq(utf8_bad_at(text), text.n);
}

/* All in one document, so that xmllint need be started only once. */
static void fixture_of_all(struct fixture *all)
{
    struct fixture one;
    struct run_result *results =
        arena_must(&arena, (size_t)TEXTS * OUTCOMES, sizeof *results);
    size_t count = 0;
    for (int i = 0; i < TEXTS; i++) {
        fixture_of_text(&one, &arena, text_of(i));
        for (size_t k = 0; k < one.result_count; k++) {
            results[count++] = one.results[k];
        }
    }
    one.plan = one.results = results;
    one.plan_count = one.result_count = count;
    one.run.started = STR("2026-03-27T10:05:00.5+02:00");
    *all = one;
}

static void lint(struct str text)
{
    char path[] = "/tmp/syncspec-junit-XXXXXX", command[256];
    if (system("command -v xmllint >/dev/null 2>&1") != 0) {
        return; /* assert_xml has looked already */
    }
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text.p, text.n), (ssize_t)text.n);
    close(file);
    /* It says "validates" also when all is well. */
    snprintf(command, sizeof command,
             "xmllint --noout --huge --schema tests/reports/junit.xsd %s "
             "2>/dev/null",
             path);
    int status = system(command);
    unlink(path);
    ck_assert_msg(status == 0, "xmllint does not like the report");
}

START_TEST(junit_is_valid)
{
    struct fixture all;
    fixture_of_all(&all);
    struct str text = fixture_render(&all, "junit", NULL, &arena);
    assert_xml(text);
    lint(text);
    fixture_build(&all, &arena);
    lint(fixture_render(&all, "junit", NULL, &arena));
    all = (struct fixture){0};
    lint(fixture_render(&all, "junit", NULL, &arena));
}
END_TEST

Suite *suite_bytes(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tcase = tcase_create("bytes");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, text_is_printable);
    tcase_add_test(tcase, json_lines_come_back_the_same);
    tcase_add_test(tcase, histories_come_back_the_same);
    tcase_add_test(tcase, tap_keeps_its_structure);
    tcase_add_test(tcase, github_has_one_command_a_line);
    tcase_add_test(tcase, markdown_keeps_its_structure);
    tcase_add_test(tcase, junit_is_valid);
    suite_add_tcase(suite, tcase);
    return suite;
}
