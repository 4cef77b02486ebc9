/* SPDX-License-Identifier: MIT */
/* Lists of known failures: patterns, what is wrong in a file, and each rule
 * by which a result becomes xfail, xpass, flaky or stays what it is. */
#include <stdlib.h>
#include <string.h>

#include "harness/run/session.h"
#include "tests/run/suites.h"

static struct arena arena;
static struct known known;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    known = (struct known){.retries = 2};
    err = (struct err){.status = ST_OK};
}

static void teardown(void)
{
    arena_free(&arena);
}

static const struct {
    const char *pattern, *text;
    bool matches;
} patterns[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "a", true},
    {"a", "ab", false},
    {"a", "ba", false},
    {"*", "", true},
    {"*", "anything", true},
    {"a*", "a", true},
    {"a*c", "abcbc", true},
    {"a*c", "abcb", false},
    {"a*b*c", "a-b-c", true},
    {"a*b*c", "acb", false},
    {"*ab", "aab", true},
    {"*aab", "aaab", true},
    {"**b", "ab", true},
    {"a\\*", "a*", true},
    {"a\\*", "ab", false},
    {"*\\*", "ab*", true},
    {"a\\\\", "a\\", true},
    {"a\\", "a\\", true},
    {"abc*cde", "abcde", false},
};

START_TEST(stars_stand_for_anything)
{
    ck_assert_msg(known_matches(str_of(patterns[_i].pattern),
                                str_of(patterns[_i].text)) ==
                      patterns[_i].matches,
                  "%s and %s", patterns[_i].pattern, patterns[_i].text);
}
END_TEST

#define GOOD "message=\"m\" reason=\"r\" expires=2026-12-31"

static const struct {
    const char *text, *error;
} faults[] = {
    {"a#1 " GOOD " b", "k:1:47: expected message=, reason=, expires=, world= "
                       "or dialect= here"},
    {"a#1 " GOOD " until=1", "k:1:47: expected message="},
    {"a#1 message~=\"m\"", "k:1:5: expected message="},
    {"message=\"m\"", "k:1:1: expected the id of a scenario first"},
    {"\n# note\na#1 message=\"m\" message=\"n\"",
     "k:3:17: message is there twice"},
    {"a#1 message=\"\"", "k:1:13: message must not be empty"},
    {"a#1 message=\"m\" reason=\"r\"", "k:1:1: a#1 has no expires"},
    {"a#1 message=\"m\" expires=2026-12-31", "k:1:1: a#1 has no reason"},
    {"a#1", "k:1:1: a#1 has no message: expected ID message="},
    {"a#1 expires=2026-02-30", "k:1:13: expected a day as 2026-12-31"},
    {"a#1 expires=tomorrow", "k:1:13: expected a day as 2026-12-31"},
    {"a#1 message=\"m", "k:1:13: this string is never closed"},
    {"a#1 message=\"\\q\"", "k:1:13: "},
    {"a#1 " GOOD "\na#1 " GOOD, "k:2:1: the same as line 1"},
};

START_TEST(faults_name_their_place)
{
    struct known_list list;
    enum status status =
        known_read(STR("k"), str_of(faults[_i].text), &arena, &list, &err);
    ck_assert_int_eq(status, ST_SYNTAX);
    ck_assert_msg(str_starts(str_of(err.text), str_of(faults[_i].error)),
                  "got  %s\nwant %s", err.text, faults[_i].error);
}
END_TEST

static struct known_list list_of(const char *text)
{
    struct known_list list;
    enum status status =
        known_read(STR("k"), str_of(text), &arena, &list, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    return list;
}

START_TEST(entries_are_read)
{
    struct known_list list = list_of(
        "# a comment\n\na/b#1 " GOOD "  # why\r\n"
        "\"a b\" reason=r message=\"a \\\"b\\\" \\\\* # c\" world=wire:memory "
        "dialect=\"v2\" expires=\"2026-01-01\"\n");
    ck_assert_uint_eq(list.count, 2);
    ck_assert(str_is(list.items[0].id, "a/b#1"));
    ck_assert(str_is(list.items[0].message, "m"));
    ck_assert_uint_eq(list.items[0].line, 3);
    ck_assert(str_is(list.items[1].id, "a b"));
    ck_assert(str_is(list.items[1].message, "a \"b\" \\* # c"));
    ck_assert(str_is(list.items[1].reason, "r"));
    ck_assert(str_is(list.items[1].world, "wire:memory"));
    ck_assert(str_is(list.items[1].dialect, "v2"));
    ck_assert(str_is(list.items[1].expires, "2026-01-01"));
}
END_TEST

START_TEST(ids_must_be_there_and_days_not_over)
{
    struct scenario_list all = scenario_of("scenario \"a\"\ncovers PUSH-2\n"
                                           "clients alice\n alice syncs\n",
                                           &arena);
    struct known_list list = list_of("test#1 " GOOD "\n");
    struct str last = STR("2026-12-31"), after = STR("2027-01-01");
    ck_assert_int_eq(known_check(&list, &all, last, &err), ST_OK);
    ck_assert_int_eq(known_check(&list, &all, after, &err), ST_USAGE);
    ck_assert_str_eq(err.text, "k:1: test#1 expired on 2026-12-31: mend it, or "
                               "say again until when");
    list = list_of("\ntest#2 " GOOD "\n");
    ck_assert_int_eq(known_check(&list, &all, last, &err), ST_NOT_FOUND);
    ck_assert_str_eq(err.text, "k:2: no scenario is test#2; did you mean "
                               "\"test#1\"?");
    list = list_of("zzzzzzzz " GOOD "\n");
    ck_assert_int_eq(known_check(&list, &all, last, &err), ST_NOT_FOUND);
    ck_assert_str_eq(err.text, "k:1: no scenario is zzzzzzzz");
    list = list_of("");
    ck_assert_int_eq(known_check(&list, &all, after, &err), ST_OK);
}
END_TEST

static struct run_result result_of(enum outcome outcome, const char *what)
{
    struct run_result result = {.id = STR("a#1"),
                                .world = STR("wire"),
                                .dialect = STR("v2"),
                                .outcome = outcome};
    struct verdict verdict = {.outcome = outcome, .what = str_of(what)};
    if (what[0] != '\0') {
        result_add(&result, &arena, &verdict);
    }
    return result;
}

#define LISTED "a#1 message=\"lost *\" reason=\"issue 1\" expires=2026-12-31"

static const struct {
    const char *list;
    enum outcome outcome;
    const char *what;
    enum outcome becomes;
    const char *note; /* a part of it */
} rules[] = {
    {LISTED, OUT_FAIL, "lost 7", OUT_XFAIL, ""},
    {LISTED, OUT_FAIL, "found 7", OUT_FAIL,
     "k:1: is listed as failing with another message: lost *"},
    {LISTED, OUT_PASS, "", OUT_XPASS, ""},
    {LISTED, OUT_NONSTRICT, "lost 7", OUT_XPASS, ""},
    {LISTED, OUT_INFO, "lost 7", OUT_XPASS, ""},
    {LISTED, OUT_SKIP, "", OUT_SKIP, ""},
    {LISTED, OUT_UNIMPLEMENTED, "", OUT_UNIMPLEMENTED, ""},
    {LISTED, OUT_NOT_RUN, "", OUT_NOT_RUN, ""},
    {LISTED, OUT_UNKNOWN, "lost 7", OUT_UNKNOWN, ""},
    {LISTED, OUT_ERROR, "lost 7", OUT_ERROR, ""},
    {LISTED, OUT_FLAKY, "lost 7", OUT_FLAKY, ""},
    {LISTED " world=wire dialect=v2", OUT_FAIL, "lost 7", OUT_XFAIL, ""},
    {LISTED " world=virtual", OUT_FAIL, "lost 7", OUT_FAIL, ""},
    {LISTED " dialect=v1", OUT_PASS, "", OUT_PASS, ""},
    {LISTED "\na#1 " GOOD, OUT_FAIL, "m", OUT_XFAIL, ""},
    {LISTED "\na#1 " GOOD, OUT_FAIL, "n", OUT_FAIL, "k:1: is listed"},
    {"b#1 " GOOD, OUT_FAIL, "m", OUT_FAIL, ""},
    {"", OUT_FAIL, "m", OUT_FAIL, ""},
};

START_TEST(a_list_is_held_against_a_result)
{
    struct run_result result = result_of(rules[_i].outcome, rules[_i].what);
    size_t length = 0;
    known.failing = list_of(rules[_i].list);
    /* A second time changes nothing: results come through two processes. */
    for (int time = 0; time < 2; time++) {
        known_judge(&known, &arena, &result);
        ck_assert_str_eq(outcome_name(result.outcome),
                         outcome_name(rules[_i].becomes));
        ck_assert_msg(rules[_i].note[0] != '\0'
                          ? str_starts(result.note, str_of(rules[_i].note))
                          : result.note.n == 0,
                      "%.*s", STR_ARG(result.note));
        ck_assert_uint_eq(result.note.n, time == 0 ? result.note.n : length);
        length = result.note.n;
    }
}
END_TEST

START_TEST(what_is_known_says_why)
{
    struct run_result result = result_of(OUT_FAIL, "lost 7");
    struct verdict unknown = {.outcome = OUT_UNKNOWN};
    result_add(&result, &arena, &unknown);
    known.failing = list_of(LISTED);
    known_judge(&known, &arena, &result);
    ck_assert_int_eq(result.outcome, OUT_XFAIL);
    ck_assert(str_is(result.skip, "issue 1"));
    ck_assert_int_eq(result.verdicts[0].outcome, OUT_XFAIL);
    ck_assert_int_eq(result.verdicts[1].outcome, OUT_XFAIL);
    struct run_result stale = result_of(OUT_PASS, "");
    known_judge(&known, &arena, &stale);
    ck_assert_uint_eq(stale.verdict_count, 1);
    ck_assert(str_is(stale.verdicts[0].file, "k"));
    ck_assert_uint_eq(stale.verdicts[0].line, 1);
    ck_assert(str_is(stale.verdicts[0].expected, "lost *"));
    known_judge(NULL, &arena, &stale); /* no list at all */
}
END_TEST

START_TEST(strict_runs_fail_by_what_is_nonstrict)
{
    struct run_result result = result_of(OUT_NONSTRICT, "lost 7");
    known.failing = list_of(LISTED);
    known.strict = true;
    known_judge(&known, &arena, &result);
    ck_assert_int_eq(result.outcome, OUT_XFAIL);
}
END_TEST

static const struct {
    enum outcome before, now, becomes;
} baselines[] = {
    {OUT_FAIL, OUT_FAIL, OUT_XFAIL},  {OUT_XFAIL, OUT_FAIL, OUT_XFAIL},
    {OUT_PASS, OUT_FAIL, OUT_FAIL},   {OUT_ERROR, OUT_FAIL, OUT_FAIL},
    {OUT_FAIL, OUT_ERROR, OUT_ERROR}, {OUT_FAIL, OUT_PASS, OUT_PASS},
    {OUT_FLAKY, OUT_FAIL, OUT_FAIL},
};

START_TEST(only_what_newly_fails_fails)
{
    static struct past past; /* known keeps it */
    struct run_result old = result_of(baselines[_i].before, "m");
    struct run_result now =
        result_of(baselines[_i].now, baselines[_i].now == OUT_PASS ? "" : "m");
    past_init(&past, &arena);
    past_add(&past, &old);
    past_sort(&past);
    known.before = &past;
    known_judge(&known, &arena, &now);
    ck_assert_int_eq(now.outcome, baselines[_i].becomes);
    ck_assert_uint_eq(now.note.n, 0);
}
END_TEST

START_TEST(another_message_than_before_is_noted)
{
    static struct past past; /* known keeps it */
    struct run_result old = result_of(OUT_FAIL, "lost 6");
    struct run_result now = result_of(OUT_FAIL, "lost 7"), stale;
    past_init(&past, &arena);
    past_add(&past, &old);
    past_sort(&past);
    known.before = &past;
    known_judge(&known, &arena, &now);
    ck_assert_int_eq(now.outcome, OUT_XFAIL);
    ck_assert(
        str_is(now.note, "it failed with another message before: lost 6"));
    now = result_of(OUT_FAIL, "lost 7");
    now.id = STR("new#1");
    known_judge(&known, &arena, &now);
    ck_assert_int_eq(now.outcome, OUT_FAIL);
    /* A stale entry is no failure of the server's. */
    known.failing = list_of(LISTED);
    stale = result_of(OUT_PASS, "");
    known_judge(&known, &arena, &stale);
    ck_assert_int_eq(stale.outcome, OUT_XPASS);
}
END_TEST

/* ---- flaky ---- */

static int runs, failing_runs;

/* Clocks of the first runs are wrong. */
static int64_t leak_ms(void)
{
    return runs < failing_runs ? 500 : 0;
}

static void stepped(void *context, size_t step, const struct history *history)
{
    (void)context;
    (void)history;
    runs += step == 1;
}

static void keep(void *context, const struct run_result *result)
{
    struct run_result *kept = context;
    *kept = *result;
    kept->note = arena_str(&arena, result->note);
    kept->skip = arena_str(&arena, result->skip);
    kept->verdicts = NULL;
    kept->verdict_count = kept->verdict_cap = 0;
    for (size_t i = 0; i < result->verdict_count; i++) {
        result_add(kept, &arena, &result->verdicts[i]);
    }
}

static struct run_result play(int failing, const char *list)
{
    struct scenario_list scenarios = scenario_of(
        "scenario \"a\"\ncovers PUSH-2\nclients alice\n\n"
        "  alice inserts tasks/1 title=\"a\"\n"
        "  alice sees tasks/1 createdAt=\"2026-03-27T10:00:00.001Z\"\n",
        &arena);
    struct run_result result;
    struct session session = {.scenarios = &scenarios, .known = &known};
    const struct report_run run = {.seed = 1};
    struct report_totals totals;
    runs = 0;
    failing_runs = failing;
    known.flaky = list_of(list);
    run_options_defaults(&session.options);
    session.options.clock_leak_ms = leak_ms;
    session.options.stepped = stepped;
    session.targets[0] = (struct target_config){
        .world = "virtual", .dialect = dialect_find(STR("v2"))};
    session.target_count = session.report_count = 1;
    session.reports[0] = report_collect(keep, &result);
    ck_assert_int_eq(session_run(&session, &run, &totals, &err), ST_OK);
    report_free(session.reports[0]);
    return result;
}

#define FLAKY                                                                  \
    "test#1 message=\"alice sees *\" reason=\"issue 2\" "                      \
    "expires=2026-12-31"

START_TEST(a_pass_after_a_failure_is_flaky)
{
    struct run_result result = play(2, FLAKY);
    ck_assert_int_eq(result.outcome, OUT_FLAKY);
    ck_assert_int_eq(runs, 3);
    ck_assert(str_is(result.note, "it failed, and passed at attempt 3"));
    ck_assert(str_is(result.skip, "issue 2"));
    ck_assert_uint_eq(result.verdict_count, 1);
    ck_assert_int_eq(result.verdicts[0].outcome, OUT_FLAKY);
}
END_TEST

START_TEST(what_fails_every_time_fails)
{
    struct run_result result = play(9, FLAKY);
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    ck_assert_int_eq(runs, 3);
    ck_assert(str_is(result.note, "k:1: is listed as flaky, and failed 3 "
                                  "times"));
}
END_TEST

START_TEST(what_passes_at_once_is_a_pass)
{
    ck_assert_int_eq(play(0, FLAKY).outcome, OUT_PASS);
    ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(nothing_else_is_tried_again)
{
    ck_assert_int_eq(play(1, "").outcome, OUT_FAIL);
    ck_assert_int_eq(runs, 1);
    ck_assert_int_eq(play(1, "test#1 " GOOD).outcome, OUT_FAIL);
    ck_assert_int_eq(runs, 1);
    known.retries = 0;
    ck_assert_int_eq(play(1, FLAKY).outcome, OUT_FAIL);
    ck_assert_int_eq(runs, 1);
}
END_TEST

/* ---- writing ---- */

static void add(struct past *past, const char *id, const char *world,
                enum outcome outcome, const char *what)
{
    struct run_result result = result_of(outcome, what);
    result.id = str_of(id);
    result.world = str_of(world);
    past_add(past, &result);
}

#define HEAD                                                                   \
    "# Known failures: the id of a scenario, the message that it fails with,"  \
    "\n# why, and until when it may.\n"
#define NEW " reason=\"nobody has said why yet\" expires=2026-04-29"

static void assert_written(const struct past *past, const char *old,
                           const char *wanted)
{
    struct known_list list = list_of(old);
    struct buf out;
    buf_init(&out, 1 << 16);
    known_write(past, &list, STR("2026-01-29"), &out);
    ck_assert_str_eq(out.p, wanted);
    buf_free(&out);
}

START_TEST(a_list_is_written)
{
    static struct past past; /* known keeps it */
    past_init(&past, &arena);
    add(&past, "b#1", "wire", OUT_FAIL, "a * \"b\" \\");
    add(&past, "a#1", "wire", OUT_FAIL, "same");
    add(&past, "a#1", "virtual", OUT_FAIL, "same");
    add(&past, "a#1", "sqlite", OUT_SKIP, "");
    add(&past, "c#1", "wire", OUT_FAIL, "here");
    add(&past, "c#1", "virtual", OUT_PASS, "");
    add(&past, "d#1", "wire", OUT_FAIL, "one");
    add(&past, "d#1", "virtual", OUT_FAIL, "two");
    add(&past, "e#1", "wire", OUT_ERROR, "died");
    past_sort(&past);
    assert_written(
        &past, "",
        HEAD "a#1 message=\"same\"" NEW "\n"
             "b#1 message=\"a \\\\* \\\"b\\\" \\\\\\\\\"" NEW "\n"
             "c#1 message=\"here\"" NEW " world=\"wire\" dialect=\"v2\"\n"
             "d#1 message=\"two\"" NEW " world=\"virtual\" dialect=\"v2\"\n"
             "d#1 message=\"one\"" NEW " world=\"wire\" dialect=\"v2\"\n");
}
END_TEST

START_TEST(old_entries_keep_their_words)
{
    static struct past past; /* known keeps it */
    past_init(&past, &arena);
    add(&past, "a#1", "wire", OUT_XFAIL, "lost 7");
    add(&past, "b#1", "wire", OUT_XPASS, "");
    add(&past, "c#1", "wire", OUT_FAIL, "other");
    add(&past, "d#1", "wire", OUT_NOT_RUN, "");
    past_sort(&past);
    assert_written(&past,
                   LISTED "\nb#1 " GOOD "\nc#1 " GOOD "\nd#1 " GOOD
                          "\ne#1 " GOOD "\n",
                   HEAD LISTED "\nc#1 message=\"other\"" NEW "\nd#1 " GOOD
                               "\ne#1 " GOOD "\n");
    /* One that is of a single world stays so. */
    assert_written(&past, LISTED " world=\"wire\"\n",
                   HEAD LISTED " world=\"wire\" dialect=\"v2\"\n"
                               "c#1 message=\"other\"" NEW "\n");
}
END_TEST

/* What was written makes everything known that it was written of. */
START_TEST(a_written_list_knows_its_run)
{
    const char *what = "DIVERGED tasks/\"a b\\*\" *, \\\\";
    static struct past past; /* known keeps it */
    struct buf out;
    struct run_result result = result_of(OUT_FAIL, what);
    past_init(&past, &arena);
    past_add(&past, &result);
    past_sort(&past);
    buf_init(&out, 1 << 16);
    known_write(&past, &known.failing, STR("2026-12-31"), &out);
    known.failing = list_of(out.p);
    buf_free(&out);
    known_judge(&known, &arena, &result);
    ck_assert_int_eq(result.outcome, OUT_XFAIL);
    ck_assert(str_is(known.failing.items[0].expires, "2027-03-31"));
}
END_TEST

#define COUNT(list) (int)(sizeof(list) / sizeof((list)[0]))

Suite *suite_known(void)
{
    Suite *suite = suite_create("known");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, stars_stand_for_anything, 0, COUNT(patterns));
    tcase_add_loop_test(tests, faults_name_their_place, 0, COUNT(faults));
    tcase_add_test(tests, entries_are_read);
    tcase_add_test(tests, ids_must_be_there_and_days_not_over);
    tcase_add_loop_test(tests, a_list_is_held_against_a_result, 0,
                        COUNT(rules));
    tcase_add_test(tests, what_is_known_says_why);
    tcase_add_test(tests, strict_runs_fail_by_what_is_nonstrict);
    tcase_add_loop_test(tests, only_what_newly_fails_fails, 0,
                        COUNT(baselines));
    tcase_add_test(tests, another_message_than_before_is_noted);
    tcase_add_test(tests, a_pass_after_a_failure_is_flaky);
    tcase_add_test(tests, what_fails_every_time_fails);
    tcase_add_test(tests, what_passes_at_once_is_a_pass);
    tcase_add_test(tests, nothing_else_is_tried_again);
    tcase_add_test(tests, a_list_is_written);
    tcase_add_test(tests, old_entries_keep_their_words);
    tcase_add_test(tests, a_written_list_knows_its_run);
    suite_add_tcase(suite, tests);
    return suite;
}
