/* SPDX-License-Identifier: MIT */
/* test_replay - JSON lines read again: cut files, bad files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reports/suites.h"

static struct arena arena;
static struct fixture fixture;
static struct report_totals totals;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)256 << 20);
    fixture_build(&fixture, &arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

START_TEST(totals_come_back)
{
    struct str lines = fixture_render(&fixture, "jsonl", NULL, &arena);
    ck_assert_int_eq(fixture_totals(lines, &totals, &err), ST_OK);
    ck_assert_uint_eq(totals.planned, 9);
    ck_assert_uint_eq(totals.failed, 2);
    ck_assert_uint_eq(totals.errors, 2);
    ck_assert_uint_eq(totals.not_run, 2);
    ck_assert_uint_eq(totals.requests, 42);
    ck_assert_int_eq(totals.took_ms, 12345);
    ck_assert_int_eq(report_exit_code(&totals), 3);
}
END_TEST

static size_t sum_of(const struct report_totals *sums)
{
    return sums->passed + sums->failed + sums->unknown + sums->skipped +
           sums->errors + sums->not_run;
}

/* Wherever the file is cut behind its first line: everything that was planned
 * is accounted for, and nothing that had ended is lost. */
START_TEST(a_cut_anywhere_is_understood)
{
    struct report_options trace = {.trace = true};
    struct str lines = fixture_render(&fixture, "jsonl", &trace, &arena);
    size_t first = str_find(lines, '\n'), ended = 0, results = 0;
    for (size_t cut = first; cut <= lines.n; cut++) {
        if (cut > 0 && lines.p[cut - 1] == '\n') {
            results +=
                str_starts(str_skip(lines, ended), STR("{\"type\":\"result\""));
            ended = cut;
        } else if (cut - ended > 12 && cut % 97 != 0) {
            continue; /* each place of a long string is like the next */
        }
        enum status status =
            fixture_totals(str_take(lines, cut), &totals, &err);
        ck_assert_msg(status == ST_OK, "cut at %zu: %s", cut, err.text);
        ck_assert_uint_eq(totals.planned, 9);
        ck_assert_uint_eq(sum_of(&totals), 9);
        /* One of the results is told as not run by the run itself.  A line
         * that lacks nothing but its newline is whole. */
        size_t told = 9 - totals.not_run + (results > 6 ? 2 : 0);
        ck_assert_msg(told + 1 >= results, "cut at %zu: %zu of %zu", cut, told,
                      results);
    }
    ck_assert_int_eq(totals.took_ms, 12345);
}
END_TEST

START_TEST(a_cut_first_line_is_no_report)
{
    struct str lines = fixture_render(&fixture, "jsonl", NULL, &arena);
    for (size_t cut = 1; cut < str_find(lines, '\n'); cut++) {
        ck_assert_int_eq(fixture_totals(str_take(lines, cut), &totals, &err),
                         ST_SYNTAX);
        ck_assert_msg(str_starts(str_of(err.text), STR("line 1: ")), "%s",
                      err.text);
    }
    ck_assert_int_eq(fixture_totals(STR(""), &totals, &err), ST_SYNTAX);
    ck_assert_str_eq(err.text, "line 1: not a report: the file is empty");
}
END_TEST

#define RUN                                                                    \
    "{\"type\":\"run\",\"schema\":\"syncspec.report/1\",\"seed\":\"7\","       \
    "\"planned\":1}\n"
#define PLAN   "{\"type\":\"plan\",\"id\":\"a\"}\n"
#define RESULT "{\"type\":\"result\",\"id\":\"a\",\"outcome\":\"pass\"}\n"

START_TEST(those_without_result_are_told)
{
    struct str text = fixture_replay(STR(RUN PLAN), "text", NULL, &arena);
    ck_assert_msg(str_holds(text, STR("not run 1: the run ended before it")),
                  "%.*s", STR_ARG(text));
    ck_assert_msg(str_holds(text, STR("1 scenario: 0 passed, 1 not run\n")),
                  "%.*s", STR_ARG(text));
    /* The plan itself is cut. */
    text = fixture_replay(STR(RUN), "tap", NULL, &arena);
    ck_assert_msg(
        str_holds(text, STR("not ok 1 - planned \\#1, its name was cut off\n")),
        "%.*s", STR_ARG(text));
}
END_TEST

START_TEST(later_members_and_lines_are_ignored)
{
    ck_assert_int_eq(
        fixture_totals(STR(RUN "{\"type\":\"plan\",\"id\":\"a\",\"new\":[1]}\n"
                               "{\"type\":\"news\"}\n" RESULT),
                       &totals, &err),
        ST_OK);
    ck_assert_uint_eq(totals.passed, 1);
}
END_TEST

static const struct {
    struct str lines;
    const char *error;
} refused[] = {
    {LIT("\n"), "line 1: "},
    {LIT("[]\n"), "line 1: line: expected an object, found an array"},
    {LIT(RESULT), "line 1: not a report: expected a line of type \"run\""},
    {LIT("{\"type\":\"run\"}\n"),
     "line 1: schema: expected \"syncspec.report/1\", found \"\""},
    {LIT("{\"type\":\"run\",\"schema\":\"syncspec.report/2\"}\n"),
     "line 1: schema: expected \"syncspec.report/1\", found "
     "\"syncspec.report/2\""},
    {LIT("{\"type\":\"run\",\"schema\":\"syncspec.report/1\","
         "\"planned\":1048577}\n"),
     "line 1: planned: expected 0 to 1048576, found 1048577"},
    {LIT("{\"type\":\"run\",\"schema\":\"syncspec.report/1\","
         "\"seed\":\"18446744073709551616\"}\n"),
     "line 1: seed: expected a number of 64 bits in base 10"},
    {LIT("{\"type\":\"run\",\"schema\":\"syncspec.report/1\","
         "\"facts\":[\"x\"]}\n"),
     "line 1: facts: expected an object, found a string"},
    {LIT("{\"type\":\"run\",\"schema\":\"syncspec.report/1\","
         "\"facts\":[{\"value\":5000}]}\n"),
     "line 1: value: expected a string, found a number"},
    {LIT(RUN RUN), "line 2: a second run: one file holds one report"},
    {LIT(RUN PLAN PLAN), "line 3: a plan line too many: the run line says 1"},
    {LIT(RUN RESULT PLAN), "line 3: a plan line too many"},
    {LIT(RUN PLAN "{\"type\":\n" RESULT), "line 3: "},
    {LIT(RUN PLAN "\n"), "line 3: "},
    {LIT(RUN PLAN "{\"type\":7}\n"),
     "line 3: type: expected a string, found a number"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"id\":\"a\"}\n"),
     "line 3: outcome: is missing"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"passed\"}\n"),
     "line 3: outcome: expected one of pass, fail, unknown, skip, error, "
     "not-run, nonstrict, info, unimplemented, xfail, xpass, flaky; found "
     "\"passed\""},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"pass\","
                  "\"hash\":\"xyz\"}\n"),
     "line 3: hash: expected a number of 64 bits in base 16"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"pass\",\"steps\":-1}\n"),
     "line 3: steps: expected 0 to "},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"pass\","
                  "\"covers\":[1]}\n"),
     "line 3: covers: expected a string, found a number"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"pass\","
                  "\"verdicts\":[{\"outcome\":\"fail\"}]}\n"),
     "line 3: outcome: says pass, but a verdict says fail"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"fail\","
                  "\"verdicts\":[{\"what\":\"x\"}]}\n"),
     "line 3: outcome: is missing"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"fail\",\"verdicts\":[{"
                  "\"outcome\":\"fail\",\"explain\":[1,2,3,4,5,6,7,8,9,10,11,"
                  "12,13,14,15,16,17,18,19,20,21,22,23,24,25]}]}\n"),
     "line 3: explain: expected a string, found a number"},
    {LIT(RUN PLAN
         "{\"type\":\"result\",\"outcome\":\"fail\",\"verdicts\":[{"
         "\"outcome\":\"fail\",\"explain\":[\"\",\"\",\"\",\"\",\"\",\"\","
         "\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
         "\"\",\"\",\"\",\"\",\"\",\"\"]}]}\n"),
     "line 3: explain: expected at most 24 lines"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"fail\",\"verdicts\":[{"
                  "\"outcome\":\"fail\",\"exchanges\":[{},{},{},{}]}]}\n"),
     "line 3: exchanges: expected at most 3"},
    {LIT(RUN PLAN "{\"type\":\"result\",\"outcome\":\"fail\",\"verdicts\":[{"
                  "\"outcome\":\"fail\",\"exchanges\":[{\"request\":7}]}]}\n"),
     "line 3: request: expected an object, found a number"},
    {LIT(RUN PLAN "{\"type\":\"event\",\"id\":\"a\",\"event\":{}}\n"),
     "line 3: an event without its history line"},
    {LIT(RUN PLAN "{\"type\":\"history\",\"id\":\"a\",\"actors\":[{}]}\n"
                  "{\"type\":\"event\",\"id\":\"b\",\"event\":{}}\n"),
     "line 4: an event without its history line"},
    {LIT(RUN PLAN "{\"type\":\"history\",\"id\":\"a\",\"actors\":[{}]}\n"
                  "{\"type\":\"event\",\"id\":\"a\"}\n"),
     "line 4: event: is missing"},
    {LIT(RUN PLAN "{\"type\":\"history\",\"id\":\"a\",\"actors\":[3]}\n"),
     "line 3: actors: expected an object, found a number"},
    {LIT(RUN PLAN RESULT "{\"type\":\"end\",\"planned\":1,\"passed\":1}\n"
                         "{\"type\":\"end\"}\n"),
     "line 5: there is more after the end line"},
    {LIT(RUN PLAN "{\"type\":\"end\",\"planned\":1,\"passed\":1}\n"),
     "passed: the end line says 1, its lines come to 0"},
};

START_TEST(bad_lines_are_refused)
{
    enum status status = fixture_totals(refused[_i].lines, &totals, &err);
    ck_assert(status == ST_SYNTAX || status == ST_UNSUPPORTED);
    ck_assert_msg(str_starts(str_of(err.text), str_of(refused[_i].error)),
                  "wanted \"%s\", found \"%s\"", refused[_i].error, err.text);
    ck_assert_int_eq(err.status, status);
}
END_TEST

START_TEST(more_facts_than_fit_are_refused)
{
    for (int count = REPORT_FACTS; count <= REPORT_FACTS + 1; count++) {
        struct buf line;
        buf_init(&line, 65536);
        buf_puts(&line, "{\"type\":\"run\",\"schema\":\"syncspec.report/1\","
                        "\"facts\":[{}");
        for (int i = 1; i < count; i++) {
            buf_puts(&line, ",{}");
        }
        buf_puts(&line, "]}\n");
        enum status status = fixture_totals(buf_view(&line), &totals, &err);
        ck_assert_int_eq(status, count > REPORT_FACTS ? ST_LIMIT : ST_OK);
        buf_free(&line);
    }
    ck_assert_str_eq(err.text, "line 1: facts: over 256");
}
END_TEST

/* Several at once, from one reading. */
START_TEST(several_renderers_are_fed)
{
    char *texts[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    FILE *out[2] = {open_memstream(&texts[0], &sizes[0]),
                    open_memstream(&texts[1], &sizes[1])};
    struct report *to[2] = {report_create(STR("tap"), out[0], NULL, &err),
                            report_create(STR("jsonl"), out[1], NULL, &err)};
    struct str lines = fixture_render(&fixture, "jsonl", NULL, &arena);
    FILE *in = fmemopen((void *)(uintptr_t)lines.p, lines.n, "r");
    ck_assert_int_eq(report_replay(in, to, 2, &totals, &err), ST_OK);
    for (int i = 0; i < 2; i++) {
        report_free(to[i]);
        fclose(out[i]);
    }
    fclose(in);
    struct str tap = fixture_render(&fixture, "tap", NULL, &arena);
    ck_assert(str_eq((struct str){texts[0], sizes[0]}, tap));
    ck_assert(str_eq((struct str){texts[1], sizes[1]}, lines));
    free(texts[0]);
    free(texts[1]);
}
END_TEST

START_TEST(a_failing_stream_is_told)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full) {
        return; /* not on this system */
    }
    struct report *to = report_create(STR("tap"), full, NULL, &err);
    struct str lines = fixture_render(&fixture, "jsonl", NULL, &arena);
    FILE *in = fmemopen((void *)(uintptr_t)lines.p, lines.n, "r");
    ck_assert_int_eq(report_replay(in, &to, 1, &totals, &err), ST_IO);
    ck_assert_uint_eq(totals.planned, 9);
    report_free(to);
    fclose(in);
    fclose(full);
}
END_TEST

START_TEST(an_unreadable_file_is_told)
{
    FILE *in = fopen("tests", "r"); /* a folder opens, but does not read */
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(report_replay(in, NULL, 0, &totals, &err), ST_IO);
    ck_assert_str_eq(err.text, "line 1: the file cannot be read");
    fclose(in);
}
END_TEST

Suite *suite_replay(void)
{
    Suite *suite = suite_create("replay");
    TCase *tcase = tcase_create("replay");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, totals_come_back);
    tcase_add_test(tcase, a_cut_anywhere_is_understood);
    tcase_add_test(tcase, a_cut_first_line_is_no_report);
    tcase_add_test(tcase, those_without_result_are_told);
    tcase_add_test(tcase, later_members_and_lines_are_ignored);
    tcase_add_loop_test(tcase, bad_lines_are_refused, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, more_facts_than_fit_are_refused);
    tcase_add_test(tcase, several_renderers_are_fed);
    tcase_add_test(tcase, a_failing_stream_is_told);
    tcase_add_test(tcase, an_unreadable_file_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
