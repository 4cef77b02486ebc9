/* SPDX-License-Identifier: MIT */
/* The live channel of the engine: how it is asked for, who we say we are, and
 * what notices start.  Layer: tests. */
#include "tests/client/rig.h"

#define LATER          "2026-01-01T00:00:09Z"
#define AUTHED         "{\"type\":\"auth-ok\"}"
#define PONG           "{\"type\":\"pong\"}"
#define AUTH           "{\"type\":\"auth\",\"token\":\"jwt\",\"clientId\":\"device-a\"}"
#define AUTH2          "{\"type\":\"auth\",\"token\":\"jwt2\",\"clientId\":\"device-a\"}"
#define PING           "{\"type\":\"ping\"}"
#define NOTICE(tables) "{\"type\":\"sync-available\",\"tables\":[" tables "]}"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void open_v1(void)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.dialect = "v1"});
}

static enum live_state state(void)
{
    return engine_live_state(rig.engine);
}

static const char *why(void)
{
    return arena_str(&rig.arena, engine_live_why(rig.engine)).p;
}

static struct str header(const char *name)
{
    return http_header_find(rig.act.http.headers, rig.act.http.header_count,
                            name);
}

START_TEST(nobody_listens_unasked)
{
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "");
    CK_STR(rig_acts(&rig), "");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    ck_assert(!engine_live_awaits(rig.engine));
    CK_STR(live_state_name(LIVE_STATE_OFF), "off");
    CK_STR(live_state_name(LIVE_STATE_OPENING), "opening");
    CK_STR(live_state_name(LIVE_STATE_OPEN), "open");
    CK_STR(live_state_name(LIVE_STATE_WAITING), "waiting");
}
END_TEST

START_TEST(a_socket_opens_says_who_we_are_and_pulls)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(engine_live_awaits(rig.engine));
    CK_STR(rig_acts(&rig), "open 1 GET /ws/to%20do;");
    CK_NUM(rig.act.channel_kind, CHANNEL_SOCKET);
    CK_STR(header("X-Client-Id").p, "device-a");
    ck_assert_ptr_null(header("Authorization").p);
    size_t asked = rig.tokens_asked;
    rig_live_opens(&rig, 1);
    CK_NUM(rig.tokens_asked, asked + 1);
    CK_STR(rig_acts(&rig), "say 1 " AUTH ";");
    rig_live_opens(&rig, 1);
    CK_STR(rig_acts(&rig), "");
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(engine_live_awaits(rig.engine));
    ck_assert(rig_quiet(&rig));
    rig_live_says(&rig, 1, AUTHED);
    CK_NUM(state(), LIVE_STATE_OPEN);
    ck_assert(!engine_live_awaits(rig.engine));
    CK_STR(why(), "");
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(the_unified_socket_has_another_path)
{
    engine_live(rig.engine, rig.at, LISTEN_UNIFIED);
    CK_STR(rig_acts(&rig), "open 1 GET /ws;");
    CK_NUM(rig.act.channel_kind, CHANNEL_SOCKET);
}
END_TEST

START_TEST(v1_takes_the_pong_behind_the_auth_for_an_answer)
{
    open_v1();
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    CK_STR(rig_acts(&rig), "say 1 " AUTH ";say 1 " PING ";");
    CK_NUM(state(), LIVE_STATE_OPENING);
    rig_live_says(&rig, 1, PONG);
    CK_NUM(state(), LIVE_STATE_OPEN);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
}
END_TEST

START_TEST(v1_counts_as_open_when_nothing_answers_and_v2_does_not)
{
    open_v1();
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    rig_acts(&rig);
    CK_NUM(engine_next_ms(rig.engine), 10000);
    rig_wait(&rig, 9999);
    engine_tick(rig.engine, rig.at);
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 10000);
    CK_NUM(state(), LIVE_STATE_OPEN);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");

    close_rig();
    open_rig();
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    rig_acts(&rig);
    rig_live_says(&rig, 1, PONG); /* of no meaning here */
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 10000);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "socket: auth was not answered in time");
    CK_STR(rig_acts(&rig), "shut 1 0;");
    CK_NUM(engine_next_ms(rig.engine), 15000);
    ck_assert(rig_quiet(&rig));
}
END_TEST

START_TEST(v1_has_neither_unified_socket_nor_stream)
{
    open_v1();
    engine_live(rig.engine, rig.at, LISTEN_UNIFIED);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "this dialect has no unified socket");
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "this dialect has no stream");
    CK_STR(rig_acts(&rig), "");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_online(rig.engine, rig.at, false);
    engine_online(rig.engine, rig.at, true);
    CK_STR(rig_acts(&rig), "");
    CK_STR(why(), "this dialect has no stream");
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    CK_STR(rig_acts(&rig), "open 1 GET /ws/to%20do;");
}
END_TEST

START_TEST(without_a_token_nothing_is_said)
{
    rig.token = "";
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    CK_STR(rig_acts(&rig), "shut 1 1000;");
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "there is no token to say");
    rig.token = "jwt";
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), "open 2 GET /ws/to%20do;");
    rig_live_opens(&rig, 2);
    CK_STR(rig_acts(&rig), "say 2 " AUTH ";");
}
END_TEST

/* A refused token: another one at once, once; then patience. */
static void refuse(uint32_t channel, bool says_error, int code)
{
    rig_live_opens(&rig, channel);
    rig_acts(&rig);
    if (says_error) {
        rig_live_says(&rig, channel,
                      "{\"type\":\"error\",\"message\":\"bad\\ntoken\"}");
        CK_NUM(state(), LIVE_STATE_OPENING);
        CK_STR(why(), "socket: refused: bad token");
    }
    rig_live_ends(&rig, channel, code);
}

START_TEST(a_refused_token_is_replaced_once)
{
    static const struct {
        bool says_error;
        int code;
    } ways[] = {{true, WS_CODE_POLICY}, {false, WS_CODE_POLICY}, {true, 0}};
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    refuse(1, ways[_i].says_error, ways[_i].code);
    CK_NUM(state(), LIVE_STATE_OPENING);
    CK_STR(rig_acts(&rig), "open 2 GET /ws/to%20do;");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    CK_NUM(rig.fresh_asked, 0);
    rig_live_opens(&rig, 2);
    CK_NUM(rig.fresh_asked, 1);
    CK_STR(rig_acts(&rig), "say 2 " AUTH2 ";");
    rig_live_ends(&rig, 2, WS_CODE_POLICY);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "socket: closed with 1008: by the test");
    CK_NUM(engine_next_ms(rig.engine), 5000);
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), "open 3 GET /ws/to%20do;");
    refuse(3, false, WS_CODE_POLICY);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_NUM(rig.fresh_asked, 1);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(an_error_and_then_silence_is_a_refusal_too)
{
    open_v1();
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    rig_acts(&rig);
    rig_live_says(&rig, 1, "{\"type\":\"error\",\"message\":\"no\"}");
    rig_live_says(&rig, 1, PONG);
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(rig_tick(&rig));
    CK_STR(rig_acts(&rig), "shut 1 0;open 2 GET /ws/to%20do;");
    rig_live_opens(&rig, 2);
    CK_NUM(rig.fresh_asked, 1);
}
END_TEST

START_TEST(after_a_refusal_the_pong_counts_again)
{
    open_v1();
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    refuse(1, true, WS_CODE_POLICY);
    rig_acts(&rig);
    rig_live_opens(&rig, 2);
    rig_live_says(&rig, 2, PONG);
    CK_NUM(state(), LIVE_STATE_OPEN);
}
END_TEST

START_TEST(who_signs_in_anew_may_ask_for_a_new_token_again)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    refuse(1, false, WS_CODE_POLICY);
    rig_acts(&rig);
    refuse(2, false, WS_CODE_POLICY);
    CK_NUM(state(), LIVE_STATE_WAITING);
    engine_sign_out(rig.engine, rig.at);
    engine_sign_in(rig.engine, rig.at);
    rig_requests(&rig, LATER);
    CK_STR(rig_acts(&rig), "open 3 GET /ws/to%20do;");
    refuse(3, false, WS_CODE_POLICY);
    CK_STR(rig_acts(&rig), "open 4 GET /ws/to%20do;");
    CK_NUM(rig.fresh_asked, 1);
    rig_live_opens(&rig, 4);
    CK_NUM(rig.fresh_asked, 2);
}
END_TEST

START_TEST(a_token_that_expires_on_an_open_socket_is_replaced_after_the_wait)
{
    rig_listen(&rig, LISTEN_SOCKET);
    for (uint32_t channel = 1; channel < 4; channel++) {
        rig_live_ends(&rig, channel, WS_CODE_POLICY);
        CK_NUM(state(), LIVE_STATE_WAITING);
        CK_NUM(engine_next_ms(rig.engine), rig.at.now_ms + 5000);
        ck_assert(rig_tick(&rig));
        rig_acts(&rig);
        rig_live_opens(&rig, channel + 1);
        CK_NUM(rig.fresh_asked, channel);
        rig_acts(&rig);
        rig_live_says(&rig, channel + 1, AUTHED);
        CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
    }
}
END_TEST

START_TEST(an_opening_that_is_unauthorized_asks_for_a_new_token_once)
{
    static const int statuses[] = {401, 403};
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, statuses[_i], "", NULL);
    CK_NUM(state(), LIVE_STATE_OPENING);
    CK_STR(rig_acts(&rig), "open 2 GET /ws/to%20do;");
    rig_live_answers(&rig, 2, statuses[_i], "{\"error\":\"no\"}", NULL);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), statuses[_i] == 401
                      ? "socket: 401 Unauthorized: {\"error\":\"no\"}"
                      : "socket: 403 Forbidden: {\"error\":\"no\"}");
    CK_STR(rig_acts(&rig), "");
    CK_NUM(engine_next_ms(rig.engine), 5000);
}
END_TEST

START_TEST(where_there_is_no_such_channel_polling_remains)
{
    static const int statuses[] = {404, 405, 501};
    engine_live(rig.engine, rig.at, LISTEN_UNIFIED);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, statuses[_i], "", NULL);
    CK_NUM(state(), LIVE_STATE_OFF);
    ck_assert(str_starts(engine_live_why(rig.engine), STR("unified socket: ")));
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_online(rig.engine, rig.at, false);
    engine_online(rig.engine, rig.at, true);
    rig_requests(&rig, LATER);
    CK_STR(rig_acts(&rig), "");
    engine_live(rig.engine, rig.at, LISTEN_UNIFIED); /* but one may ask */
    CK_STR(rig_acts(&rig), "open 2 GET /ws;");
    rig_live_answers(&rig, 2, statuses[_i], "", NULL);
    engine_sign_out(rig.engine, rig.at);
    engine_sign_in(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "open 3 GET /ws;");
}
END_TEST

START_TEST(a_server_that_is_busy_is_left_alone_as_long_as_it_asks)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, 503, "", "17");
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "socket: 503 Service Unavailable");
    CK_NUM(engine_next_ms(rig.engine), 17000);
    rig_wait(&rig, 1000);
    engine_online(rig.engine, rig.at, false);
    CK_NUM(state(), LIVE_STATE_OFF);
    engine_online(rig.engine, rig.at, true); /* no way around it */
    rig_requests(&rig, LATER);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "the server asked to be left alone for a while");
    CK_STR(rig_acts(&rig), "");
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 17000);
    CK_STR(rig_acts(&rig), "open 2 GET /ws/to%20do;");
    rig_live_answers(&rig, 2, 429, "", "2"); /* the wait is longer */
    CK_NUM(engine_next_ms(rig.engine), 22000);
    ck_assert(rig_tick(&rig));
    rig_acts(&rig);
    rig_live_answers(&rig, 3, 500, "", NULL);
    CK_NUM(engine_next_ms(rig.engine), 27000);
}
END_TEST

START_TEST(openings_that_come_to_nothing_wait)
{
    static const enum reply_kind kinds[] = {REPLY_TIMEOUT, REPLY_REFUSED,
                                            REPLY_RESET, REPLY_GARBLED};
    const struct channel_end end = {.kind = kinds[_i],
                                    .error = STR("so it is")};
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    engine_live_ended(rig.engine, rig.at, 1, &end);
    CK_NUM(state(), LIVE_STATE_WAITING);
    struct str want =
        rig_format(&rig, "socket: %s: so it is", reply_kind_name(kinds[_i]));
    CK_STR(why(), want.p);
    CK_NUM(engine_next_ms(rig.engine), 5000);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(unpaid_stops_the_channel_wherever_it_is_told)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_reply(&rig, 402, "{\"error\":\"sync_inactive\"}", NULL);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "sync is not paid for");
    CK_STR(rig_acts(&rig), "shut 1 1000;");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_sign_in(rig.engine, rig.at);
    rig_requests(&rig, LATER);
    CK_STR(rig_acts(&rig), "open 2 GET /ws/to%20do;");
    rig_live_answers(&rig, 2, 402, "", NULL);
    CK_NUM(state(), LIVE_STATE_OFF);
    ck_assert(engine_stopped_by_payment(rig.engine));
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
    CK_STR(rig_acts(&rig), "");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
}
END_TEST

/* Notices. */

START_TEST(a_notice_pulls_what_it_names)
{
    static const char *const notices[][2] = {
        {NOTICE("\"notes\""), "pull notes "},
        {NOTICE("\"notes\",\"tasks\""), "pull tasks pull notes "},
        {NOTICE("\"aliens\",\"tasks\""), "pull tasks "},
        {NOTICE("\"aliens\""), ""},
        {NOTICE(""), "pull tasks pull notes "},
        {"{\"type\":\"sync-available\"}", "pull tasks pull notes "},
        {"{\"type\":\"error\",\"message\":\"?\"}", ""},
        {"{\"type\":\"weather\"}", ""},
        {"{\"type\":\"auth-ok\"}", ""},
        {"{\"type\":\"pong\"}", ""},
        {"not JSON at all", ""},
        {"[]", ""},
    };
    rig_listen(&rig, LISTEN_SOCKET);
    for (size_t i = 0; i < sizeof notices / sizeof notices[0]; i++) {
        rig_live_says(&rig, 1, notices[i][0]);
        CK_STR(rig_requests(&rig, LATER), notices[i][1]);
        CK_NUM(state(), LIVE_STATE_OPEN);
    }
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(on_the_unified_socket_only_our_app_counts)
{
    rig_listen(&rig, LISTEN_UNIFIED);
    rig_live_says(&rig, 1,
                  "{\"type\":\"sync-available\",\"tables\":[\"tasks\"],"
                  "\"appId\":\"calendar\"}");
    ck_assert(rig_quiet(&rig));
    rig_live_says(&rig, 1,
                  "{\"type\":\"sync-available\",\"tables\":[\"tasks\"],"
                  "\"appId\":\"to do\"}");
    CK_STR(rig_requests(&rig, LATER), "pull tasks ");
    rig_live_says(&rig, 1, NOTICE("\"notes\""));
    CK_STR(rig_requests(&rig, LATER), "pull notes ");
}
END_TEST

START_TEST(on_the_socket_of_one_app_every_notice_counts)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_says(&rig, 1,
                  "{\"type\":\"sync-available\",\"tables\":[\"tasks\"],"
                  "\"appId\":\"calendar\"}");
    CK_STR(rig_requests(&rig, LATER), "pull tasks ");
}
END_TEST

START_TEST(a_notice_before_auth_ok_is_not_lost)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    rig_acts(&rig);
    rig_live_says(&rig, 1, NOTICE("\"notes\""));
    CK_STR(rig_requests(&rig, LATER), "pull notes ");
}
END_TEST

START_TEST(a_storm_of_notices_costs_one_more_round)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_says(&rig, 1, NOTICE("\"tasks\""));
    rig_take(&rig);
    for (int i = 0; i < 1000; i++) {
        rig_live_says(&rig, 1,
                      i % 2 ? NOTICE("\"tasks\"") : NOTICE("\"notes\""));
    }
    rig_answer(&rig, "", LATER, false);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
    ck_assert(rig_quiet(&rig));
}
END_TEST

START_TEST(what_somebody_asked_for_takes_the_notice_along)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_live_says(&rig, 1, NOTICE("\"tasks\""));
    engine_sync(rig.engine, rig.at);
    rig_answer(&rig, "", LATER, false);
    CK_STR(rig_requests(&rig, LATER), "pull tasks pull notes ");
}
END_TEST

START_TEST(a_notice_has_no_outcome)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_live_says(&rig, 1, NOTICE("\"notes\""));
    rig_reply(&rig, 500, "", NULL);
    ck_assert(engine_busy(rig.engine)); /* without timers nobody else would */
    CK_STR(rig_requests(&rig, LATER), "pull notes ");
    struct engine_outcome outcome = engine_outcome(rig.engine);
    ck_assert(!outcome.ok);
    CK_NUM(outcome.status, 500);
    CK_NUM(outcome.requests, 1);
    rig_live_says(&rig, 1, NOTICE("\"notes\""));
    engine_online(rig.engine, rig.at, false); /* aborts it, unheard */
    CK_NUM(engine_outcome(rig.engine).status, 500);
}
END_TEST

START_TEST(news_of_other_channels_are_not_ours)
{
    const struct http_reply reply = {.status = 101};
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_says(&rig, 0, NOTICE("\"tasks\""));
    rig_live_says(&rig, 2, NOTICE("\"tasks\""));
    rig_live_ends(&rig, 0, 1000);
    rig_live_ends(&rig, 2, 1000);
    engine_live_opened(rig.engine, rig.at, 1, &reply); /* twice */
    engine_live_opened(rig.engine, rig.at, 7, &reply);
    CK_NUM(state(), LIVE_STATE_OPEN);
    engine_live(rig.engine, rig.at, LISTEN_UNIFIED);
    CK_STR(rig_acts(&rig), "shut 1 1000;open 2 GET /ws;");
    rig_live_says(&rig, 1, NOTICE("\"tasks\""));
    rig_live_says(&rig, 1, AUTHED);
    rig_live_ends(&rig, 1, 1000);
    ck_assert(rig_quiet(&rig));
    CK_NUM(state(), LIVE_STATE_OPENING);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(auth_ok_before_we_spoke_means_nothing)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_says(&rig, 1, AUTHED);
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(rig_quiet(&rig));
}
END_TEST

Suite *suite_live(void)
{
    Suite *suite = suite_create("live channel");
    TCase *tests = tcase_create("live channel");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, nobody_listens_unasked);
    tcase_add_test(tests, a_socket_opens_says_who_we_are_and_pulls);
    tcase_add_test(tests, the_unified_socket_has_another_path);
    tcase_add_test(tests, v1_takes_the_pong_behind_the_auth_for_an_answer);
    tcase_add_test(tests,
                   v1_counts_as_open_when_nothing_answers_and_v2_does_not);
    tcase_add_test(tests, v1_has_neither_unified_socket_nor_stream);
    tcase_add_test(tests, without_a_token_nothing_is_said);
    tcase_add_loop_test(tests, a_refused_token_is_replaced_once, 0, 3);
    tcase_add_test(tests, an_error_and_then_silence_is_a_refusal_too);
    tcase_add_test(tests, after_a_refusal_the_pong_counts_again);
    tcase_add_test(tests, who_signs_in_anew_may_ask_for_a_new_token_again);
    tcase_add_test(
        tests,
        a_token_that_expires_on_an_open_socket_is_replaced_after_the_wait);
    tcase_add_loop_test(
        tests, an_opening_that_is_unauthorized_asks_for_a_new_token_once, 0, 2);
    tcase_add_loop_test(tests, where_there_is_no_such_channel_polling_remains,
                        0, 3);
    tcase_add_test(tests,
                   a_server_that_is_busy_is_left_alone_as_long_as_it_asks);
    tcase_add_loop_test(tests, openings_that_come_to_nothing_wait, 0, 4);
    tcase_add_test(tests, unpaid_stops_the_channel_wherever_it_is_told);
    tcase_add_test(tests, a_notice_pulls_what_it_names);
    tcase_add_test(tests, on_the_unified_socket_only_our_app_counts);
    tcase_add_test(tests, on_the_socket_of_one_app_every_notice_counts);
    tcase_add_test(tests, a_notice_before_auth_ok_is_not_lost);
    tcase_add_test(tests, a_storm_of_notices_costs_one_more_round);
    tcase_add_test(tests, what_somebody_asked_for_takes_the_notice_along);
    tcase_add_test(tests, a_notice_has_no_outcome);
    tcase_add_test(tests, news_of_other_channels_are_not_ours);
    tcase_add_test(tests, auth_ok_before_we_spoke_means_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
