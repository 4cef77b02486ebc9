/* SPDX-License-Identifier: MIT */
/* What `or` lines make of an answer: the first that holds decides, its grade
 * is told, and the script goes on; when none holds all of them are listed. */
#include <stdio.h>

#include "harness/run/runner.h"
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

static void play(struct bench *bench, const char *lines)
{
    char text[2048];
    int n = snprintf(text, sizeof(text),
                     "scenario \"test\"\ncovers SVC-1 VALID-1\n"
                     "clients alice\n\n%s",
                     lines);
    ck_assert_int_lt(n, (int)sizeof(text));
    struct scenario_list list = scenario_of(text, &bench->texts);
    run_scenario(&list.items[0], &bench->options, &bench->runs, &bench->result);
}

/* An answer of so many changes. */
#define TOLD(count, edits)                                                     \
    "  " edits "\n  alice pushes\n"                                            \
    "  alice sends GET /sync/{app}/pull?collection=t&since={epoch}\n"          \
    "  expects changes=" count "\n"

/* GET /health is 200, a body that is not JSON 400. */
static const struct {
    const char *lines;
    enum outcome outcome;
    size_t verdicts;
} plays[] = {
    {"  alice sends GET /health\n  expects status=200\n"
     "  or status=201 grade=info\n",
     OUT_PASS, 0},
    {"  alice sends GET /health\n  expects status=201\n"
     "  or status=200\n  or status=2xx grade=info\n",
     OUT_PASS, 0},
    {"  alice sends GET /health\n  expects status=201\n"
     "  or status=2xx grade=nonstrict\n  or status=200\n",
     OUT_NONSTRICT, 1},
    {"  alice sends GET /health\n  expects status=201\n"
     "  or gets=reset grade=nonstrict\n  or gets=ok grade=info\n",
     OUT_INFO, 1},
    /* All of a line's words must hold. */
    {"  alice sends GET /health\n  expects status=200 header.x-no=\"1\"\n"
     "  or status=200 header.x-no=absent grade=info\n",
     OUT_INFO, 1},
    /* The worst of several is what the run came to. */
    {"  alice sends GET /health\n  expects status=201\n"
     "  or status=200 grade=info\n"
     "  expects body~=\"zzz\"\n  or body!=\"zzz\" grade=nonstrict\n"
     "  expects status=200\n",
     OUT_NONSTRICT, 2},
    /* Each time that it is sent it is judged. */
    {"  alice sends GET /health times=3\n  expects status=201\n"
     "  or status=200 grade=nonstrict\n",
     OUT_NONSTRICT, 3},
    /* Of each record as much as of any other; of nothing it is not said. */
    {TOLD("0", "") "  expects told=evenly\n", OUT_FAIL, 1},
    {TOLD("2",
          "alice inserts t/1 n=1\n  alice inserts t/2 n=1\n") "  expects "
                                                              "told=evenly "
                                                              "changes=2\n",
     OUT_PASS, 0},
    {TOLD("3",
          "alice inserts t/1 n=1\n  alice inserts t/2 n=1\n"
          "  alice pushes\n  alice updates t/2 n=2\n") "  expects changes=9\n  "
                                                       "or told=evenly "
                                                       "grade=info\n",
     OUT_FAIL, 1},
    {TOLD("4",
          "alice inserts t/1 n=1\n  alice inserts t/2 n=1\n"
          "  alice pushes\n  alice updates t/2 n=2\n"
          "  alice updates t/1 n=2\n") "  expects changes=9\n  or told=evenly "
                                       "changes=4 grade=info\n",
     OUT_INFO, 1},
    /* The script goes on: what fails behind it is seen. */
    {"  alice sends GET /health\n  expects status=201\n"
     "  or status=200 grade=info\n  alice has pending=1\n",
     OUT_FAIL, 2},
    {"  alice sends GET /health\n  expects status=201\n"
     "  or status=202 grade=info\n  alice has pending=1\n",
     OUT_FAIL, 1},
    {"  alice connects /ws/{app}\n  expects status=200\n"
     "  or status=101 grade=nonstrict\n",
     OUT_NONSTRICT, 1},
};

START_TEST(the_first_that_holds_decides)
{
    struct bench b;
    bench_open(&b);
    play(&b, plays[_i].lines);
    ck_assert_msg(b.result.outcome == plays[_i].outcome, "%s: %s",
                  outcome_name(b.result.outcome), first_verdict(&b.result));
    ck_assert_uint_eq(b.result.verdict_count, plays[_i].verdicts);
    bench_close(&b);
}
END_TEST

static void assert_text(struct str text, const char *wanted)
{
    ck_assert_msg(str_is(text, wanted), "\"%.*s\", not \"%s\"", STR_ARG(text),
                  wanted);
}

START_TEST(a_grade_tells_the_first_choice_and_what_came)
{
    struct bench b;
    bench_open(&b);
    play(&b, "  alice sends POST /sync/{app}\n  | nonsense\n"
             "  expects status=422 header.x-a=absent clause=VALID-1\n"
             "  or status=4xx grade=nonstrict\n");
    ck_assert_uint_eq(b.result.verdict_count, 1);
    const struct verdict *v = &b.result.verdicts[0];
    ck_assert_int_eq(v->outcome, OUT_NONSTRICT);
    assert_text(v->checker, "expectation");
    assert_text(v->what, "alice (raw) expects status=422 header.x-a=absent");
    assert_text(v->expected, "status=422 header.x-a=absent");
    ck_assert(str_starts(v->actual, STR("400 {")));
    assert_text(v->cause, "line 8 takes status=4xx (nonstrict)");
    assert_text(v->clause, "VALID-1");
    ck_assert_uint_eq(v->line, 5);
    bench_close(&b);
}
END_TEST

START_TEST(a_failure_lists_all_that_would_do)
{
    struct bench b;
    bench_open(&b);
    play(&b, "  alice sends GET /health\n  expects status=413 clause=VALID-1\n"
             "  or status=4xx json.a=1 grade=nonstrict\n"
             "  or gets=reset grade=info\n  or status=201\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    const struct verdict *v = &b.result.verdicts[0];
    assert_text(v->what, "alice (raw) expects status=413");
    assert_text(v->expected, "status=413, or status=4xx json.a=1 (nonstrict), "
                             "or gets=reset (info), or status=201");
    ck_assert(str_starts(v->actual, STR("200 {")));
    assert_text(v->cause, "");
    assert_text(v->clause, "VALID-1");
    bench_close(&b);
}
END_TEST

START_TEST(an_alternative_may_have_its_own_clause)
{
    struct bench b;
    bench_open(&b);
    play(&b, "  alice sends GET /health\n  expects status=413 clause=VALID-1\n"
             "  or status=200 grade=info clause=AUTH-4\n");
    assert_text(b.result.verdicts[0].clause, "AUTH-4");
    bench_close(&b);
}
END_TEST

/* A clause of an `expects` line is what its failure is about. */
START_TEST(a_line_alone_has_its_clause)
{
    struct bench b;
    bench_open(&b);
    play(&b, "  alice sends GET /health\n  expects status=413 clause=AUTH-4\n");
    assert_text(b.result.verdicts[0].clause, "AUTH-4");
    bench_close(&b);
}
END_TEST

Suite *suite_grades(void)
{
    Suite *suite = suite_create("grades");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, the_first_that_holds_decides, 0,
                        sizeof(plays) / sizeof(plays[0]));
    tcase_add_test(tests, a_grade_tells_the_first_choice_and_what_came);
    tcase_add_test(tests, a_failure_lists_all_that_would_do);
    tcase_add_test(tests, an_alternative_may_have_its_own_clause);
    tcase_add_test(tests, a_line_alone_has_its_clause);
    suite_add_tcase(suite, tests);
    return suite;
}
