/* SPDX-License-Identifier: MIT */
/* test_report - the plan, the totals, the exit code, streams that fail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/renderer.h"
#include "tests/reports/suites.h"

static struct arena arena;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

static const struct {
    struct report_totals totals;
    int code;
} exits[] = {
    {{0}, 4},
    {{.planned = 3, .skipped = 3}, 4},
    {{.planned = 3, .not_run = 3}, 4},
    {{.planned = 3, .skipped = 2, .not_run = 1}, 4},
    {{.planned = 1, .passed = 1}, 0},
    {{.planned = 2, .passed = 1, .skipped = 1}, 0},
    {{.planned = 2, .passed = 1, .not_run = 1}, 3},
    {{.planned = 2, .passed = 1, .unknown = 1}, 2},
    {{.planned = 1, .unknown = 1}, 2},
    {{.planned = 3, .passed = 1, .unknown = 1, .failed = 1}, 1},
    {{.planned = 2, .failed = 1, .not_run = 1}, 1},
    {{.planned = 3, .failed = 1, .errors = 1, .unknown = 1}, 3},
    {{.planned = 1, .errors = 1}, 3},
    {{.planned = 2, .errors = 1, .skipped = 1}, 3},
    {{.planned = 1, .nonstrict = 1}, 0},
    {{.planned = 1, .nonstrict = 1, .strict = true}, 1},
    {{.planned = 1, .info = 1, .strict = true}, 0},
    {{.planned = 1, .xfail = 1, .strict = true}, 0},
    {{.planned = 1, .flaky = 1, .strict = true}, 0},
    {{.planned = 2, .unimplemented = 2}, 4},
    {{.planned = 2, .unimplemented = 1, .passed = 1}, 0},
    {{.planned = 2, .xpass = 1, .passed = 1}, 1},
    {{.planned = 2, .xpass = 1, .errors = 1}, 3},
    {{.planned = 2, .nonstrict = 1, .unknown = 1}, 2},
    {{.planned = 2, .nonstrict = 1, .not_run = 1}, 3},
};

START_TEST(exit_codes)
{
    ck_assert_int_eq(report_exit_code(&exits[_i].totals), exits[_i].code);
}
END_TEST

START_TEST(unknown_format_is_refused)
{
    ck_assert_ptr_null(report_create(STR("texts"), stdout, NULL, &err));
    ck_assert_int_eq(err.status, ST_NOT_FOUND);
    ck_assert_str_eq(err.text,
                     "no report format \"texts\": there are text, junit, tap, "
                     "jsonl, markdown, github, clauses, badge and shields");
    ck_assert_ptr_null(report_create(STR(""), stdout, NULL, NULL));
}
END_TEST

START_TEST(annotations_make_markdown_github)
{
    struct report_options options = {.annotations = true};
    struct report *report =
        report_create(STR("markdown"), NULL, &options, &err);
    ck_assert_str_eq(report->renderer->name, "github");
    report_free(report);
    report = report_create(STR("tap"), NULL, &options, &err);
    ck_assert_str_eq(report->renderer->name, "tap");
    report_free(report);
}
END_TEST

static struct report_totals run_totals(const struct run_result *plan,
                                       size_t plan_count,
                                       const struct run_result *results,
                                       size_t count)
{
    struct report *report = report_new(&null_renderer, NULL, NULL);
    struct report_run run = {0};
    struct report_totals totals;
    report_begin(report, &run, plan, plan_count);
    for (size_t i = 0; i < count; i++) {
        report_result(report, &results[i]);
    }
    ck_assert_int_eq(report_end(report, 5, &totals, &err), ST_OK);
    report_free(report);
    return totals;
}

START_TEST(totals_count_every_outcome)
{
    struct fixture fixture;
    fixture_build(&fixture, &arena);
    struct report_totals totals =
        run_totals(fixture.plan, fixture.plan_count, fixture.results,
                   fixture.result_count);
    ck_assert_uint_eq(totals.planned, 9);
    ck_assert_uint_eq(totals.passed, 1);
    ck_assert_uint_eq(totals.failed, 2);
    ck_assert_uint_eq(totals.unknown, 1);
    ck_assert_uint_eq(totals.skipped, 1);
    ck_assert_uint_eq(totals.errors, 2);
    ck_assert_uint_eq(totals.not_run, 2);
    ck_assert_uint_eq(totals.steps, 63);
    ck_assert_uint_eq(totals.requests, 42);
    ck_assert_int_eq(totals.took_ms, 5);
}
END_TEST

START_TEST(totals_count_every_grade)
{
    struct fixture fixture;
    fixture_grades(&fixture, &arena);
    struct report_totals totals =
        run_totals(fixture.plan, fixture.plan_count, fixture.results,
                   fixture.result_count);
    size_t sum = 0;
    for (size_t i = 0; i < OUTCOMES; i++) {
        sum += totals_get(&totals, &totals_rows[i]);
    }
    ck_assert_uint_eq(sum, fixture.plan_count);
    ck_assert_uint_eq(totals.nonstrict, 1);
    ck_assert_uint_eq(totals.info, 1);
    ck_assert_uint_eq(totals.unimplemented, 1);
    ck_assert_uint_eq(totals.xfail, 1);
    ck_assert_uint_eq(totals.xpass, 1);
    ck_assert_uint_eq(totals.flaky, 1);
}
END_TEST

START_TEST(planned_and_not_ended_is_not_run)
{
    struct run_result plan[5] = {{.id = STR("a"), .world = STR("x")},
                                 {.id = STR("b"), .world = STR("x")},
                                 {.id = STR("a"), .world = STR("y")},
                                 {.id = STR("b"), .world = STR("x")},
                                 {.id = STR("b"), .world = STR("x")}};
    struct run_result ended[3] = {plan[2], plan[1], plan[1]};
    struct report_totals totals = run_totals(plan, 5, ended, 3);
    ck_assert_uint_eq(totals.planned, 5);
    ck_assert_uint_eq(totals.passed, 3);
    ck_assert_uint_eq(totals.not_run, 2);
}
END_TEST

START_TEST(beyond_the_plan_counts_as_planned)
{
    struct run_result plan[1] = {{.id = STR("a")}};
    struct run_result ended[3] = {plan[0], plan[0], {.id = STR("z")}};
    struct report_totals totals = run_totals(plan, 1, ended, 3);
    ck_assert_uint_eq(totals.planned, 3);
    ck_assert_uint_eq(totals.passed, 3);
    ck_assert_uint_eq(totals.not_run, 0);
}
END_TEST

/* Many of one name and many of many names: each is found, and at once. */
START_TEST(large_plans_are_ticked_off)
{
    enum { MANY = 20000 };
    struct run_result *plan = arena_must(&arena, MANY * 2, sizeof *plan);
    for (size_t i = 0; i < MANY; i++) {
        plan[i].id = STR("same");
        plan[MANY + i].id = arena_printf(&arena, "name %zu", i);
    }
    struct report_totals totals =
        run_totals(plan, MANY * 2, plan + 1, MANY * 2 - 1);
    ck_assert_uint_eq(totals.passed, MANY * 2 - 1);
    ck_assert_uint_eq(totals.not_run, 1);
}
END_TEST

static const char *const formats[] = {"text",  "junit",    "tap",
                                      "jsonl", "markdown", "github"};

START_TEST(a_full_disk_is_told)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full) {
        return; /* not on this system */
    }
    struct fixture fixture;
    fixture_build(&fixture, &arena);
    struct report *report =
        report_create(str_of(formats[_i]), full, NULL, &err);
    report_begin(report, &fixture.run, fixture.plan, fixture.plan_count);
    report_result(report, &fixture.results[0]);
    struct report_totals totals = {0};
    enum status status = report_end(report, 0, &totals, &err);
    ck_assert_int_eq(status, ST_IO);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "the %s report cannot be written: %s",
             formats[_i], "No space left on device");
    ck_assert_str_eq(err.text, wanted);
    ck_assert_uint_eq(totals.passed, 1);
    report_free(report);
    fclose(full);
}
END_TEST

START_TEST(freeing_at_any_time)
{
    struct fixture fixture;
    fixture_build(&fixture, &arena);
    FILE *nowhere = fopen("/dev/null", "w");
    for (int stage = 0; stage < 3; stage++) {
        struct report *report =
            report_create(str_of(formats[_i]), nowhere, NULL, &err);
        ck_assert_ptr_nonnull(report);
        if (stage > 0) {
            report_begin(report, &fixture.run, fixture.plan,
                         fixture.plan_count);
        }
        for (size_t i = 0; stage > 1 && i < fixture.result_count; i++) {
            report_result(report, &fixture.results[i]);
        }
        report_free(report);
    }
    report_free(NULL);
    fclose(nowhere);
}
END_TEST

static void assert_duration(int64_t ms, const char *wanted)
{
    struct buf out;
    buf_init(&out, 100);
    duration_write(ms, &out);
    ck_assert_str_eq(out.p, wanted);
    buf_free(&out);
}

START_TEST(durations)
{
    assert_duration(0, "0 ms");
    assert_duration(999, "999 ms");
    assert_duration(1000, "1.0 s");
    assert_duration(1290, "1.2 s");
    assert_duration(99999, "99.9 s");
    assert_duration(134000, "2 min 14 s");
}
END_TEST

/* What a page cannot hold is counted, not lost, and the page stays under the
 * size that CI systems show. */
START_TEST(markdown_of_many_failures_fits)
{
    enum { MANY = 3000 };
    struct fixture fixture;
    fixture_build(&fixture, &arena);
    struct run_result *results = arena_must(&arena, MANY * 2, sizeof *results);
    for (size_t i = 0; i < MANY; i++) {
        results[i] = fixture.results[1];
        results[MANY + i] = fixture.results[4];
    }
    fixture.plan = fixture.results = results;
    fixture.plan_count = fixture.result_count = MANY * 2;
    struct str page = fixture_render(&fixture, "markdown", NULL, &arena);
    ck_assert_uint_lt(page.n, 1 << 20);
    ck_assert(str_holds(page, STR(" more failures do not fit")));
    ck_assert(str_holds(page, STR(" more of \"Skipped\" do not fit")));
    ck_assert(str_holds(page, STR("| failed | 3000 |")));
}
END_TEST

static size_t count_of(struct str text, const char *part)
{
    size_t count = 0;
    struct str wanted = str_of(part);
    for (size_t i = 0; i < text.n; i++) {
        count += str_starts(str_skip(text, i), wanted);
    }
    return count;
}

static struct str text_of(struct run_result *results, size_t count,
                          bool verbose)
{
    const struct report_options options = {.verbose = verbose};
    const struct fixture fixture = {.plan = results,
                                    .plan_count = count,
                                    .results = results,
                                    .result_count = count,
                                    .took_ms = -1};
    return fixture_render(&fixture, "text", &options, &arena);
}

/* Three of a clause are told in full, and twenty of all: each further one in a
 * line that has its reason. */
START_TEST(text_of_many_failures_is_short)
{
    enum { MANY = 30 };
    size_t clause_count;
    const struct clause *clauses = clause_all(&clause_count);
    struct run_result results[MANY];
    struct str text;

    ck_assert_uint_ge(clause_count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        results[i] = fixture_case(arena_printf(&arena, "push/like#%zu", i).p,
                                  "PUSH-5", OUT_FAIL, "PUSH-5", &arena);
    }
    text = text_of(results, 3, false);
    ck_assert_uint_eq(count_of(text, "  clause    PUSH-5"), 3);
    ck_assert(!str_holds(text, STR("in one line each")));
    text = text_of(results, 5, false);
    ck_assert_uint_eq(count_of(text, "  clause    PUSH-5"), 3);
    ck_assert(str_holds(text, STR("\nFAIL  push/like#4 (")));
    ck_assert(str_holds(text, STR("; expected 400; actual 200\n")));
    ck_assert(str_holds(text, STR("\n2 of these in one line each (--verbose)"
                                  "\n")));
    ck_assert_uint_eq(count_of(text_of(results, 5, true), "  clause    PUSH-5"),
                      5);
    for (size_t i = 0; i < MANY; i++) {
        results[i] = fixture_case(arena_printf(&arena, "push/other#%zu", i).p,
                                  "PUSH-5", OUT_FAIL, clauses[i].id, &arena);
    }
    text = text_of(results, 20, false);
    ck_assert_uint_eq(count_of(text, "  clause    "), 20);
    ck_assert(!str_holds(text, STR("in one line each")));
    text = text_of(results, MANY, false);
    ck_assert_uint_eq(count_of(text, "  clause    "), 20);
    ck_assert(str_holds(text, STR("\n10 of these in one line each")));
    ck_assert_uint_eq(count_of(text_of(results, MANY, true), "  clause    "),
                      MANY);
}
END_TEST

Suite *suite_report(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    const int format_count = sizeof formats / sizeof formats[0];
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, exit_codes, 0, sizeof exits / sizeof exits[0]);
    tcase_add_test(tcase, unknown_format_is_refused);
    tcase_add_test(tcase, annotations_make_markdown_github);
    tcase_add_test(tcase, totals_count_every_outcome);
    tcase_add_test(tcase, totals_count_every_grade);
    tcase_add_test(tcase, planned_and_not_ended_is_not_run);
    tcase_add_test(tcase, beyond_the_plan_counts_as_planned);
    tcase_add_test(tcase, large_plans_are_ticked_off);
    tcase_add_loop_test(tcase, a_full_disk_is_told, 0, format_count);
    tcase_add_loop_test(tcase, freeing_at_any_time, 0, format_count);
    tcase_add_test(tcase, durations);
    tcase_add_test(tcase, markdown_of_many_failures_fits);
    tcase_add_test(tcase, text_of_many_failures_is_short);
    suite_add_tcase(suite, tcase);
    return suite;
}
