/* SPDX-License-Identifier: MIT */
/* test_golden - each format against a file that was read by a person.
 * SYNCSPEC_UPDATE=1 writes the files anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "reports/jsonl.h"
#include "tests/reports/suites.h"

enum { GOLDEN_BYTES = 1 << 20, PATH_BYTES = 256 };

static const struct golden {
    const char *file, *format;
    struct report_options options;
} goldens[] = {
    {"text.txt", "text", {0}},
    {"text_color.txt", "text", {.color = true}},
    {"text_verbose.txt", "text", {.verbose = true}},
    {"text_trace.txt", "text", {.trace = true}},
    {"junit.xml", "junit", {0}},
    {"tap.txt", "tap", {0}},
    {"results.jsonl", "jsonl", {0}},
    {"results_trace.jsonl", "jsonl", {.trace = true}},
    {"markdown.md", "markdown", {0}},
    {"github.txt", "github", {0}},
    {"clauses.md", "clauses", {0}},
    {"badge.svg", "badge", {0}},
    {"badge.json", "shields", {0}},
};
enum { GOLDENS = sizeof goldens / sizeof goldens[0] };

static const struct golden conformance_goldens[] = {
    {"text.txt", "text", {0}},
    {"text_color.txt", "text", {.color = true}},
    {"markdown.md", "markdown", {0}},
    {"clauses.md", "clauses", {0}},
    {"badge.svg", "badge", {0}},
    {"badge.json", "shields", {0}},
};
enum {
    CONFORMANCE_GOLDENS =
        sizeof conformance_goldens / sizeof conformance_goldens[0]
};

static struct arena arena;
static struct fixture fixture;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    fixture_build(&fixture, &arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

static struct str file_read(const char *path)
{
    static char bytes[GOLDEN_BYTES];
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s: cannot be opened", path);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ck_assert_uint_lt(size, sizeof bytes);
    return (struct str){bytes, size};
}

static void file_write(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s: cannot be written", path);
    ck_assert_uint_eq(fwrite(text.p, 1, text.n, file), text.n);
    ck_assert_int_eq(fclose(file), 0);
}

static struct str line_at(struct str text, size_t at)
{
    while (at > 0 && text.p[at - 1] != '\n') {
        at--;
    }
    struct str rest = str_skip(text, at);
    return str_take(rest, str_find(rest, '\n'));
}

static void compare(const char *folder, const struct golden *golden,
                    struct str found)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "tests/reports/golden/%s%s", folder,
             golden->file);
    if (getenv("SYNCSPEC_UPDATE")) {
        file_write(path, found);
        return;
    }
    struct str wanted = file_read(path);
    size_t at = 0, line = 1;
    while (at < wanted.n && at < found.n && wanted.p[at] == found.p[at]) {
        line += wanted.p[at++] == '\n';
    }
    if (at == wanted.n && at == found.n) {
        return;
    }
    ck_abort_msg("%s:%zu differs\n  wanted %.*s\n  found  %.*s", path, line,
                 STR_ARG(line_at(wanted, at)), STR_ARG(line_at(found, at)));
}

START_TEST(every_outcome)
{
    const struct golden *golden = &goldens[_i];
    compare("", golden,
            fixture_render(&fixture, golden->format, &golden->options, &arena));
}
END_TEST

START_TEST(every_grade)
{
    const struct golden *golden = &goldens[_i];
    struct fixture grades;
    if (golden->options.trace) {
        return;
    }
    fixture_grades(&grades, &arena);
    compare("grades_", golden,
            fixture_render(&grades, golden->format, &golden->options, &arena));
    struct str lines = fixture_render(&grades, "jsonl", NULL, &arena);
    compare("grades_", golden,
            fixture_replay(lines, golden->format, &golden->options, &arena));
}
END_TEST

/* A strict run: what is nonstrict is a failure, also when it is told later. */
START_TEST(every_grade_strictly)
{
    const struct golden *golden = &goldens[_i];
    struct fixture grades;
    if (golden->options.trace || golden->options.color ||
        golden->options.verbose) {
        return;
    }
    fixture_grades(&grades, &arena);
    grades.plan_count = grades.result_count = 2;
    grades.run.strict = true;
    compare("strict_", golden,
            fixture_render(&grades, golden->format, &golden->options, &arena));
    struct str lines = fixture_render(&grades, "jsonl", NULL, &arena);
    compare("strict_", golden,
            fixture_replay(lines, golden->format, &golden->options, &arena));
}
END_TEST

/* What a server reaches, from the results and from their lines. */
START_TEST(a_conformance_run)
{
    const struct golden *golden = &conformance_goldens[_i];
    struct fixture run;
    fixture_conformance(&run, &arena);
    compare("conformance_", golden,
            fixture_render(&run, golden->format, &golden->options, &arena));
    struct str lines = fixture_render(&run, "jsonl", NULL, &arena);
    compare("conformance_", golden,
            fixture_replay(lines, golden->format, &golden->options, &arena));
}
END_TEST

START_TEST(nothing_at_all)
{
    const struct golden *golden = &goldens[_i];
    struct fixture nothing = {0};
    if (golden->options.color || golden->options.verbose ||
        golden->options.trace) {
        return;
    }
    compare("nothing_", golden,
            fixture_render(&nothing, golden->format, NULL, &arena));
}
END_TEST

START_TEST(all_pass)
{
    const struct golden *golden = &goldens[_i];
    struct fixture passing = fixture;
    if (golden->options.color || golden->options.trace) {
        return;
    }
    passing.plan_count = passing.result_count = 1;
    compare("pass_", golden,
            fixture_render(&passing, golden->format, &golden->options, &arena));
}
END_TEST

/* The same file from the lines of the trace as from the run itself. */
START_TEST(replay_renders_the_same)
{
    const struct golden *golden = &goldens[_i];
    struct report_options trace = {.trace = true};
    struct str lines = fixture_render(&fixture, "jsonl", &trace, &arena);
    compare("", golden,
            fixture_replay(lines, golden->format, &golden->options, &arena));
}
END_TEST

/* Every member name of a document must be in the manual, as `name`. */
static void assert_documented(const struct json_node *node, struct str manual)
{
    for (const struct json_node *child = json_child(node); child;
         child = json_next(child)) {
        enum json_type type = json_type(child);
        if (json_type(node) == JSON_OBJECT) {
            struct str name =
                arena_printf(&arena, "`%.*s`", STR_ARG(json_name(child)));
            ck_assert_msg(str_holds(manual, name), "%.*s is not in the manual",
                          STR_ARG(name));
        }
        if (type == JSON_OBJECT || type == JSON_ARRAY) {
            assert_documented(child, manual);
        }
    }
}

static void assert_all_documented(const struct fixture *run)
{
    struct report_options trace = {.trace = true};
    struct str manual = arena_str(&arena, file_read("docs/report-schema.md"));
    struct str lines = fixture_render(run, "jsonl", &trace, &arena);
    while (lines.n > 0) {
        const struct json_node *node;
        struct err err = {0};
        size_t end = str_find(lines, '\n');
        ck_assert_msg(json_read(str_take(lines, end), &json_limits_default,
                                &arena, &node, &err) == ST_OK,
                      "%s", err.text);
        assert_documented(node, manual);
        lines = str_skip(lines, end + 1);
    }
}

START_TEST(manual_knows_every_member)
{
    struct fixture grades;
    fixture_grades(&grades, &arena);
    assert_all_documented(&fixture);
    assert_all_documented(&grades);
}
END_TEST

/* Every name that a member may say, too. */
START_TEST(manual_knows_every_name)
{
    struct str manual = file_read("docs/report-schema.md");
    const char *names[64];
    size_t count = 0;
    for (int i = 0; i <= LIFE_SERVER_WIPE; i++) {
        names[count++] = life_name((enum life)i);
    }
    for (int i = 0; i <= REPLY_GARBLED; i++) {
        names[count++] = reply_kind_name((enum reply_kind)i);
    }
    for (int i = 0; i < OUTCOMES; i++) {
        names[count++] = outcome_name((enum outcome)i);
    }
    for (size_t i = 0; jsonl_event_kinds[i]; i++) {
        names[count++] = jsonl_event_kinds[i];
    }
    for (size_t i = 0; i < count; i++) {
        struct str name = arena_printf(&arena, "`%s`", names[i]);
        ck_assert_msg(str_holds(manual, name), "%s is not in the manual",
                      names[i]);
    }
}
END_TEST

Suite *suite_golden(void)
{
    Suite *suite = suite_create("golden");
    TCase *tcase = tcase_create("golden");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_outcome, 0, GOLDENS);
    tcase_add_loop_test(tcase, every_grade, 0, GOLDENS);
    tcase_add_loop_test(tcase, every_grade_strictly, 0, GOLDENS);
    tcase_add_loop_test(tcase, a_conformance_run, 0, CONFORMANCE_GOLDENS);
    tcase_add_loop_test(tcase, nothing_at_all, 0, GOLDENS);
    tcase_add_loop_test(tcase, all_pass, 0, GOLDENS);
    tcase_add_loop_test(tcase, replay_renders_the_same, 0, GOLDENS);
    tcase_add_test(tcase, manual_knows_every_member);
    tcase_add_test(tcase, manual_knows_every_name);
    suite_add_tcase(suite, tcase);
    return suite;
}
