/* SPDX-License-Identifier: MIT */
/* A conformance run of several processes against one server: the order in
 * which cases are begun and told, the first failure, and a server that dies -
 * which case is to blame, and what is told of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/run/session.h"
#include "tests/run/suites.h"

enum { MOST = 64, CHUNK = 4 /* cases of one process, as few as these are */ };

static struct arena arena;
static struct err err;
static struct served served;
static struct scenario_list list;
static struct suite suite;
static struct session session;
static struct report_totals totals;

static struct {
    size_t number; /* of the id */
    enum outcome outcome;
    char text[600]; /* of the first verdict: actual, then its explanation */
} told[MOST];
static size_t told_count;
static size_t stepped;

static void keep(void *context, const struct run_result *result)
{
    (void)context;
    ck_assert_uint_lt(told_count, MOST);
    size_t at = told_count++;
    int64_t number = 0;
    ck_assert(str_starts(result->id, STR("test#")));
    ck_assert(str_to_i64(str_skip(result->id, 5), &number));
    told[at].number = (size_t)number;
    told[at].outcome = result->outcome;
    told[at].text[0] = '\0';
    if (result->verdict_count > 0) {
        const struct verdict *v = &result->verdicts[0];
        snprintf(told[at].text, sizeof(told[at].text), "%.*s; %.*s: %.*s",
                 STR_ARG(v->what),
                 STR_ARG(v->explain_count > 0 ? v->explain[0] : STR("")),
                 STR_ARG(v->actual));
    }
}

static void count_step(void *context, size_t step,
                       const struct history *history)
{
    (void)context;
    (void)step;
    (void)history;
    stepped++;
}

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    err = (struct err){.status = ST_OK};
    told_count = stepped = 0;
    list = (struct scenario_list){.count = 0};
}

static void teardown(void)
{
    served_end(&served);
    arena_free(&arena);
}

#define RUNS "\"$SYNCSPEC\" serve --port $PORT --dev-auth --time-scale 20 %s"
/* A server of the museum that has ended still says so, to everybody; this one
 * is gone then, with exit 3. */
#define DIES                                                                   \
    RUNS " & s=$!; until curl -s -o /dev/null $URL/health; do sleep 0.05; "    \
         "done; while curl -fs -o /dev/null $URL/health; do sleep 0.05; "      \
         "done; kill -9 $s"

static void serve_by(const char *line)
{
    ck_assert_msg(served_start(&served, line, NULL, &err) == ST_OK, "%s",
                  err.text);
}

static void serve(void)
{
    serve_by(arena_printf(&arena, "exec " RUNS, "").p);
}

static void serve_mortal(const char *bug)
{
    serve_by(arena_printf(&arena, DIES "; exit 3", bug).p);
}

#define SOUND "dialect v2\nclients a\n a inserts t/1 n=1\n a pushes gets=ok\n"
#define POISON                                                                 \
    " a sends POST /sync/{app}\n"                                              \
    " | {\"clientId\":\"{a}\",\"since\":\"{epoch}\",\"changes\":[{"            \
    "\"table\":\"t\",\"id\":\"1\",\"op\":\"update\",\"fields\":{\"n\":null}}"  \
    "]}\n expects status=400\n"
#define KILLS "dialect v2\nclients a\n" POISON
#define WAITS                                                                  \
    "dialect v2\nclients a\n a connects /ws/{app} auth=yes\n a waits for=%s\n"

/* `text`, `count` times. */
static void add(const char *text, int count)
{
    struct buf all;
    buf_init(&all, 1 << 20);
    for (int i = 0; i < count; i++) {
        buf_printf(&all, "scenario \"c\"\n%s\n", text);
    }
    enum status status =
        scenario_parse(STR("test.sync"), arena_str(&arena, buf_view(&all)),
                       &arena, &list, &err);
    buf_free(&all);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    for (size_t i = 0; i < list.count; i++) {
        list.items[i].index = i + 1; /* as if they stood in one file */
    }
}

static void session_make(size_t jobs)
{
    suite = (struct suite){
        .level = LEVEL_STRICT, .served = &served, .wait_ms = 60000};
    suite.alone_from = suite_order(&list, true, 0, &arena);
    session = (struct session){.scenarios = &list,
                               .target_count = 1,
                               .tag_base = STR("t"),
                               .real_ms = wire_clock_ms,
                               .suite = &suite,
                               .leave = _exit,
                               .jobs = jobs,
                               .report_count = 1};
    session.targets[0] =
        (struct target_config){.world = "wire",
                               .url = served.url,
                               .dialect = dialect_find(STR("v2")),
                               .served = &served,
                               .wait_ms = 600000};
    session.reports[0] = report_collect(keep, NULL);
    run_options_defaults(&session.options);
    session.options.timeout_ms = 60000;
}

/* Each case is told once, whatever happened. */
static enum status play(void)
{
    const struct report_run run = {.seed = 1};
    bool seen[MOST] = {false};
    enum status status = session_run(&session, &run, &totals, &err);
    report_free(session.reports[0]);
    ck_assert_uint_eq(told_count, list.count);
    ck_assert_uint_eq(totals.planned, list.count);
    for (size_t i = 0; i < told_count; i++) {
        ck_assert_uint_le(told[i].number, list.count);
        ck_assert_msg(!seen[told[i].number], "%zu twice", told[i].number);
        seen[told[i].number] = true;
    }
    return status;
}

static enum outcome outcome_of(size_t number)
{
    for (size_t i = 0; i < told_count; i++) {
        if (told[i].number == number) {
            return told[i].outcome;
        }
    }
    ck_abort_msg("%zu was not told", number);
    return OUT_ERROR;
}

static const char *text_of(size_t number)
{
    for (size_t i = 0; i < told_count; i++) {
        if (told[i].number == number) {
            return told[i].text;
        }
    }
    return "";
}

static void text_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part,
                  text);
}

/* ---- all is well ---- */

/* Who told it when several processes play: those that wait have a chunk of
 * their own, the seven sound ones two. */
static size_t teller_of(size_t number)
{
    return number == 2 || number == 10 ? number : (number - 3) / CHUNK;
}

/* Those that wait behind the others, those that are alone last, each rank in
 * its own order.  By several processes what comes is told as it comes, of each
 * process in its order; those that are alone still are last. */
START_TEST(the_order_is_that_of_one)
{
    enum { ALONE_FROM = 9 };
    static const size_t due[] = {3, 4, 5, 6, 7, 8, 9, 2, 10, 1, 11};
    static const size_t jobs[] = {1, 2, 5};
    serve();
    add("alone\n" SOUND, 1);
    add(arena_printf(&arena, WAITS, "4s").p, 1);
    add(SOUND, 7);
    add(arena_printf(&arena, WAITS, "5s").p, 1);
    add("alone\n" SOUND, 1);
    session_make(jobs[_i]);
    session.targets[0].time_scale = 20;
    ck_assert_msg(play() == ST_OK, "%s", err.text);
    ck_assert_uint_eq(totals.passed, list.count);
    for (size_t i = 0; i < told_count; i++) {
        bool any = i < ALONE_FROM && jobs[_i] > 1;
        ck_assert(any || told[i].number == due[i]);
        for (size_t j = 0; j < i && i < ALONE_FROM; j++) {
            bool same = teller_of(told[j].number) == teller_of(told[i].number);
            ck_assert_msg(!same || told[j].number < told[i].number,
                          "%zu was told before %zu", told[j].number,
                          told[i].number);
        }
    }
}
END_TEST

/* What is alone is played by the first process itself, which may restart the
 * server, when the others have ended; the rest is not. */
START_TEST(those_that_are_alone_are_played_here)
{
    serve();
    add(SOUND, 6);
    add("alone\ndialect v2\nclients a\n a inserts t/1 n=1\n a pushes gets=ok\n"
        " a pulls\n",
        2);
    add("needs restart\ndialect v2\nclients a\n server kills\n"
        " server restarts\n a syncs\n",
        1);
    session_make(3);
    session.options.stepped = count_step;
    ck_assert_msg(play() == ST_OK, "%s", err.text);
    ck_assert_uint_eq(totals.failed + totals.errors, 0);
    ck_assert_uint_eq(totals.not_run, 0);
    ck_assert_uint_eq(stepped, 9);
    ck_assert_uint_eq(told[8].number, 9);
}
END_TEST

/* ---- the first failure ---- */

#define FAILS                                                                  \
    "dialect v2\nclients a\n a sends GET /health\n expects status=404\n"

/* It ends those that still wait, for ten minutes here, and is the last of its
 * chunk; what another process has told by then is told. */
START_TEST(after_the_first_failure_nobody_is_waited_for)
{
    serve();
    add(FAILS, 1);
    add(SOUND, 10);
    add(arena_printf(&arena, WAITS, "600s").p, 2);
    add("alone\n" SOUND, 1);
    session_make(2);
    session.fail_fast = true;
    session.options.stepped = count_step;
    ck_assert_msg(play() == ST_OK, "%s", err.text);
    ck_assert_uint_eq(totals.failed, 1);
    ck_assert_uint_eq(totals.passed + totals.not_run, 13);
    ck_assert_int_eq(outcome_of(1), OUT_FAIL);
    for (size_t i = 2; i <= list.count; i++) {
        bool other = i > CHUNK && i <= 11 && outcome_of(i) == OUT_PASS;
        ck_assert_msg(other || outcome_of(i) == OUT_NOT_RUN, "%zu", i);
    }
    ck_assert_uint_eq(stepped, 0);
    ck_assert_int_eq(report_exit_code(&totals), 1);
}
END_TEST

START_TEST(without_that_all_are_played)
{
    serve();
    add(FAILS, 1);
    add(SOUND, 10);
    session_make(2);
    ck_assert_msg(play() == ST_OK, "%s", err.text);
    ck_assert_uint_eq(totals.failed, 1);
    ck_assert_uint_eq(totals.passed, 10);
}
END_TEST

/* ---- a server that dies ---- */

/* Whoever is begun after that is not to wait ten minutes for it, as it would
 * at first.  One case of thirteen kills it, at the beginning, the middle, the
 * end. */
static const size_t killers[] = {1, 6, 13};

static void add_killer(size_t at)
{
    if (at > 1) {
        add(SOUND, (int)at - 1);
    }
    add(KILLS, 1);
    if (at < 13) {
        add(SOUND, 13 - (int)at);
    }
}

START_TEST(the_case_that_kills_it_is_named_alone)
{
    size_t killer = killers[_i];
    serve_mortal("--bug null-field-crashes");
    add_killer(killer);
    session_make(3);
    ck_assert_int_eq(play(), ST_NETWORK);
    text_has(err.text,
             arena_printf(&arena, "the server died with test#%zu: ", killer).p);
    ck_assert_uint_eq(totals.errors, 1);
    ck_assert_uint_eq(totals.failed, 0);
    ck_assert_uint_eq(totals.passed + totals.not_run, 12);
    ck_assert_int_eq(outcome_of(killer), OUT_ERROR);
    text_has(text_of(killer), "the target does not answer any more");
    text_has(text_of(killer), "it died again when this case was played alone");
    ck_assert_int_eq(report_exit_code(&totals), 3);
}
END_TEST

/* A case of another process that is under way is a suspect too, and keeps what
 * it comes to alone.  The first waits until the other has surely begun. */
START_TEST(those_that_were_under_way_keep_their_results)
{
    serve_mortal("--bug null-field-crashes");
    add(arena_printf(&arena, WAITS POISON, "3500ms").p, 1);
    add(SOUND, 3);
    add(arena_printf(&arena, WAITS " a inserts t/1 n=1\n a pushes gets=ok\n",
                     "3900ms")
            .p,
        1);
    session_make(2);
    ck_assert_int_eq(play(), ST_NETWORK);
    text_has(err.text, "the server died with test#1: ");
    ck_assert_int_eq(outcome_of(1), OUT_ERROR);
    ck_assert_int_eq(outcome_of(5), OUT_PASS);
    ck_assert_uint_eq(totals.errors, 1);
    ck_assert_uint_eq(totals.failed, 0);
}
END_TEST

/* Two of them, in two processes, of which one may never have begun. */
START_TEST(each_case_that_kills_it_is_named)
{
    serve_mortal("--bug null-field-crashes");
    add(KILLS, 1);
    add(SOUND, 3);
    add(KILLS, 1);
    session_make(2);
    ck_assert_int_eq(play(), ST_NETWORK);
    text_has(err.text, "the server died with test#");
    ck_assert(outcome_of(1) == OUT_ERROR || outcome_of(5) == OUT_ERROR);
    ck_assert(outcome_of(1) == OUT_ERROR || outcome_of(1) == OUT_NOT_RUN);
    ck_assert(outcome_of(5) == OUT_ERROR || outcome_of(5) == OUT_NOT_RUN);
    for (size_t i = 2; i <= 4; i++) {
        ck_assert(outcome_of(i) == OUT_PASS || outcome_of(i) == OUT_NOT_RUN);
    }
}
END_TEST

/* The suite did not start it, but somebody does again. */
START_TEST(a_server_that_comes_back_is_enough)
{
    serve_by(arena_printf(&arena, "while :; do " DIES "; done",
                          "--bug null-field-crashes")
                 .p);
    add_killer(6);
    session_make(3);
    suite.served = session.targets[0].served = NULL;
    enum status status = play();
    /* It may be back before anybody looked: then it is no death. */
    ck_assert(status == ST_OK || status == ST_NETWORK);
    if (status == ST_NETWORK) {
        text_has(err.text, "the server died with test#6: ");
        ck_assert_int_eq(outcome_of(6), OUT_ERROR);
    }
    /* The others may have been refused meanwhile; they are not to blame. */
    for (size_t i = 1; i <= list.count; i++) {
        ck_assert(i == 6 || outcome_of(i) != OUT_ERROR);
    }
}
END_TEST

START_TEST(without_a_way_back_all_are_told)
{
    serve_mortal("--bug null-field-crashes");
    add_killer(6);
    session_make(3);
    suite.served = session.targets[0].served = NULL;
    suite.wait_ms = 300;
    ck_assert_int_eq(play(), ST_NETWORK);
    text_has(err.text, "the server died while ");
    text_has(err.text, " under way: play them one by one (--only, --jobs 1)");
    text_has(err.text, "test#6");
    ck_assert_uint_ge(totals.errors, 1);
    ck_assert_uint_lt(totals.errors, 13);
    ck_assert_int_eq(outcome_of(6), OUT_ERROR);
    for (size_t i = 1; i <= list.count; i++) {
        if (outcome_of(i) == OUT_ERROR) {
            text_has(text_of(i), "under way were ");
            text_has(text_of(i), "test#6");
        } else {
            ck_assert(outcome_of(i) == OUT_PASS ||
                      outcome_of(i) == OUT_NOT_RUN);
        }
    }
    ck_assert_int_eq(report_exit_code(&totals), 3);
}
END_TEST

/* One process knows at once whom to blame. */
START_TEST(one_process_needs_no_suspects)
{
    serve_mortal("--bug null-field-crashes");
    add_killer(6);
    session_make(1);
    ck_assert_int_eq(play(), ST_NETWORK);
    text_has(err.text, "the server died with test#6: ");
    text_has(err.text, "the server has ended (exit 3)");
    ck_assert_uint_eq(totals.passed, 5);
    ck_assert_uint_eq(totals.errors, 1);
    ck_assert_uint_eq(totals.not_run, 7);
}
END_TEST

/* A thousand requests kill it, and no case has so many. */
/* All that were under way are told, and that none of them does it alone. */
START_TEST(a_death_under_load_is_told_of_all)
{
    struct buf steps;
    buf_init(&steps, 1 << 20);
    buf_puts(&steps, "dialect v2\nclients a\n");
    for (int i = 0; i < 120; i++) {
        buf_puts(&steps, " a sends GET /health\n");
    }
    serve_mortal("--bug leak-per-request");
    add(buf_view(&steps).p, 16);
    buf_free(&steps);
    session_make(2);
    ck_assert_int_eq(play(), ST_NETWORK);
    text_has(err.text, "under way: alone, none of them kills it");
    ck_assert_uint_ge(totals.errors, 1);
    ck_assert_uint_ge(totals.not_run, 1);
    ck_assert_int_eq(report_exit_code(&totals), 3);
}
END_TEST

static TCase *case_deaths(void)
{
    TCase *tcase = tcase_create("deaths");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_case_that_kills_it_is_named_alone, 0,
                        sizeof killers / sizeof *killers);
    tcase_add_test(tcase, those_that_were_under_way_keep_their_results);
    tcase_add_test(tcase, each_case_that_kills_it_is_named);
    tcase_add_test(tcase, a_server_that_comes_back_is_enough);
    tcase_add_test(tcase, without_a_way_back_all_are_told);
    tcase_add_test(tcase, one_process_needs_no_suspects);
    tcase_add_test(tcase, a_death_under_load_is_told_of_all);
    return tcase;
}

Suite *suite_conformance(void)
{
    Suite *tests = suite_create("conformance");
    TCase *tcase = tcase_create("order");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_order_is_that_of_one, 0, 3);
    tcase_add_test(tcase, those_that_are_alone_are_played_here);
    tcase_add_test(tcase, after_the_first_failure_nobody_is_waited_for);
    tcase_add_test(tcase, without_that_all_are_played);
    suite_add_tcase(tests, tcase);
    suite_add_tcase(tests, case_deaths());
    return tests;
}
