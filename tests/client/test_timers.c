/* SPDX-License-Identifier: MIT */
/* What the engine does by itself, and when.  Layer: tests. */
#include "tests/client/rig.h"

#define LATER "2026-01-01T00:00:09Z"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, &(struct rig_options){.timers = true});
}

static void close_rig(void)
{
    rig_close(&rig);
}

START_TEST(without_timers_nothing_happens_by_itself)
{
    rig_close(&rig);
    rig_ready(&rig, NULL);
    rig_insert(&rig, "1", NULL);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_wait(&rig, 3600000);
    engine_tick(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
}
END_TEST

START_TEST(a_write_is_pushed_a_second_later)
{
    rig_insert(&rig, "1", NULL);
    CK_NUM(engine_next_ms(rig.engine), 1000);
    rig_wait(&rig, 999);
    engine_tick(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    rig_wait(&rig, 1);
    engine_tick(rig.engine, rig.at);
    rig_take(&rig);
    CK_NUM(rig.request.kind, REQUEST_PUSH);
    rig_answer(&rig, "", LATER, false);
    ck_assert(rig_quiet(&rig));
    CK_NUM(engine_next_ms(rig.engine), 30000);
}
END_TEST

START_TEST(writing_on_puts_the_push_off_five_seconds_at_most)
{
    for (int i = 0; i < 10; i++) {
        rig_insert(&rig, rig_format(&rig, "%d", i).p, NULL);
        int64_t next_ms = engine_next_ms(rig.engine);
        CK_NUM(next_ms, i < 5 ? i * 900 + 1000 : 5000);
        if (next_ms == 5000) {
            break;
        }
        rig_wait(&rig, 900);
        engine_tick(rig.engine, rig.at);
        ck_assert(rig_quiet(&rig));
    }
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 5000);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 6);
    rig_insert(&rig, "next", NULL); /* a new five seconds */
    rig_wait(&rig, 900);
    rig_update(&rig, "next", "n", "1", NULL);
    CK_NUM(engine_next_ms(rig.engine), 6900);
}
END_TEST

START_TEST(pulls_by_interval)
{
    CK_NUM(engine_next_ms(rig.engine), 30000);
    for (int i = 1; i <= 3; i++) {
        ck_assert(rig_tick(&rig));
        CK_NUM(rig.at.now_ms, 30000 * i);
        rig_take(&rig);
        CK_NUM(rig.request.kind, REQUEST_PULL);
        rig_answer(&rig, "", LATER, false);
        CK_NUM(rig_drain(&rig, LATER), 1);
    }
}
END_TEST

START_TEST(the_interval_takes_what_another_tab_left)
{
    struct engine *other = engine_create(&rig.config, rig.device);
    struct edit edit = {
        .kind = EDIT_INSERT, .collection = STR("tasks"), .id = STR("1")};
    CK_NUM(engine_edit(other, rig.at, &edit, NULL), ST_OK);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    CK_NUM(rig.request.kind, REQUEST_PUSH);
}
END_TEST

static int64_t fail_and_wait(int status, const char *retry_after)
{
    int64_t before_ms = rig.at.now_ms;
    rig_take(&rig);
    if (status) {
        rig_reply(&rig, status, "", retry_after);
        while (engine_take(rig.engine, &rig.request)) {
            rig_reply(&rig, status, "", retry_after);
        }
    } else {
        rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    }
    ck_assert(!engine_busy(rig.engine));
    while (!engine_busy(rig.engine)) {
        ck_assert(rig_tick(&rig));
    }
    return rig.at.now_ms - before_ms;
}

START_TEST(failures_are_tried_again_ever_more_patiently)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    int64_t base_ms = 1000;
    for (int i = 0; i < 10; i++) {
        int64_t waited_ms = fail_and_wait(0, NULL);
        ck_assert_int_ge(waited_ms, base_ms);
        ck_assert_int_le(waited_ms,
                         base_ms < 60000 ? base_ms + base_ms / 4 : 60000);
        base_ms = base_ms * 2 < 60000 ? base_ms * 2 : 60000;
    }
    rig_drain(&rig, LATER);
    CK_NUM(rig_pending(&rig), 0);
    rig_insert(&rig, "2", NULL); /* success starts anew */
    ck_assert(rig_tick(&rig));
    ck_assert_int_le(fail_and_wait(500, NULL), 1250);
}
END_TEST

START_TEST(retry_after_is_respected)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    int64_t waited_ms = fail_and_wait(429, "17");
    CK_NUM(waited_ms, 17000);
    waited_ms = fail_and_wait(503, "not a number");
    ck_assert_int_le(waited_ms, 2500);
    rig_drain(&rig, LATER);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(going_online_does_not_forget_retry_after)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    rig_reply(&rig, 429, "", "60");
    engine_online(rig.engine, rig.at, false);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_wait(&rig, 5000);
    engine_online(rig.engine, rig.at, true);
    ck_assert(rig_quiet(&rig));
    while (!engine_busy(rig.engine)) {
        ck_assert(rig_tick(&rig));
    }
    CK_NUM(rig.at.now_ms, 61000);
}
END_TEST

START_TEST(while_backing_off_a_write_and_the_interval_wait_too)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    rig_reply(&rig, 503, "", "100");
    int64_t failed_ms = rig.at.now_ms;
    rig_insert(&rig, "2", NULL);
    while (!engine_busy(rig.engine)) {
        ck_assert(rig_tick(&rig));
    }
    CK_NUM(rig.at.now_ms - failed_ms, 100000);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 2);
}
END_TEST

START_TEST(the_jitter_comes_from_the_seed)
{
    int64_t waited_ms[3];
    static const uint64_t seeds[] = {1, 1, 2};
    for (int i = 0; i < 3; i++) {
        rig_close(&rig);
        rig_open(&rig, &(struct rig_options){.timers = true});
        rig.config.seed = seeds[i];
        rig.engine = engine_create(&rig.config, rig.device);
        engine_sign_in(rig.engine, rig.at);
        rig_drain(&rig, LATER);
        rig_insert(&rig, "1", NULL);
        ck_assert(rig_tick(&rig));
        waited_ms[i] = fail_and_wait(0, NULL);
    }
    CK_NUM(waited_ms[0], waited_ms[1]);
    ck_assert_int_ne(waited_ms[0], waited_ms[2]);
}
END_TEST

START_TEST(a_refused_change_alone_is_not_retried)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    rig_reply(&rig, 422, "", NULL);
    CK_NUM(engine_next_ms(rig.engine), 30000);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    CK_NUM(rig.request.kind, REQUEST_PULL);
}
END_TEST

START_TEST(nothing_by_itself_offline_signed_out_or_crashed)
{
    rig_insert(&rig, "1", NULL);
    engine_online(rig.engine, rig.at, false);
    rig_insert(&rig, "2", NULL);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_online(rig.engine, rig.at, true);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "3", NULL);
    engine_sign_out(rig.engine, rig.at);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "4", NULL);
    engine_crash(rig.engine);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_wait(&rig, 100000);
    engine_tick(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    engine_restart(rig.engine, rig.at);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
}
END_TEST

START_TEST(a_write_during_a_push_follows_by_its_own_timer)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    rig_insert(&rig, "2", NULL);
    rig_wait(&rig, 1000);
    engine_tick(rig.engine, rig.at); /* due while busy: after it, then */
    ck_assert(rig_quiet(&rig));
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
}
END_TEST

START_TEST(what_nobody_asked_for_is_not_tried_right_after_a_failure)
{
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig));
    rig_take(&rig);
    rig_insert(&rig, "2", NULL);
    rig_wait(&rig, 1000);
    engine_tick(rig.engine, rig.at);
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    ck_assert(rig_quiet(&rig));
    engine_push(rig.engine, rig.at); /* but somebody may ask */
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 2);
}
END_TEST

Suite *suite_timers(void)
{
    Suite *suite = suite_create("timers");
    TCase *tests = tcase_create("timers");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, without_timers_nothing_happens_by_itself);
    tcase_add_test(tests, a_write_is_pushed_a_second_later);
    tcase_add_test(tests, writing_on_puts_the_push_off_five_seconds_at_most);
    tcase_add_test(tests, pulls_by_interval);
    tcase_add_test(tests, the_interval_takes_what_another_tab_left);
    tcase_add_test(tests, failures_are_tried_again_ever_more_patiently);
    tcase_add_test(tests, retry_after_is_respected);
    tcase_add_test(tests, going_online_does_not_forget_retry_after);
    tcase_add_test(tests, while_backing_off_a_write_and_the_interval_wait_too);
    tcase_add_test(tests, the_jitter_comes_from_the_seed);
    tcase_add_test(tests, a_refused_change_alone_is_not_retried);
    tcase_add_test(tests, nothing_by_itself_offline_signed_out_or_crashed);
    tcase_add_test(tests, a_write_during_a_push_follows_by_its_own_timer);
    tcase_add_test(tests,
                   what_nobody_asked_for_is_not_tried_right_after_a_failure);
    suite_add_tcase(suite, tests);
    return suite;
}
