/* SPDX-License-Identifier: MIT */
/* test_live - sockets of the bundled server: the upgrade, who one is, what is
 * understood.  Notices are in test_live_notice.c, frames in test_live_ws.c. */
#include <string.h>

#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0    "2025-01-01T00:00:00.000Z"
#define OK    "{\"type\":\"auth-ok\"}"
#define PONG  "{\"type\":\"pong\"}"
#define TASKS "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"

static struct rig rig;

static void open_v2(void)
{
    rig_open(&rig, "v2", 10, BUG_COUNT, NULL);
}

static void open_v1(void)
{
    rig_open(&rig, "v1", 0, BUG_COUNT, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void push(const char *user, const char *client)
{
    static int count;

    ck_assert_int_eq(
        rig_push(&rig, user, client, EPOCH,
                 rig_update(&rig, rig_text(&rig, "%d", count++), "1", T0)),
        200);
    rig_flow(&rig);
}

/* ---- the upgrade ---- */

START_TEST(an_upgrade_is_answered)
{
    struct peer peer;

    ck_assert_int_eq(peer_ask(&peer, &rig, "/ws/todo", NULL, NULL), 101);
    ck_assert_ptr_nonnull(peer.live);
    ck_assert(str_is(rig_header(&rig, "upgrade"), "websocket"));
    ck_assert(str_is(rig_header(&rig, "connection"), "Upgrade"));
    ck_assert(str_is(rig_header(&rig, "sec-websocket-accept"),
                     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    ck_assert_uint_eq(rig.reply.header_count, 3);
    ck_assert_uint_eq(rig.reply.body.n, 0);
    HEARS(&peer, "");
    peer_leave(&peer);
}
END_TEST

/* Send an upgrade after one header was changed; "" takes it away. */
static int changed(const char *target, const char *name, const char *value)
{
    struct http_request request = peer_upgrade(&rig, target, "b");

    for (size_t i = 0; i < request.header_count; i++) {
        if (str_is(request.headers[i].name, name)) {
            request.headers[i].value = str_of(value);
            if (!*value) {
                request.headers[i].name = STR("X-Else");
            }
        }
    }
    rig_send(&rig, &request);
    return rig.reply.status;
}

START_TEST(an_upgrade_that_is_none_gets_426)
{
    static const char *const cases[][2] = {
        {"Upgrade", ""},
        {"Upgrade", "h2c"},
        {"Upgrade", "websockets"},
        {"Connection", ""},
        {"Connection", "keep-alive"},
        {"Connection", "close, Upgraded"},
        {"Sec-WebSocket-Version", ""},
        {"Sec-WebSocket-Version", "8"},
        {"Sec-WebSocket-Version", "13, 8"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(changed("/ws/todo", cases[i][0], cases[i][1]), 426);
        ck_assert(str_is(rig_header(&rig, "sec-websocket-version"), "13"));
        ck_assert(str_is(rig_header(&rig, "upgrade"), "websocket"));
        ck_assert(str_is(rig_header(&rig, "connection"), "Upgrade"));
        ck_assert_ptr_null(server_live_take(rig.server, 0));
    }
    ck_assert(rig_body_has(&rig, "\"bad_version\""));
}
END_TEST

START_TEST(words_of_the_upgrade_may_be_among_others)
{
    ck_assert_int_eq(changed("/ws/todo", "Upgrade", "h2c,\twebSocket ,x"), 101);
    ck_assert_int_eq(changed("/ws/todo", "Connection", "UPGRADE"), 101);
    /* Those who do not take a channel need not care. */
    ck_assert_uint_eq(server_live_counts(rig.server).sockets, 0);
}
END_TEST

START_TEST(what_an_upgrade_must_not_say)
{
    char long_id[LIMIT_NAME_BYTES + 2];

    ck_assert_int_eq(changed("/ws/todo", "Sec-WebSocket-Key", ""), 400);
    ck_assert(rig_body_has(&rig, "\"bad_key\""));
    ck_assert(!rig_header(&rig, "sec-websocket-version").p);
    ck_assert_int_eq(changed("/ws/todo", "Sec-WebSocket-Key", "AAAA"), 400);
    memset(long_id, 'x', sizeof(long_id));
    long_id[LIMIT_NAME_BYTES + 1] = '\0';
    ck_assert_int_eq(changed("/ws/todo", "X-Client-Id", long_id), 400);
    ck_assert(rig_body_has(&rig, "X-Client-Id has over 4096 bytes"));
    long_id[LIMIT_NAME_BYTES] = '\0';
    ck_assert_int_eq(changed("/ws/todo", "X-Client-Id", long_id), 101);
    ck_assert_int_eq(changed("/ws/todo", "X-Client-Id", "\xff"), 400);
    ck_assert(rig_body_has(&rig, "X-Client-Id is not UTF-8"));
    ck_assert_int_eq(changed("/ws/todo?clientId=%ff", "X-Client-Id", ""), 400);
    ck_assert(rig_body_has(&rig, "clientId is not UTF-8"));
    ck_assert_int_eq(changed("/ws/%zz", "Upgrade", "websocket"), 400);
    ck_assert(rig_body_has(&rig, "\"bad_app\""));
}
END_TEST

START_TEST(sockets_are_asked_for_with_get)
{
    ck_assert_int_eq(rig_do(&rig, "POST /ws/todo", NULL, NULL, NULL), 405);
    ck_assert(str_is(rig_header(&rig, "allow"), "GET, OPTIONS"));
    ck_assert_int_eq(rig_do(&rig, "GET /ws/todo", "alice", "b", NULL), 426);
}
END_TEST

START_TEST(v1_has_no_unified_socket_and_no_stream)
{
    ck_assert_int_eq(rig_do(&rig, "GET /ws", NULL, NULL, NULL), 404);
    ck_assert_int_eq(rig_do(&rig,
                            "GET /sync/todo/stream?collections=a&since=" EPOCH,
                            "alice", "b", NULL),
                     404);
}
END_TEST

START_TEST(a_channel_that_nobody_takes_is_forgotten)
{
    struct peer peer;

    for (int i = 0; i < 3; i++) {
        changed("/ws/todo", "Upgrade", "websocket");
        rig_do(&rig, "GET /sync/todo/stream?collections=tasks&since=" EPOCH,
               "alice", "b", NULL);
        ck_assert_int_eq(rig.reply.status, 200);
    }
    push("alice", "a");
    ck_assert_ptr_null(server_live_take(rig.server, 0));
    ck_assert_ptr_null(server_live_next(rig.server));
    peer_socket(&peer, &rig, "/ws", "alice", "b");
    ck_assert_uint_eq(server_live_counts(rig.server).sockets, 1);
    peer_leave(&peer);
    changed("/ws/todo", "Upgrade", "websocket"); /* the server is freed now */
}
END_TEST

/* ---- who one is ---- */

START_TEST(a_good_token_gets_notices)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    push("alice", "a");
    HEARS(&peer, TASKS);
    peer_leave(&peer);
}
END_TEST

START_TEST(before_auth_there_are_no_notices)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", "alice", "b");
    push("alice", "a");
    HEARS(&peer, "");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_bad_token_ends_the_socket)
{
    bool v2 = rig.config.dialect->ws_unified;
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
    peer_auth(&peer, "no token", NULL);
    push("alice", "a");
    if (v2) {
        HEARS(&peer, "{\"type\":\"error\",\"message\":\"the user's name is not "
                     "visible ASCII\"} close:1008");
    } else {
        HEARS(&peer, "close:1008");
    }
    ck_assert(!live_is_over(peer.live));
    peer_auth(&peer, "alice", NULL); /* too late */
    push("alice", "a");
    HEARS(&peer, "");
    rig_wait(&rig, LIVE_CLOSE_MS - 10);
    HEARS(&peer, "");
    rig_wait(&rig, 10);
    HEARS(&peer, "end");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_token_is_taken_byte_for_byte)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
    peer_auth(&peer, "alice\\u0000", NULL);
    ck_assert_uint_eq(peer_counts(&peer, "close:1008"), 1);
    peer_leave(&peer);
    peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
    peer_auth(&peer, "", NULL);
    HEARS(&peer, "{\"type\":\"error\",\"message\":\"the Bearer token is "
                 "empty\"} close:1008");
    peer_leave(&peer);
}
END_TEST

static const char *signed_token(int64_t exp)
{
    const struct auth_claims claims = {
        .kid = STR("dev"), .sub = STR("alice"), .exp = exp};
    struct str token;

    ck_assert_int_eq(auth_sign((const unsigned char *)AUTH_DEV_KEY, &claims,
                               &rig.arena, &token, NULL),
                     ST_OK);
    return rig_text(&rig, "%.*s", STR_ARG(token));
}

START_TEST(a_signed_token_counts_until_it_expires)
{
    const char *token = signed_token(rig.now.s + 5);
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", token, "b");
    push("alice", "a");
    HEARS(&peer, TASKS);
    rig_wait(&rig, 5000);
    peer_auth(&peer, token, "b");
    HEARS(&peer, "{\"type\":\"error\",\"message\":\"the token has expired\"} "
                 "close:1008");
    peer_leave(&peer);
}
END_TEST

START_TEST(one_has_to_say_in_time_who_one_is)
{
    struct peer late, just;

    peer_ask(&late, &rig, "/ws/todo", NULL, NULL);
    ck_assert_int_eq(server_live_due_ms(rig.server),
                     rig_clock_ms(&rig) + LIVE_AUTH_MS);
    peer_ask(&just, &rig, "/ws/todo", NULL, NULL);
    rig_wait(&rig, LIVE_AUTH_MS - 2);
    HEARS(&late, "");
    peer_auth(&just, "alice", NULL); /* takes 1 ms */
    rig_wait(&rig, 0);
    HEARS(&late, "close:1008");
    rig_wait(&rig, LIVE_AUTH_MS);
    ck_assert_ptr_nonnull(just.live);
    ck_assert_uint_eq(peer_counts(&just, "close"), 0);
    peer_leave(&late);
    peer_leave(&just);
}
END_TEST

START_TEST(auth_may_come_again_for_another_user)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    peer_auth(&peer, "bob", "b");
    HEARS(&peer, OK);
    push("alice", "a");
    HEARS(&peer, "");
    push("bob", "a");
    HEARS(&peer, TASKS);
    peer_auth(&peer, "not good", "b");
    ck_assert_uint_eq(peer_counts(&peer, "close:1008"), 1);
    push("bob", "a");
    HEARS(&peer, "");
    peer_leave(&peer);
}
END_TEST

/* Does a socket that says `client` in its auth message hear a push by `who`? */
static bool hears_push(const char *target, const char *header,
                       const char *client, const char *who)
{
    struct peer peer;
    size_t heard;

    ck_assert_int_eq(peer_ask(&peer, &rig, target, NULL, header), 101);
    peer_auth(&peer, "alice", client);
    push("alice", who);
    heard = peer_counts(&peer, "sync-available");
    peer_leave(&peer);
    return heard == 1;
}

START_TEST(the_device_is_in_the_header_the_message_or_the_query)
{
    ck_assert(!hears_push("/ws/todo", "h", NULL, "h"));
    ck_assert(!hears_push("/ws/todo", NULL, "m", "m"));
    ck_assert(!hears_push("/ws/todo?clientId=q%20q", NULL, NULL, "q q"));
    ck_assert(!hears_push("/ws/todo?clientId=q", "h", "m", "h"));
    ck_assert(hears_push("/ws/todo?clientId=q", "h", "m", "m"));
    ck_assert(hears_push("/ws/todo?clientId=q", "h", "m", "q"));
    ck_assert(!hears_push("/ws/todo?clientId=q", NULL, "m", "m"));
    ck_assert(hears_push("/ws/todo?clientId=q", NULL, "m", "q"));
    ck_assert(hears_push("/ws/todo", NULL, NULL, "a"));
}
END_TEST

START_TEST(a_device_with_a_long_name_is_not_taken)
{
    char id[LIMIT_NAME_BYTES + 2];
    struct peer peer;

    memset(id, 'x', sizeof(id));
    id[LIMIT_NAME_BYTES + 1] = '\0';
    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    peer_auth(&peer, "alice", id);
    HEARS(&peer,
          "{\"type\":\"error\",\"message\":\"clientId has over 4096 bytes\"}");
    id[LIMIT_NAME_BYTES] = '\0';
    peer_auth(&peer, "alice", id);
    HEARS(&peer, OK);
    peer_leave(&peer);
}
END_TEST

/* ---- what is said ---- */

START_TEST(ping_gets_pong_also_before_auth)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    peer_say(&peer, "{\"type\":\"ping\"}");
    HEARS(&peer, PONG);
    peer_auth(&peer, "alice", NULL);
    peer_hears(&peer);
    peer_say(&peer, " {\"x\":[1], \"type\" : \"ping\"}\n");
    HEARS(&peer, PONG);
    peer_leave(&peer);
}
END_TEST

static const char *const nonsense[] = {
    "",
    "x",
    "[]",
    "null",
    "{}",
    "{\"type\":1}",
    "{\"type\":\"hello\"}",
    "{\"type\":\"PING\"}",
    "{\"type\":\"auth\"}",
    "{\"type\":\"auth\",\"token\":1}",
    "{\"type\":\"auth\",\"token\":\"alice\",\"clientId\":1}",
    "{\"type\":\"auth-ok\"}",
    "{\"type\":\"pong\"}",
    "{\"type\":\"error\",\"message\":\"x\"}",
    "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}",
    "{\"type\":\"ping\"} {}",
    "{\"type\":\"ping\"",
    "{\"type\":\"\\ud800\"}",
};

START_TEST(nonsense_does_not_end_a_socket)
{
    bool v2 = rig.config.dialect->ws_unified;
    size_t count = sizeof(nonsense) / sizeof(nonsense[0]);
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        peer_say(&peer, nonsense[i]);
        ck_assert_msg(peer_counts(&peer, "{\"type\":\"error\"") == v2, "%s",
                      nonsense[i]);
    }
    peer_frame(&peer,
               &(struct ws_frame){.fin = true,
                                  .opcode = WS_BINARY,
                                  .payload = STR("{\"type\":\"ping\"}")});
    if (v2) {
        HEARS(&peer, "{\"type\":\"error\",\"message\":\"binary messages are "
                     "not understood\"}");
    } else {
        HEARS(&peer, "");
    }
    peer_say(&peer, "{\"type\":\"ping\"}");
    HEARS(&peer, PONG);
    peer_leave(&peer);
}
END_TEST

/* An error quotes what was said, and is cut: never inside a character, which
 * peer_hears() checks. */
START_TEST(errors_about_long_nonsense_are_text)
{
    struct peer peer;
    struct buf text;

    buf_init(&text, 1 << 20);
    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    for (size_t shift = 0; shift < 4; shift++) {
        buf_clear(&text);
        buf_puts(&text, "{\"type\":\"x\",\"");
        buf_put(&text, "xxx", shift);
        for (int i = 0; i < 1000; i++) {
            buf_puts(&text, "\xf0\x9f\x99\x82");
        }
        buf_puts(&text, "\":1,\"a\":1,\"a\":1}");
        peer_say(&peer, text.p);
        ck_assert_uint_eq(peer_counts(&peer, "{\"type\":\"error\""), 1);
    }
    buf_free(&text);
    peer_leave(&peer);
}
END_TEST

static void add_auth_tests(TCase *v2, TCase *v1)
{
    tcase_add_test(v2, a_good_token_gets_notices);
    tcase_add_test(v1, a_good_token_gets_notices);
    tcase_add_test(v2, before_auth_there_are_no_notices);
    tcase_add_test(v2, a_bad_token_ends_the_socket);
    tcase_add_test(v1, a_bad_token_ends_the_socket);
    tcase_add_test(v2, a_token_is_taken_byte_for_byte);
    tcase_add_test(v2, a_signed_token_counts_until_it_expires);
    tcase_add_test(v2, one_has_to_say_in_time_who_one_is);
    tcase_add_test(v1, one_has_to_say_in_time_who_one_is);
    tcase_add_test(v2, auth_may_come_again_for_another_user);
    tcase_add_test(v2, the_device_is_in_the_header_the_message_or_the_query);
    tcase_add_test(v2, a_device_with_a_long_name_is_not_taken);
}

Suite *suite_live(void)
{
    Suite *suite = suite_create("live");
    TCase *v2 = tcase_create("v2"), *v1 = tcase_create("v1");

    tcase_add_checked_fixture(v2, open_v2, close_rig);
    tcase_add_checked_fixture(v1, open_v1, close_rig);
    tcase_add_test(v2, an_upgrade_is_answered);
    tcase_add_test(v1, an_upgrade_is_answered);
    tcase_add_test(v2, an_upgrade_that_is_none_gets_426);
    tcase_add_test(v2, words_of_the_upgrade_may_be_among_others);
    tcase_add_test(v2, what_an_upgrade_must_not_say);
    tcase_add_test(v2, sockets_are_asked_for_with_get);
    tcase_add_test(v1, v1_has_no_unified_socket_and_no_stream);
    tcase_add_test(v2, a_channel_that_nobody_takes_is_forgotten);
    add_auth_tests(v2, v1);
    tcase_add_test(v2, ping_gets_pong_also_before_auth);
    tcase_add_test(v1, ping_gets_pong_also_before_auth);
    tcase_add_test(v2, nonsense_does_not_end_a_socket);
    tcase_add_test(v1, nonsense_does_not_end_a_socket);
    tcase_add_test(v2, errors_about_long_nonsense_are_text);
    suite_add_tcase(suite, v2);
    suite_add_tcase(suite, v1);
    return suite;
}
