/* SPDX-License-Identifier: MIT */
/* What a run comes to: passes, failed expectations, STUCK against DIVERGED,
 * skips, and the evidence. */
#include "harness/run/museum.h"
#include "harness/run/runner.h"
#include "harness/scenario/when.h"
#include "tests/run/suites.h"

struct bench {
    struct arena texts, runs;
    struct run_options options;
    struct run_result result;
};

static void bench_open(struct bench *bench)
{
    arena_init(&bench->texts, LIMIT_RUN_ARENA);
    arena_init(&bench->runs, LIMIT_RUN_ARENA);
    run_options_defaults(&bench->options);
}

static void bench_close(struct bench *bench)
{
    arena_free(&bench->texts);
    arena_free(&bench->runs);
}

static void play(struct bench *bench, const char *text)
{
    struct scenario_list list = scenario_of(text, &bench->texts);
    run_scenario(&list.items[0], &bench->options, &bench->runs, &bench->result);
}

#define HEAD "scenario \"test\"\ncovers QUEUE-3 MERGE-5\nclients alice bob\n\n"

START_TEST(a_good_run_passes_without_verdicts)
{
    struct bench b;
    bench_open(&b);
    play(&b, HEAD "  alice inserts tasks/1 title=\"milk\"\n"
                  "  everyone settles\n"
                  "  everyone agrees\n"
                  "  bob sees tasks/1 title=\"milk\"\n");
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert_uint_eq(b.result.verdict_count, 0);
    ck_assert_uint_gt(b.result.requests, 4);
    bench_close(&b);
}
END_TEST

START_TEST(a_failed_expectation_names_line_clause_and_both_values)
{
    struct bench b;
    bench_open(&b);
    play(&b, HEAD "  alice inserts tasks/1 title=\"milk\"\n"
                  "  alice has pending=0\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    const struct verdict *v = &b.result.verdicts[0];
    ck_assert(str_is(v->checker, "expectation"));
    ck_assert(str_is(v->clause, "QUEUE-3"));
    ck_assert_uint_eq(v->line, 6);
    ck_assert(str_is(v->what, "alice has pending=0"));
    ck_assert(str_is(v->actual, "pending=1"));
    ck_assert(str_starts(v->cause, STR("first pending: tasks/1 insert")));
    bench_close(&b);
}
END_TEST

static bool has_verdict(const struct run_result *result, const char *checker,
                        const char *what)
{
    for (size_t i = 0; i < result->verdict_count; i++) {
        if (str_is(result->verdicts[i].checker, checker) &&
            str_starts(result->verdicts[i].what, str_of(what))) {
            return true;
        }
    }
    return false;
}

/* What cannot settle is STUCK, with who and what; it is not DIVERGED. */
START_TEST(stuck_is_not_diverged)
{
    struct bench b;
    bench_open(&b);
    struct err err;
    ck_assert_int_eq(museum_plant(STR("client:online-pulls-but-never-pushes"),
                                  &b.options, &err),
                     ST_OK);
    play(&b, HEAD "  alice goes offline\n"
                  "  alice inserts tasks/1 title=\"milk\"\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_msg(has_verdict(&b.result, "progress", "STUCK alice"), "%s",
                  first_verdict(&b.result));
    ck_assert(!has_verdict(&b.result, "convergence", "DIVERGED"));
    bench_close(&b);
}
END_TEST

START_TEST(diverged_is_not_stuck)
{
    struct bench b;
    bench_open(&b);
    struct err err;
    ck_assert_int_eq(
        museum_plant(STR("client:tie-takes-incoming"), &b.options, &err),
        ST_OK);
    play(&b, HEAD "  alice inserts tasks/1 title=\"a\" @10:00:00\n"
                  "  alice syncs\n"
                  "  bob syncs\n"
                  "  alice updates tasks/1 title=\"b\" @10:05:00\n"
                  "  bob updates tasks/1 title=\"c\" @10:05:00\n"
                  "  alice syncs\n"
                  "  bob syncs\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_msg(has_verdict(&b.result, "convergence", "DIVERGED"), "%s",
                  first_verdict(&b.result));
    ck_assert(!has_verdict(&b.result, "progress", "STUCK"));
    const struct verdict *v = &b.result.verdicts[0];
    ck_assert_uint_gt(v->explain_count, 2);
    bench_close(&b);
}
END_TEST

START_TEST(the_canary_fails_any_run_with_a_record)
{
    struct bench b;
    bench_open(&b);
    b.options.canary = true;
    play(&b, HEAD "  alice inserts tasks/1 title=\"milk\"\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    bench_close(&b);
}
END_TEST

START_TEST(a_scenario_of_the_other_world_is_skipped_with_a_reason)
{
    struct bench b;
    bench_open(&b);
    play(&b, "scenario \"test\"\nclients alice\nworlds wire\n\n"
             "  alice syncs\n");
    ck_assert_int_eq(b.result.outcome, OUT_SKIP);
    ck_assert(b.result.skip.n > 0);
    bench_close(&b);
}
END_TEST

/* An impossible local write is the script's fault, and told. */
START_TEST(an_impossible_edit_is_told)
{
    struct bench b;
    bench_open(&b);
    play(&b, HEAD "  alice updates tasks/9 title=\"milk\"\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert(str_is(b.result.verdicts[0].what, "alice updates tasks/9"));
    bench_close(&b);
}
END_TEST

/* The push took effect, the answer was lost, the client is gone for good:
 * unknown, and both worlds are right. */
START_TEST(an_unknown_outcome_accuses_nobody)
{
    struct bench b;
    bench_open(&b);
    play(&b, HEAD "  alice inserts tasks/1 title=\"milk\"\n"
                  "  net drops response to=alice count=1\n"
                  "  alice pushes gets=timeout\n"
                  "  alice wipes\n"
                  "  net drops request from=bob count=1\n"
                  "  bob inserts tasks/2 title=\"eggs\"\n"
                  "  bob pushes gets=timeout\n"
                  "  bob wipes\n");
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    bench_close(&b);
}
END_TEST

START_TEST(clocks_begin_where_the_manual_says)
{
    char text[INSTANT_TEXT_MAX];
    ck_assert(str_is(instant_write_ms(SCRIPT_EPOCH, text), WHEN_EPOCH_TEXT));
}
END_TEST

Suite *suite_runner(void)
{
    Suite *suite = suite_create("runner");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, a_good_run_passes_without_verdicts);
    tcase_add_test(tcase,
                   a_failed_expectation_names_line_clause_and_both_values);
    tcase_add_test(tcase, stuck_is_not_diverged);
    tcase_add_test(tcase, diverged_is_not_stuck);
    tcase_add_test(tcase, the_canary_fails_any_run_with_a_record);
    tcase_add_test(tcase,
                   a_scenario_of_the_other_world_is_skipped_with_a_reason);
    tcase_add_test(tcase, an_impossible_edit_is_told);
    tcase_add_test(tcase, an_unknown_outcome_accuses_nobody);
    tcase_add_test(tcase, clocks_begin_where_the_manual_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
