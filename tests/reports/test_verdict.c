/* SPDX-License-Identifier: MIT */
/* test_verdict - what a result comes to, and evidence that does not fit. */
#include "tests/reports/suites.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

static enum outcome sum_of(enum outcome a, enum outcome b)
{
    struct run_result result = {0};
    struct verdict first = {.outcome = a}, second = {.outcome = b};
    result_add(&result, &arena, &first);
    result_add(&result, &arena, &second);
    return result.outcome;
}

START_TEST(the_worst_stays)
{
    static const enum outcome ladder[] = {
        OUT_PASS,    OUT_SKIP,      OUT_UNIMPLEMENTED, OUT_FLAKY,
        OUT_INFO,    OUT_NONSTRICT, OUT_XFAIL,         OUT_NOT_RUN,
        OUT_UNKNOWN, OUT_XPASS,     OUT_FAIL,          OUT_ERROR};
    ck_assert_uint_eq(sizeof ladder / sizeof ladder[0], OUTCOMES);
    for (size_t a = 0; a < OUTCOMES; a++) {
        for (size_t b = 0; b < OUTCOMES; b++) {
            enum outcome worse = ladder[a > b ? a : b];
            ck_assert_int_eq(sum_of(ladder[a], ladder[b]), worse);
        }
    }
}
END_TEST

START_TEST(failures_are_few)
{
    for (int i = 0; i < OUTCOMES; i++) {
        enum outcome outcome = (enum outcome)i;
        bool fails = outcome == OUT_FAIL || outcome == OUT_XPASS;
        ck_assert_int_eq(outcome_fails(outcome, false), fails);
        ck_assert_int_eq(outcome_fails(outcome, true),
                         fails || outcome == OUT_NONSTRICT);
    }
}
END_TEST

START_TEST(passes_are_not_kept)
{
    struct run_result result = {0};
    struct verdict pass = {.outcome = OUT_PASS};
    struct verdict fail = {.outcome = OUT_FAIL, .what = STR("it")};
    result_add(&result, &arena, &pass);
    ck_assert_uint_eq(result.verdict_count, 0);
    for (int i = 0; i < 100; i++) {
        fail.line = (uint32_t)i;
        result_add(&result, &arena, &fail);
    }
    ck_assert_uint_eq(result.verdict_count, 100);
    ck_assert_uint_eq(result.verdicts[99].line, 99);
}
END_TEST

START_TEST(evidence_that_does_not_fit_is_told)
{
    struct verdict verdict = {0};
    for (int i = 1; i <= VERDICT_LINES; i++) {
        verdict_explain(&verdict, &arena, "line %d of %s", i, "it");
    }
    ck_assert_uint_eq(verdict.explain_count, VERDICT_LINES);
    ck_assert(str_is(verdict.explain[0], "line 1 of it"));
    ck_assert(str_is(verdict.explain[VERDICT_LINES - 1], "line 24 of it"));
    verdict_explain(&verdict, &arena, "one too many");
    ck_assert_uint_eq(verdict.explain_count, VERDICT_LINES);
    ck_assert(str_is(verdict.explain[VERDICT_LINES - 2], "line 23 of it"));
    ck_assert(str_is(verdict.explain[VERDICT_LINES - 1], "… and more"));
}
END_TEST

START_TEST(outcomes_have_names)
{
    static const char *const names[] = {
        "pass",      "fail", "unknown",       "skip",  "error", "not-run",
        "nonstrict", "info", "unimplemented", "xfail", "xpass", "flaky"};
    for (int i = 0; i < OUTCOMES; i++) {
        ck_assert_str_eq(outcome_name((enum outcome)i), names[i]);
    }
}
END_TEST

Suite *suite_verdict(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tcase = tcase_create("verdict");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_worst_stays);
    tcase_add_test(tcase, failures_are_few);
    tcase_add_test(tcase, passes_are_not_kept);
    tcase_add_test(tcase, evidence_that_does_not_fit_is_told);
    tcase_add_test(tcase, outcomes_have_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
