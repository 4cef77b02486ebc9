/* SPDX-License-Identifier: MIT */
/* test_levels - what a run's results say of clauses, and which profile they
 * show. */
#include <stdio.h>

#include "reports/levels.h"
#include "tests/reports/suites.h"

enum { RESULTS_MAX = 256 };

static struct arena arena;
static struct clause_sums sums;
static struct report_run run;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    clause_sums_init(&sums, &arena);
    run = (struct report_run){.profile = STR("strict")};
}

static void teardown(void)
{
    arena_free(&arena);
}

/* All clauses of a server pass, but for those whose ids start with that. */
static void all_pass_but(const char *but)
{
    struct run_result results[RESULTS_MAX];
    size_t count = fixture_clauses(results, &arena);
    for (size_t i = 0; i < count; i++) {
        if (!but || !str_starts(results[i].covers, str_of(but))) {
            clause_sums_add(&sums, &results[i]);
        }
    }
}

static void add(const char *covers, enum outcome outcome, const char *clause)
{
    struct run_result result =
        fixture_case("x/case#1", covers, outcome, clause, &arena);
    clause_sums_add(&sums, &result);
}

static void expect_levels(const char *wanted)
{
    struct buf text;
    buf_init(&text, 65536);
    levels_write(&text, &sums, &run, "");
    ck_assert_str_eq(text.p, wanted);
    buf_free(&text);
}

static void expect_reached(const char *wanted, enum level_state wanted_state)
{
    enum level_state state = LEVEL_NOT_SHOWN;
    struct str reached = levels_reached(&sums, &run, &arena, &state);
    ck_assert_msg(str_is(reached, wanted), "%.*s", STR_ARG(reached));
    ck_assert_int_eq(state, wanted_state);
}

static const struct clause_sum *sum_of(const char *id)
{
    for (size_t i = 0; i < sums.count; i++) {
        if (strcmp(sums.items[i].clause->id, id) == 0) {
            return &sums.items[i];
        }
    }
    ck_abort_msg("no clause %s", id);
    return NULL;
}

START_TEST(all_that_passes_is_strict)
{
    all_pass_but(NULL);
    expect_levels("core: yes (62 of 62 must clauses)\n"
                  "full: yes (90 of 90 clauses)\n"
                  "strict: yes (92 of 92 clauses)\n");
    expect_reached("strict", LEVEL_YES);
}
END_TEST

START_TEST(a_greater_profile_than_asked_is_not_claimed)
{
    all_pass_but(NULL);
    run.profile = STR("core-2026.1");
    expect_levels("core: yes (62 of 62 must clauses)\n"
                  "full: not asked\nstrict: not asked\n");
    expect_reached("core-2026.1", LEVEL_YES);
}
END_TEST

START_TEST(one_failure_is_enough)
{
    all_pass_but(NULL);
    add("PUSH-5", OUT_FAIL, "PUSH-5"); /* S */
    expect_levels("core: yes (62 of 62 must clauses)\n"
                  "full: no (89 of 90 clauses; PUSH-5 failed)\n"
                  "strict: no (91 of 92 clauses; PUSH-5 failed)\n");
    expect_reached("core", LEVEL_NO);
    run.profile = STR("full-2026.1");
    expect_reached("core-2026.1", LEVEL_NO);
}
END_TEST

START_TEST(a_known_failure_is_a_failure)
{
    all_pass_but(NULL);
    add("PUSH-1", OUT_XFAIL, "PUSH-1");
    add("PUSH-2", OUT_ERROR, NULL);
    run.profile = STR("core");
    expect_levels("core: no (60 of 62 must clauses; PUSH-1, PUSH-2 failed)\n"
                  "full: not asked\nstrict: not asked\n");
    expect_reached("", LEVEL_NO);
}
END_TEST

START_TEST(what_is_not_decided_shows_nothing)
{
    all_pass_but(NULL);
    add("PUSH-1", OUT_UNKNOWN, "PUSH-1");
    add("PUSH-2", OUT_FLAKY, "PUSH-2");
    run.profile = STR("core");
    expect_levels("core: not shown (60 of 62 must clauses; PUSH-1, PUSH-2 "
                  "undecided)\nfull: not asked\nstrict: not asked\n");
    expect_reached("", LEVEL_NOT_SHOWN);
}
END_TEST

/* Some that pass, of many, are a part of the suite and no profile. */
START_TEST(what_was_not_run_shows_nothing)
{
    all_pass_but("VALID");
    add("VALID-1", OUT_SKIP, NULL);
    add("VALID-3", OUT_NOT_RUN, NULL);
    run.profile = STR("core");
    struct level levels[LEVELS];
    levels_find(&sums, &run, levels);
    ck_assert_int_eq(levels[0].state, LEVEL_NOT_SHOWN);
    ck_assert_uint_eq(levels[0].clauses, 62);
    ck_assert_uint_lt(levels[0].passing, 62);
}
END_TEST

START_TEST(many_clauses_are_counted_not_listed)
{
    add("PUSH-1", OUT_PASS, NULL);
    run.profile = STR("core");
    expect_levels("core: not shown (1 of 62 must clauses; AUTH-1, AUTH-2, "
                  "AUTH-3, ISO-1, ISO-2, ISO-3, PUSH-2, PUSH-3 and 53 more "
                  "not run)\nfull: not asked\nstrict: not asked\n");
}
END_TEST

START_TEST(what_is_unimplemented_does_not_apply)
{
    all_pass_but("SSE-");
    add("SSE-1 SSE-2", OUT_UNIMPLEMENTED, NULL);
    run.profile = STR("core");
    struct level levels[LEVELS];
    levels_find(&sums, &run, levels);
    ck_assert_uint_gt(levels[0].unimplemented, 0);
    ck_assert_int_eq(levels[0].state, LEVEL_NOT_SHOWN); /* SSE-3 … */
    size_t count;
    const struct clause *clauses = clause_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (str_starts(str_of(clauses[i].id), STR("SSE-"))) {
            add(clauses[i].id, OUT_UNIMPLEMENTED, NULL);
        }
    }
    levels_find(&sums, &run, levels);
    ck_assert_int_eq(levels[0].state, LEVEL_YES);
    ck_assert_uint_eq(levels[0].clauses + levels[0].unimplemented, 62);
}
END_TEST

START_TEST(nonstrict_is_enough_unless_strict_is_asked)
{
    all_pass_but(NULL);
    add("VALID-12", OUT_NONSTRICT, "VALID-12");
    add("VALID-1", OUT_INFO, "VALID-1");
    expect_levels("core: yes (62 of 62 must clauses)\n"
                  "full: yes (90 of 90 clauses)\n"
                  "strict: no (91 of 92 clauses; VALID-12 nonstrict)\n");
    expect_reached("full", LEVEL_NO);
}
END_TEST

START_TEST(a_failure_is_of_the_clause_that_it_names)
{
    add("PUSH-1 PUSH-2 PUSH-3", OUT_FAIL, "PUSH-2");
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-2")), OUT_FAIL);
    /* The case ended before the others were decided. */
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-1")), OUT_UNKNOWN);
    ck_assert_uint_eq(clause_sum_count(sum_of("PUSH-1"), SUM_UNDECIDED), 1);
    ck_assert_uint_eq(clause_sum_count(sum_of("PUSH-1"), SUM_FAILED), 0);
    add("PUSH-1", OUT_PASS, NULL);
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-1")), OUT_PASS);
    ck_assert_uint_eq(clause_sum_cases(sum_of("PUSH-1")), 2);
    /* A grade lets the script go on. */
    add("PUSH-6 PUSH-7", OUT_NONSTRICT, "PUSH-6");
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-6")), OUT_NONSTRICT);
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-7")), OUT_PASS);
}
END_TEST

START_TEST(a_failure_that_names_none_is_of_all)
{
    add("PUSH-1 PUSH-2", OUT_FAIL, "");
    add("PUSH-3", OUT_FAIL, "NO-SUCH-1");
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-1")), OUT_FAIL);
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-2")), OUT_FAIL);
    ck_assert_int_eq(clause_sum_outcome(sum_of("PUSH-3")), OUT_FAIL);
}
END_TEST

START_TEST(what_a_checker_found_counts_where_nobody_looked)
{
    add("VALID-1", OUT_FAIL, "ISO-1");
    ck_assert_int_eq(clause_sum_outcome(sum_of("ISO-1")), OUT_FAIL);
    ck_assert_uint_eq(clause_sum_cases(sum_of("ISO-1")), 1);
    ck_assert(str_is(sum_of("ISO-1")->first, "x/case#1"));
}
END_TEST

START_TEST(the_first_of_the_worst_is_named)
{
    struct run_result results[] = {
        fixture_case("a#1", "PUSH-1", OUT_SKIP, NULL, &arena),
        fixture_case("b#1", "PUSH-1", OUT_UNKNOWN, "PUSH-1", &arena),
        fixture_case("c#1", "PUSH-1", OUT_FAIL, "PUSH-1", &arena),
        fixture_case("d#1", "PUSH-1", OUT_FAIL, "PUSH-1", &arena)};
    const char *firsts[] = {"a#1", "b#1", "c#1", "c#1"};
    for (size_t i = 0; i < 4; i++) {
        clause_sums_add(&sums, &results[i]);
        ck_assert(str_is(sum_of("PUSH-1")->first, firsts[i]));
    }
}
END_TEST

START_TEST(clauses_of_the_other_dialect_do_not_apply)
{
    struct run_result result =
        fixture_case("x#1", "PUSH-1", OUT_PASS, NULL, &arena);
    result.dialect = STR("v1");
    clause_sums_add(&sums, &result);
    ck_assert(!clause_sums_apply(&sums, sum_of("SSE-1")));
    ck_assert(!clause_sums_apply(&sums, sum_of("QUEUE-1")));
    ck_assert(clause_sums_apply(&sums, sum_of("PUSH-1")));
    add("PUSH-1", OUT_PASS, NULL); /* v2 too */
    ck_assert(clause_sums_apply(&sums, sum_of("SSE-1")));
}
END_TEST

static const struct {
    enum outcome outcome;
    const char *clause, *json;
} badges[] = {
    {OUT_PASS, "PUSH-5", "\"full\",\"color\":\"brightgreen\""},
    {OUT_FAIL, "PUSH-5", "\"core\",\"color\":\"yellow\""},
    {OUT_FAIL, "PUSH-1", "\"failing\",\"color\":\"red\""},
    {OUT_UNKNOWN, "PUSH-1", "\"not shown\",\"color\":\"lightgrey\""},
};

START_TEST(a_badge_says_what_was_reached)
{
    struct run_result results[RESULTS_MAX];
    size_t count = fixture_clauses(results, &arena);
    results[count++] = fixture_case(
        "x#1", badges[_i].clause, badges[_i].outcome,
        badges[_i].outcome == OUT_PASS ? NULL : badges[_i].clause, &arena);
    const struct fixture fixture = {.run = {.profile = STR("full")},
                                    .plan = results,
                                    .plan_count = count,
                                    .results = results,
                                    .result_count = count};
    struct str json = fixture_render(&fixture, "shields", NULL, &arena);
    struct str wanted =
        arena_printf(&arena,
                     "{\"schemaVersion\":1,\"label\":\"sync conformance\","
                     "\"message\":%s}\n",
                     badges[_i].json);
    ck_assert_msg(str_eq(json, wanted), "%.*s", STR_ARG(json));
}
END_TEST

Suite *suite_levels(void)
{
    Suite *suite = suite_create("levels");
    TCase *tcase = tcase_create("levels");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, all_that_passes_is_strict);
    tcase_add_test(tcase, a_greater_profile_than_asked_is_not_claimed);
    tcase_add_test(tcase, one_failure_is_enough);
    tcase_add_test(tcase, a_known_failure_is_a_failure);
    tcase_add_test(tcase, what_is_not_decided_shows_nothing);
    tcase_add_test(tcase, what_was_not_run_shows_nothing);
    tcase_add_test(tcase, many_clauses_are_counted_not_listed);
    tcase_add_test(tcase, what_is_unimplemented_does_not_apply);
    tcase_add_test(tcase, nonstrict_is_enough_unless_strict_is_asked);
    tcase_add_test(tcase, a_failure_is_of_the_clause_that_it_names);
    tcase_add_test(tcase, a_failure_that_names_none_is_of_all);
    tcase_add_test(tcase, what_a_checker_found_counts_where_nobody_looked);
    tcase_add_test(tcase, the_first_of_the_worst_is_named);
    tcase_add_test(tcase, clauses_of_the_other_dialect_do_not_apply);
    tcase_add_loop_test(tcase, a_badge_says_what_was_reached, 0,
                        sizeof badges / sizeof badges[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
