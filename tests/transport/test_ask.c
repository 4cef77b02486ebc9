/* SPDX-License-Identifier: MIT */
/* One request or one live channel that is waited for: answers, silence, nobody
 * there, and what is left behind. */
#include <stdio.h>
#include <string.h>

#include "harness/transport/ask.h"
#include "tests/transport/line_up.h"
#include "tests/transport/script_server.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 24);
}

static void teardown(void)
{
    arena_free(&arena);
}

static void contains(struct str text, const char *part)
{
    struct str copy = arena_str(&arena, text);
    ck_assert_msg(strstr(copy.p, part) != NULL, "\"%s\" is not in \"%s\"", part,
                  copy.p);
}

/* --- requests --------------------------------------------------------- */

static struct ending ask(struct transport *wire, const char *target,
                         int64_t timeout_ms)
{
    struct http_request request = {.method = STR("GET"),
                                   .target = str_of(target)};
    http_header_add(&request, STR("X-One"), STR("1"));
    struct ending ending = ask_request(wire, &request, timeout_ms, &arena);
    ck_assert_uint_eq(wire->ops->in_flight(wire), 0);
    return ending;
}

/* What is told lives as long as the arena, and not as the connection. */
START_TEST(an_answer_is_kept)
{
    struct line_up up;
    open_up(&up);
    struct ending ending = ask(up.wire, "/ok", 5000);
    struct ending other = ask(up.wire, "/headers", 5000);
    struct ending echo = ask(up.wire, "/echo", 5000);
    close_up(&up);
    ck_assert_int_eq(ending.kind, REPLY_ANSWER);
    ck_assert_int_eq(ending.reply.status, 200);
    ck_assert(str_is(ending.reply.body, "{\"ok\":true}"));
    ck_assert(
        str_is(http_header_find(ending.reply.headers, ending.reply.header_count,
                                "Content-Type"),
               "application/json"));
    ck_assert_int_eq(other.reply.status, 401);
    ck_assert(
        str_is(http_header_find(other.reply.headers, other.reply.header_count,
                                "www-authenticate"),
               "Bearer realm=\"x\""));
    contains(echo.reply.body, "X-One: 1\r\n");
}
END_TEST

static const struct {
    const char *target;
    enum reply_kind kind;
    const char *error;
} silences[] = {
    {"/hang", REPLY_TIMEOUT, "no answer in time from"},
    {"/hang-body", REPLY_TIMEOUT, "no answer in time from"},
    {"/close", REPLY_RESET, "connection ended early by"},
    {"/garbage", REPLY_GARBLED, "not a whole HTTP answer from"},
};

START_TEST(what_is_no_answer_ends_too)
{
    struct line_up up;
    open_up(&up);
    struct ending ending = ask(up.wire, silences[_i].target, 300);
    /* And the next one is as good as ever. */
    ck_assert_int_eq(ask(up.wire, "/ok", 5000).reply.status, 200);
    close_up(&up);
    ck_assert_int_eq(ending.kind, silences[_i].kind);
    contains(ending.error, silences[_i].error);
}
END_TEST

START_TEST(nobody_there_is_told)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_dead_port());
    struct transport *wire = wire_to(url);
    struct ending ending = ask(wire, "/ok", 5000);
    transport_close(wire);
    ck_assert_int_eq(ending.kind, REPLY_REFUSED);
    contains(ending.error, "Connection refused");
}
END_TEST

/* --- channels --------------------------------------------------------- */

/* A second poll shows that nothing of a channel is left that could call. */
static struct asked_channel opened_at(const char *url, enum channel_kind kind,
                                      const char *until, int64_t timeout_ms)
{
    struct transport *wire = wire_to(url);
    struct ask_channel ask = {.kind = kind,
                              .say = STR("hello"),
                              .until = str_of(until),
                              .timeout_ms = timeout_ms};
    ask.request.method = STR("GET");
    ask.request.target = STR("/ws/todo");
    struct asked_channel asked = ask_open(wire, &ask, &arena);
    wire->ops->poll(wire, 20);
    wire->ops->rest(wire, 20);
    ck_assert_uint_eq(wire->ops->in_flight(wire), 0);
    ck_assert_uint_eq(wire->ops->listening(wire), 0);
    transport_close(wire);
    return asked;
}

static struct asked_channel opened(const char *script, const char *until,
                                   int64_t timeout_ms)
{
    struct script_server *server = script_start(script);
    struct asked_channel asked =
        opened_at(script_url(server), CHANNEL_SOCKET, until, timeout_ms);
    script_stop(server);
    return asked;
}

static const struct {
    const char *script, *until;
    bool heard;
} heards[] = {
    {"101:|read|text:it is {auth_ok}|hang", "auth_ok", true},
    {"101:|read|text:auth|text:_ok|hang", "auth_ok", true},
    {"101:|read|text:no|text:auth_ok|close:1000:", "auth_ok", true},
    {"101:|read|text:auth_o|hang", "auth_ok", false},
    {"101:|read|close:1000:", "auth_ok", false},
    {"101:|read|reset", "auth_ok", false},
    {"101:|hang", "auth_ok", false},
    {"101:|hang", "", true},
};

START_TEST(what_is_waited_for_is_heard)
{
    /* Patient with what comes, impatient with what does not. */
    int64_t timeout_ms = heards[_i].heard ? 10000 : 400;
    struct asked_channel asked =
        opened(heards[_i].script, heards[_i].until, timeout_ms);
    ck_assert(asked.opened);
    ck_assert(asked.heard == heards[_i].heard);
}
END_TEST

START_TEST(what_is_to_be_said_is_said)
{
    struct script_server *server = script_start("101:|read|text:yes|hang");
    struct asked_channel asked =
        opened_at(script_url(server), CHANNEL_SOCKET, "yes", 10000);
    ck_assert(asked.heard);
    ck_assert_str_eq(script_frames(server), "1'hello'");
    ck_assert_ptr_nonnull(strstr(script_request(server), "GET /ws/todo "));
    script_stop(server);
}
END_TEST

START_TEST(a_refused_upgrade_has_its_status)
{
    struct asked_channel asked = opened(
        "raw:HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "x", 10000);
    ck_assert(!asked.opened);
    ck_assert(!asked.heard);
    ck_assert_int_eq(asked.status, 404);
}
END_TEST

START_TEST(an_upgrade_without_answer_is_given_up)
{
    struct asked_channel asked = opened("hang", "", 300);
    ck_assert(!asked.opened);
    ck_assert(!asked.heard);
    ck_assert_int_eq(asked.status, 0);
    ck_assert_uint_gt(asked.error.n, 0);
}
END_TEST

START_TEST(a_channel_to_nobody_is_refused)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_dead_port());
    for (int kind = 0; kind < 2; kind++) {
        struct asked_channel asked =
            opened_at(url, kind ? CHANNEL_STREAM : CHANNEL_SOCKET, "", 10000);
        ck_assert(!asked.opened);
        ck_assert(!asked.heard);
        ck_assert_int_eq(asked.status, 0);
        contains(asked.error, "no connection to");
    }
}
END_TEST

START_TEST(a_stream_is_a_channel)
{
    struct script_server *server =
        script_start("raw:HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
                     "\r\n\r\ndata: x\n\n|hang");
    struct asked_channel asked =
        opened_at(script_url(server), CHANNEL_STREAM, "", 10000);
    ck_assert(asked.opened);
    ck_assert(asked.heard);
    ck_assert_int_eq(asked.status, 200);
    script_set(server, "raw:HTTP/1.1 405 Not Allowed\r\nContent-Length: 0"
                       "\r\n\r\n");
    asked = opened_at(script_url(server), CHANNEL_STREAM, "", 10000);
    ck_assert(!asked.opened);
    ck_assert_int_eq(asked.status, 405);
    script_stop(server);
}
END_TEST

Suite *suite_ask(void)
{
    Suite *suite = suite_create("ask");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_answer_is_kept);
    tcase_add_loop_test(tests, what_is_no_answer_ends_too, 0,
                        sizeof silences / sizeof *silences);
    tcase_add_test(tests, nobody_there_is_told);
    tcase_add_loop_test(tests, what_is_waited_for_is_heard, 0,
                        sizeof heards / sizeof *heards);
    tcase_add_test(tests, what_is_to_be_said_is_said);
    tcase_add_test(tests, a_refused_upgrade_has_its_status);
    tcase_add_test(tests, an_upgrade_without_answer_is_given_up);
    tcase_add_test(tests, a_channel_to_nobody_is_refused);
    tcase_add_test(tests, a_stream_is_a_channel);
    suite_add_tcase(suite, tests);
    return suite;
}
