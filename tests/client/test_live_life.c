/* SPDX-License-Identifier: MIT */
/* The live channel in time: silence, loss, reconnecting, and the client's own
 * comings and goings.  Layer: tests. */
#include "tests/client/rig.h"

#define LATER  "2026-01-01T00:00:09Z"
#define AUTHED "{\"type\":\"auth-ok\"}"
#define PING   "say 1 {\"type\":\"ping\"};"
#define NOTICE "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"
#define OPEN2  "open 2 GET /ws/to%20do;"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void listen_with_timers(void)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.timers = true});
    rig_listen(&rig, LISTEN_SOCKET);
}

static enum live_state state(void)
{
    return engine_live_state(rig.engine);
}

static const char *why(void)
{
    return arena_str(&rig.arena, engine_live_why(rig.engine)).p;
}

static void authenticate(uint32_t channel)
{
    rig_live_opens(&rig, channel);
    rig_acts(&rig);
    rig_live_says(&rig, channel, AUTHED);
    CK_NUM(state(), LIVE_STATE_OPEN);
}

START_TEST(defaults_of_the_live_channel)
{
    struct engine_config config;
    engine_config_defaults(&config);
    CK_NUM(config.live_reconnect_ms, 5000);
    CK_NUM(config.live_jitter_ms, 0);
    CK_NUM(config.live_auth_ms, 10000);
    CK_NUM(config.live_ping_ms, 30000);
    CK_NUM(config.live_pong_ms, 10000);
    CK_NUM(config.live_silence_ms, 45000);
}
END_TEST

START_TEST(silence_is_asked_about_and_then_given_up)
{
    rig_listen(&rig, LISTEN_SOCKET);
    CK_NUM(engine_next_ms(rig.engine), 30000);
    rig_wait(&rig, 29999);
    engine_tick(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "");
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), PING);
    CK_NUM(state(), LIVE_STATE_OPEN);
    ck_assert(engine_live_awaits(rig.engine));
    CK_NUM(engine_next_ms(rig.engine), 40000);
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), "shut 1 0;");
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "socket: nothing came for too long");
    ck_assert(!engine_live_awaits(rig.engine));
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 45000);
    CK_STR(rig_acts(&rig), OPEN2);
    authenticate(2);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
}
END_TEST

START_TEST(whatever_comes_is_a_sign_of_life)
{
    static const char *const texts[] = {
        "{\"type\":\"pong\"}", "{\"type\":\"weather\"}", "garbage", NOTICE};
    rig_listen(&rig, LISTEN_SOCKET);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert(rig_tick(&rig));
        CK_STR(rig_acts(&rig), PING);
        rig_wait(&rig, 9999);
        rig_live_says(&rig, 1, texts[i]);
        ck_assert(!engine_live_awaits(rig.engine));
        CK_NUM(engine_next_ms(rig.engine), rig.at.now_ms + 30000);
        rig_requests(&rig, LATER);
    }
    rig_wait(&rig, 20000); /* also before the ping */
    rig_live_says(&rig, 1, "garbage");
    CK_NUM(engine_next_ms(rig.engine), rig.at.now_ms + 30000);
}
END_TEST

START_TEST(a_lost_socket_comes_back_and_pulls)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_ends(&rig, 1, _i ? WS_CODE_GOING_AWAY : 0);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), _i ? "socket: closed with 1001: by the test"
                     : "socket: reset: cut by the test");
    ck_assert(!engine_live_awaits(rig.engine));
    CK_STR(rig_acts(&rig), "");
    CK_NUM(engine_next_ms(rig.engine), 5000); /* though timers are off */
    rig_wait(&rig, 4999);
    engine_tick(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "");
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), OPEN2);
    CK_NUM(rig.fresh_asked, 0);
    authenticate(2);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
}
END_TEST

START_TEST(the_wait_is_the_same_every_time)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_ends(&rig, 1, 0);
    for (uint32_t channel = 2; channel < 20; channel++) {
        CK_NUM(engine_next_ms(rig.engine), rig.at.now_ms + 5000);
        ck_assert(rig_tick(&rig));
        CK_NUM(rig_acts(&rig)[0], 'o');
        CK_NUM(rig.act.channel, channel);
        rig_live_answers(&rig, channel, 502, "", NULL);
    }
}
END_TEST

static int64_t jittered_wait(uint64_t seed)
{
    rig.config.live_jitter_ms = 1000;
    rig.config.seed = seed;
    rig.engine = engine_create(&rig.config, rig.device);
    engine_sign_in(rig.engine, rig.at);
    rig_requests(&rig, LATER);
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_ends(&rig, 1, 0);
    int64_t wait_ms = engine_next_ms(rig.engine) - rig.at.now_ms;
    ck_assert_int_ge(wait_ms, 5000);
    ck_assert_int_le(wait_ms, 6000);
    return wait_ms;
}

START_TEST(jitter_comes_from_the_seed)
{
    bool differs = false;
    int64_t first_ms = jittered_wait(1);
    CK_NUM(jittered_wait(1), first_ms);
    for (uint64_t seed = 2; seed < 6; seed++) {
        differs = differs || jittered_wait(seed) != first_ms;
    }
    ck_assert(differs);
}
END_TEST

START_TEST(a_flap_leaves_one_socket)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_online(rig.engine, rig.at, false);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "offline");
    CK_STR(rig_acts(&rig), "shut 1 0;");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_wait(&rig, 1000);
    engine_online(rig.engine, rig.at, true); /* at once */
    CK_STR(rig_acts(&rig), OPEN2);
    rig_live_ends(&rig, 1, 0); /* late news of the old one */
    CK_NUM(state(), LIVE_STATE_OPENING);
    rig_live_ends(&rig, 2, 0);
    CK_NUM(engine_next_ms(rig.engine), 6000);
    rig_wait(&rig, 1000);
    engine_online(rig.engine, rig.at, false); /* while it waits */
    engine_online(rig.engine, rig.at, true);
    CK_STR(rig_acts(&rig), "open 3 GET /ws/to%20do;");
    authenticate(3);
    rig_requests(&rig, LATER);
    rig_wait(&rig, 10000);
    engine_tick(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), ""); /* the timer did not live on */
}
END_TEST

START_TEST(what_nobody_has_seen_is_not_asked_for)
{
    for (int i = 0; i < 3; i++) {
        engine_live(rig.engine, rig.at, LISTEN_SOCKET);
        engine_online(rig.engine, rig.at, false);
        CK_NUM(state(), LIVE_STATE_OFF);
        engine_online(rig.engine, rig.at, true);
    }
    rig_requests(&rig, LATER);
    CK_STR(rig_acts(&rig), "open 4 GET /ws/to%20do;");
}
END_TEST

START_TEST(a_new_user_gets_a_new_socket)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_says(&rig, 1, NOTICE);
    rig_live_says(&rig, 1, NOTICE);
    engine_sign_out(rig.engine, rig.at);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "not signed in");
    CK_STR(rig_acts(&rig), "shut 1 1000;");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_live_says(&rig, 1, NOTICE);
    ck_assert(rig_quiet(&rig)); /* nor what was noticed before */
    rig.token = "bob";
    engine_sign_in(rig.engine, rig.at);
    rig_requests(&rig, LATER);
    CK_STR(rig_acts(&rig), OPEN2);
    rig_live_opens(&rig, 2);
    CK_STR(rig_acts(&rig),
           "say 2 {\"type\":\"auth\",\"token\":\"bob\",\"clientId\":"
           "\"device-a\"};");
    rig_live_says(&rig, 2, AUTHED);
    rig_requests(&rig, LATER);
    engine_sign_in(rig.engine, rig.at); /* another user, without a goodbye */
    CK_STR(rig_acts(&rig), "shut 2 1000;open 3 GET /ws/to%20do;");
}
END_TEST

START_TEST(the_mode_is_changed_by_closing_first)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    CK_STR(rig_acts(&rig), ""); /* it is there */
    engine_live(rig.engine, rig.at, LISTEN_UNIFIED);
    CK_STR(rig_acts(&rig), "shut 1 1000;open 2 GET /ws;");
    rig_live_ends(&rig, 2, 0);
    rig_wait(&rig, 100);
    engine_live(rig.engine, rig.at, LISTEN_SOCKET); /* while it waits */
    CK_STR(rig_acts(&rig), "open 3 GET /ws/to%20do;");
    rig_live_ends(&rig, 3, 0);
    engine_live(rig.engine, rig.at, LISTEN_SOCKET); /* asked for: now */
    CK_STR(rig_acts(&rig), "open 4 GET /ws/to%20do;");
    engine_live(rig.engine, rig.at, LISTEN_OFF);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "");
    CK_STR(rig_acts(&rig), "shut 4 1000;");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_online(rig.engine, rig.at, false);
    engine_online(rig.engine, rig.at, true);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(listening_before_it_is_possible_waits_for_it)
{
    engine_sign_out(rig.engine, rig.at);
    engine_online(rig.engine, rig.at, false);
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "not signed in");
    engine_sign_in(rig.engine, rig.at);
    CK_STR(why(), "offline");
    CK_STR(rig_acts(&rig), "");
    engine_online(rig.engine, rig.at, true);
    CK_STR(rig_acts(&rig), "open 1 GET /ws/to%20do;");
    CK_NUM(state(), LIVE_STATE_OPENING);
}
END_TEST

START_TEST(a_crash_loses_the_channel_and_a_restart_opens_it)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_crash(rig.engine);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "crashed");
    CK_STR(rig_acts(&rig), "shut 1 0;");
    rig_live_says(&rig, 1, NOTICE);
    rig_live_ends(&rig, 1, 0);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_online(rig.engine, rig.at, false);
    engine_online(rig.engine, rig.at, true);
    engine_sign_in(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "");
    engine_restart(rig.engine, rig.at); /* without timers too */
    CK_STR(rig_acts(&rig), OPEN2);
    ck_assert(rig_quiet(&rig));
    authenticate(2);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
    engine_crash(rig.engine);
    rig_acts(&rig);
    engine_live(rig.engine, rig.at, LISTEN_OFF);
    engine_restart(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(a_crash_forgets_what_the_server_said_of_channels)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, 503, "", "60");
    engine_crash(rig.engine);
    engine_restart(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), OPEN2);
    rig_live_answers(&rig, 2, 404, "", NULL);
    engine_crash(rig.engine);
    engine_restart(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "open 3 GET /ws/to%20do;");
}
END_TEST

START_TEST(a_pong_is_not_awaited_on_a_socket_that_is_gone)
{
    rig_listen(&rig, LISTEN_SOCKET);
    ck_assert(rig_tick(&rig));
    ck_assert(engine_live_awaits(rig.engine));
    engine_online(rig.engine, rig.at, false);
    ck_assert(!engine_live_awaits(rig.engine));
    CK_STR(rig_acts(&rig), "shut 1 0;"); /* the ping was not said yet */
}
END_TEST

/* What its rounds and the timers have to do with each other. */

START_TEST(the_timers_tick_on_beside_the_channel)
{
    listen_with_timers();
    CK_NUM(engine_next_ms(rig.engine), 30000);
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), PING);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
    rig_live_ends(&rig, 1, 0);
    rig_insert(&rig, "1", NULL);
    ck_assert(rig_tick(&rig)); /* polling and pushing go on */
    CK_NUM(rig.at.now_ms, 31000);
    CK_STR(rig_requests(&rig, LATER), "push ");
    CK_NUM(engine_next_ms(rig.engine), 35000);
}
END_TEST

START_TEST(while_backing_off_a_notice_waits_for_the_retry)
{
    listen_with_timers();
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_live_says(&rig, 1, NOTICE);
    rig_reply(&rig, 500, "", NULL);
    int64_t retry_ms = engine_next_ms(rig.engine);
    ck_assert_int_ge(retry_ms, 1000);
    for (int i = 0; i < 10; i++) {
        rig_live_says(&rig, 1, NOTICE);
    }
    ck_assert(rig_quiet(&rig));
    CK_NUM(engine_next_ms(rig.engine), retry_ms);
    ck_assert(rig_tick(&rig));
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
    ck_assert(rig_quiet(&rig)); /* the retry did it */
}
END_TEST

START_TEST(an_opening_is_the_retry)
{
    listen_with_timers();
    rig_insert(&rig, "1", NULL);
    rig_live_ends(&rig, 1, 0);
    rig_wait(&rig, 4000);
    engine_tick(rig.engine, rig.at);
    rig_take(&rig);
    rig_lose(&rig, REPLY_REFUSED, FATE_NONE);
    rig_wait(&rig, 1000);
    engine_tick(rig.engine, rig.at);
    while (engine_take(rig.engine, &rig.request)) {
        rig_lose(&rig, REPLY_REFUSED, FATE_NONE);
    }
    CK_STR(rig_acts(&rig), OPEN2);
    authenticate(2);
    CK_STR(rig_requests(&rig, LATER), "push pull tasks pull notes ");
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(retry_after_holds_for_notices_and_openings)
{
    rig_listen(&rig, LISTEN_SOCKET); /* without timers */
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_reply(&rig, 503, "", "20");
    rig_live_says(&rig, 1, NOTICE);
    ck_assert(rig_quiet(&rig));
    CK_NUM(engine_next_ms(rig.engine), 20000);
    rig_live_ends(&rig, 1, 0);
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), OPEN2);
    authenticate(2);
    ck_assert(rig_quiet(&rig));
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 20000);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
}
END_TEST

START_TEST(what_was_noticed_is_forgotten_with_the_listening)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_live_says(&rig, 1, NOTICE);
    if (_i) {
        engine_online(rig.engine, rig.at, false);
    } else {
        engine_live(rig.engine, rig.at, LISTEN_OFF);
    }
    rig_answer(&rig, "", LATER, false);
    ck_assert(rig_quiet(&rig));
    ck_assert(!engine_busy(rig.engine));
}
END_TEST

START_TEST(a_tab_listens_for_itself)
{
    struct engine *other = engine_create(&rig.config, rig.device);
    struct live_act act;
    rig_listen(&rig, LISTEN_SOCKET);
    engine_sign_in(other, rig.at);
    ck_assert(!engine_live_take(other, &act));
    engine_live(other, rig.at, LISTEN_UNIFIED);
    ck_assert(engine_live_take(other, &act));
    CK_NUM(act.channel, 1);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

Suite *suite_live_life(void)
{
    Suite *suite = suite_create("live channel in time");
    TCase *tests = tcase_create("live channel in time");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, defaults_of_the_live_channel);
    tcase_add_test(tests, silence_is_asked_about_and_then_given_up);
    tcase_add_test(tests, whatever_comes_is_a_sign_of_life);
    tcase_add_loop_test(tests, a_lost_socket_comes_back_and_pulls, 0, 2);
    tcase_add_test(tests, the_wait_is_the_same_every_time);
    tcase_add_test(tests, jitter_comes_from_the_seed);
    tcase_add_test(tests, a_flap_leaves_one_socket);
    tcase_add_test(tests, what_nobody_has_seen_is_not_asked_for);
    tcase_add_test(tests, a_new_user_gets_a_new_socket);
    tcase_add_test(tests, the_mode_is_changed_by_closing_first);
    tcase_add_test(tests, listening_before_it_is_possible_waits_for_it);
    tcase_add_test(tests, a_crash_loses_the_channel_and_a_restart_opens_it);
    tcase_add_test(tests, a_crash_forgets_what_the_server_said_of_channels);
    tcase_add_test(tests, a_pong_is_not_awaited_on_a_socket_that_is_gone);
    tcase_add_test(tests, the_timers_tick_on_beside_the_channel);
    tcase_add_test(tests, while_backing_off_a_notice_waits_for_the_retry);
    tcase_add_test(tests, an_opening_is_the_retry);
    tcase_add_test(tests, retry_after_holds_for_notices_and_openings);
    tcase_add_loop_test(tests, what_was_noticed_is_forgotten_with_the_listening,
                        0, 2);
    tcase_add_test(tests, a_tab_listens_for_itself);
    suite_add_tcase(suite, tests);
    return suite;
}
