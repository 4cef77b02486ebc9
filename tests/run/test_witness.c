/* SPDX-License-Identifier: MIT */
/* Live channels of a real transport: what comes late is waited for, no channel
 * outlives its run, and the witness is heard when something was missed. */
#include "harness/run/witness.h"
#include "harness/transport/wire.h"
#include "tests/run/fake_wire.h"
#include "tests/run/suites.h"

#define SCRIPT                                                                 \
    "scenario \"test\"\ncovers WS-5\ndialect v2\nclients alice bob\n"          \
    "collection tasks title:text\n\n"                                          \
    "  bob connects /ws/{app} auth=yes gets=open\n"                            \
    "  alice inserts tasks/1 title=\"milk\"\n"                                 \
    "  alice pushes gets=ok\n"

struct bench {
    struct arena texts, runs;
    struct run_options options;
    struct run_result result;
    struct fake_wire wire;
    struct scenario_list list;
};

static void bench_open(struct bench *bench, const char *text)
{
    *bench = (struct bench){.list = {.count = 0}};
    arena_init(&bench->texts, LIMIT_RUN_ARENA);
    arena_init(&bench->runs, LIMIT_RUN_ARENA);
    run_options_defaults(&bench->options);
    bench->options.dialect = dialect_find(STR("v2"));
    fake_wire_open(&bench->wire, bench->options.dialect);
    bench->options.wire = &bench->wire.base;
    bench->options.tag = STR("t1");
    bench->list = scenario_of(text, &bench->texts);
}

static void bench_play(struct bench *bench)
{
    const struct scenario *scenario = &bench->list.items[0];
    run_scenario(scenario, &bench->options, &bench->runs, &bench->result);
    witness_hear(scenario, &bench->options, &bench->runs, &bench->result);
}

static void bench_close(struct bench *bench)
{
    ck_assert_uint_eq(bench->wire.channel_count, 0);
    fake_wire_close(&bench->wire);
    arena_free(&bench->texts);
    arena_free(&bench->runs);
}

START_TEST(what_is_late_by_the_clock_is_waited_for)
{
    struct bench b;
    bench_open(&b, SCRIPT "  bob hears tasks within=200ms\n");
    b.options.time_scale = 100;
    b.options.control.patience_ms = 5000;
    b.wire.late_ms = 300;
    bench_play(&b);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert_uint_eq(b.result.note.n, 0);
    ck_assert_uint_eq(b.wire.opened, 1);
    bench_close(&b);
}
END_TEST

/* Each is in time by itself, all of them together are not. */
START_TEST(while_more_of_it_comes_it_is_waited_for)
{
    struct bench b;
    bench_open(&b, SCRIPT "  alice inserts tasks/2 title=\"eggs\"\n"
                          "  alice pushes gets=ok\n"
                          "  bob hears tasks count=2 within=20s\n");
    b.options.time_scale = 100;
    b.wire.late_ms = 1400;
    bench_play(&b);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert_uint_eq(b.result.note.n, 0);
    ck_assert_uint_eq(b.wire.opened, 1);
    bench_close(&b);
}
END_TEST

START_TEST(patience_ends)
{
    struct bench b;
    bench_open(&b, SCRIPT "  bob hears tasks within=100ms\n");
    b.options.witness = true;
    b.options.time_scale = 10;
    b.options.control.patience_ms = 200;
    b.wire.mute = true;
    int64_t began_ms = wire_clock_ms();
    bench_play(&b);
    ck_assert_int_ge(wire_clock_ms() - began_ms, 200);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert(str_is(b.result.verdicts[0].what, "bob hears tasks"));
    ck_assert_uint_eq(b.wire.opened, 1);
    bench_close(&b);
}
END_TEST

START_TEST(the_witness_clears_what_only_the_library_missed)
{
    struct bench b;
    bench_open(&b, SCRIPT "  bob hears tasks within=100ms\n");
    b.wire.loses = true;
    bench_play(&b);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert(str_starts(b.result.note, STR("a message was missed")));
    ck_assert_uint_eq(b.wire.opened, 2);
    bench_close(&b);
}
END_TEST

START_TEST(what_the_witness_misses_too_was_not_sent)
{
    struct bench b;
    bench_open(&b, SCRIPT "  bob hears tasks within=100ms\n");
    b.wire.mute = true;
    bench_play(&b);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_uint_eq(b.result.note.n, 0);
    ck_assert_uint_eq(b.wire.opened, 2);
    bench_close(&b);
}
END_TEST

/* Whether it was sent is for the witness to say: nothing else is looked at. */
START_TEST(a_first_look_ends_with_what_is_missed)
{
    struct bench b;
    bench_open(&b, SCRIPT "  bob hears tasks within=3s\n");
    b.options.first_look = true;
    b.options.time_scale = 30;
    b.wire.mute = true;
    int64_t began_ms = wire_clock_ms();
    run_scenario(&b.list.items[0], &b.options, &b.runs, &b.result);
    ck_assert_int_ge(wire_clock_ms() - began_ms, 1000);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_uint_eq(b.wire.channel_count, 0);
    const struct history *history = b.result.history;
    for (size_t i = 0; i < history->count; i++) {
        ck_assert(history->events[i].kind != EV_STATE);
    }
    bench_close(&b);
}
END_TEST

START_TEST(what_is_told_is_what_the_witness_saw)
{
    struct bench b;
    bench_open(&b, SCRIPT "  bob hears tasks within=100ms\n");
    b.options.first_look = true;
    b.wire.mute = true;
    bench_play(&b);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_uint_eq(b.wire.opened, 2);
    const struct history *history = b.result.history;
    bool states = false;
    for (size_t i = 0; i < history->count; i++) {
        states = states || history->events[i].kind == EV_STATE;
    }
    ck_assert(states);
    bench_close(&b);
}
END_TEST

/* What was not missed but wrong is told as it is. */
START_TEST(a_first_look_sees_all_of_the_rest)
{
    struct bench b;
    bench_open(&b, SCRIPT "  alice has pending=7\n");
    b.options.first_look = true;
    bench_play(&b);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_uint_eq(b.wire.opened, 1);
    const struct history *history = b.result.history;
    ck_assert_uint_gt(history->count, 0);
    ck_assert(str_is(history->events[history->count - 1].text, "done"));
    bench_close(&b);
}
END_TEST

START_TEST(the_witness_is_not_asked_about_anything_else)
{
    struct bench b;
    bench_open(&b, SCRIPT "  alice has pending=7\n");
    b.wire.loses = true;
    bench_play(&b);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_uint_eq(b.wire.opened, 1);
    bench_close(&b);
}
END_TEST

/* Also when the script ends early: the next run has the same transport. */
START_TEST(no_channel_outlives_its_run)
{
    struct bench b;
    bench_open(&b, "scenario \"test\"\ncovers WS-5\ndialect v2\n"
                   "clients alice bob\ncollection tasks title:text\n\n"
                   "  everyone listens socket gets=open\n"
                   "  bob connects /ws/{app} wait=no\n"
                   "  alice has pending=7\n");
    bench_play(&b);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    ck_assert_uint_eq(b.wire.opened, 3);
    ck_assert_uint_eq(b.wire.closed, 3);
    bench_close(&b);
}
END_TEST

Suite *suite_witness(void)
{
    Suite *suite = suite_create("witness");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_is_late_by_the_clock_is_waited_for);
    tcase_add_test(tcase, while_more_of_it_comes_it_is_waited_for);
    tcase_add_test(tcase, patience_ends);
    tcase_add_test(tcase, the_witness_clears_what_only_the_library_missed);
    tcase_add_test(tcase, what_the_witness_misses_too_was_not_sent);
    tcase_add_test(tcase, a_first_look_ends_with_what_is_missed);
    tcase_add_test(tcase, what_is_told_is_what_the_witness_saw);
    tcase_add_test(tcase, a_first_look_sees_all_of_the_rest);
    tcase_add_test(tcase, the_witness_is_not_asked_about_anything_else);
    tcase_add_test(tcase, no_channel_outlives_its_run);
    suite_add_tcase(suite, tcase);
    return suite;
}
