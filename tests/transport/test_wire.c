/* SPDX-License-Identifier: MIT */
/* Real HTTP: requests go as they are, answers come whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transport/line_up.h"

/* --- whole answers ---------------------------------------------------- */

START_TEST(answers_come_whole)
{
    static const struct {
        const char *method, *target;
        int status;
        const char *body, *type;
    } CASES[] = {
        {"GET", "/ok", 200, "{\"ok\":true}", "application/json"},
        {"GET", "/chunked", 200, "hello world", ""},
        {"GET", "/html", 502, "<html>bad</html>", "text/html"},
        {"GET", "/interim", 201, "hi", ""},
        {"POST", "/interim", 201, "hi", ""},
        {"GET", "/until-close", 200, "to the end", ""},
        {"GET", "/then-close", 200, "ok", ""},
        {"GET", "/redirect", 302, "", ""},
        {"GET", "/gzip", 200, "not gzip", ""},
        {"DELETE", "/none", 204, "", ""},
        {"HEAD", "/head", 200, "", ""},
        {"GET", "/nowhere", 404, "", ""},
    };
    struct line_up up;
    open_up(&up);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct shot shot;
        shoot(up.wire, &shot, CASES[i].method, CASES[i].target);
        ck_assert_msg(shot.kind == REPLY_ANSWER, "%s: %s", CASES[i].target,
                      shot.error);
        ck_assert_int_eq(shot.fate, FATE_ANSWERED);
        ck_assert_int_eq(shot.status, CASES[i].status);
        ck_assert_str_eq(shot.body, CASES[i].body);
        ck_assert_str_eq(shot.type, CASES[i].type);
        ck_assert_str_eq(shot.error, "");
    }
    close_up(&up);
}
END_TEST

START_TEST(headers_that_matter_come_first)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    shoot(up.wire, &shot, "GET", "/headers");
    ck_assert_int_eq(shot.status, 401);
    ck_assert_uint_eq(shot.header_count, HTTP_REPLY_HEADERS);
    ck_assert_str_eq(shot_header(&shot, "WWW-Authenticate"),
                     "Bearer realm=\"x\"");
    ck_assert_str_eq(shot_header(&shot, "Retry-After"), "3");
    ck_assert_str_eq(shot_header(&shot, "Allow"), "GET, POST");
    ck_assert_str_eq(shot_header(&shot, "Access-Control-Allow-Origin"), "*");
    ck_assert_str_eq(shot_header(&shot, "X-Noise-0"), "0");
    ck_assert_ptr_null(shot_header(&shot, "X-Noise-39"));
    close_up(&up);
}
END_TEST

START_TEST(headers_of_an_interim_answer_are_not_the_answers)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    shoot(up.wire, &shot, "GET", "/interim");
    ck_assert_uint_eq(shot.header_count, 2);
    ck_assert_str_eq(shot_header(&shot, "Date"), "today");
    ck_assert_ptr_null(shot_header(&shot, "Retry-After"));
    close_up(&up);
}
END_TEST

/* --- requests as they are --------------------------------------------- */

static void echo(struct transport *wire, struct shot *shot)
{
    shot_send(shot, wire);
    wait_for(wire, shot);
    ck_assert_msg(shot->kind == REPLY_ANSWER, "%s", shot->error);
}

START_TEST(a_plain_get_has_no_more_than_it_needs)
{
    struct line_up up;
    struct shot shot;
    char expected[256];
    open_up(&up);
    shot_init(&shot, NULL, "GET", "/echo");
    echo(up.wire, &shot);
    snprintf(expected, sizeof expected,
             "GET /echo HTTP/1.1\r\nHost: %s\r\nUser-Agent: test/1\r\n"
             "Accept: */*\r\n\r\n",
             raw_url(up.server) + strlen("http://"));
    ck_assert_str_eq(shot.body, expected);
    close_up(&up);
}
END_TEST

START_TEST(targets_and_methods_go_as_they_are)
{
    static const char *const TARGETS[] = {
        "/echo/../a/./b//c?x=%zz&y=|^ü#not-a-fragment",
        "/echo?",
        "/echo/%2e%2e/%00",
        "/echo\\[x]{y}",
    };
    struct line_up up;
    open_up(&up);
    for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++) {
        struct shot shot;
        char expected[256];
        shot_init(&shot, NULL, i % 2 ? "BREW-it" : "get", TARGETS[i]);
        echo(up.wire, &shot);
        int n = snprintf(expected, sizeof expected, "%s %s HTTP/1.1\r\n",
                         i % 2 ? "BREW-it" : "get", TARGETS[i]);
        ck_assert_msg(strncmp(shot.body, expected, (size_t)n) == 0, "%s",
                      shot.body);
    }
    close_up(&up);
}
END_TEST

START_TEST(headers_go_as_they_are)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    shot_init(&shot, NULL, "POST", "/echo");
    struct http_request *request = &shot.exchange.request;
    request->body = STR("{}");
    http_header_add(request, STR("Authorization"), STR("Bearer x y"));
    http_header_add(request, STR("X-Empty"), STR(""));
    http_header_add(request, STR("X-Blank"), STR("  "));
    http_header_add(request, STR("X-Twice"), STR("1"));
    http_header_add(request, STR("X-Twice"), STR("2"));
    http_header_add(request, STR("X-Bytes"), STR("\xff\xc3\xbc;:,"));
    http_header_add(request, STR("Host"), STR("elsewhere"));
    http_header_add(request, STR("User-Agent"), STR("mine"));
    http_header_add(request, STR("Content-Type"), STR("text/plain"));
    echo(up.wire, &shot);
    static const char *const LINES[] = {
        "\r\nAuthorization: Bearer x y\r\n",
        "\r\nX-Empty:\r\n",
        "\r\nX-Blank:\r\n",
        "\r\nX-Twice: 1\r\n",
        "\r\nX-Twice: 2\r\n",
        "\r\nX-Bytes: \xff\xc3\xbc;:,\r\n",
        "\r\nHost: elsewhere\r\n",
        "\r\nUser-Agent: mine\r\n",
        "\r\nContent-Type: text/plain\r\n",
        "\r\nContent-Length: 2\r\n",
    };
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        ck_assert_msg(strstr(shot.body, LINES[i]), "no %s in %s", LINES[i],
                      shot.body);
    }
    ck_assert_ptr_null(strstr(shot.body, "test/1"));
    /* The next request of the same handle has none of it. */
    shot_init(&shot, NULL, "GET", "/echo");
    echo(up.wire, &shot);
    ck_assert_ptr_null(strstr(shot.body, "X-"));
    ck_assert_ptr_null(strstr(shot.body, "Content-"));
    ck_assert_ptr_nonnull(strstr(shot.body, "test/1"));
    close_up(&up);
}
END_TEST

START_TEST(no_content_type_is_made_up)
{
    static const char *const METHODS[] = {"POST", "PUT",    "PATCH",
                                          "GET",  "DELETE", "OPTIONS"};
    struct line_up up;
    open_up(&up);
    for (size_t i = 0; i < 12; i++) {
        struct shot shot;
        const char *method = METHODS[i % 6];
        shot_init(&shot, NULL, method, "/echo");
        if (i >= 6) {
            shot.exchange.request.body = STR("abc");
        }
        echo(up.wire, &shot);
        ck_assert_ptr_null(strstr(shot.body, "Content-Type"));
        ck_assert_ptr_null(strstr(shot.body, "Expect"));
        ck_assert_ptr_null(strstr(shot.body, "chunked"));
        ck_assert(strncmp(shot.body, method, strlen(method)) == 0);
        const char *length = strstr(shot.body, "Content-Length: ");
        if (i >= 6) {
            ck_assert_str_eq(strstr(shot.body, "\r\n\r\n"), "\r\n\r\nabc");
        } else if (i < 3) {
            ck_assert_ptr_nonnull(strstr(length, "Content-Length: 0\r\n"));
        } else {
            ck_assert_ptr_null(length);
        }
    }
    close_up(&up);
}
END_TEST

START_TEST(bodies_keep_their_nul_and_their_length)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    shot_init(&shot, NULL, "POST", "/echo");
    shot.exchange.request.body = STR("a\0b\0");
    echo(up.wire, &shot);
    ck_assert_int_eq(
        memcmp(shot.body + shot.body_bytes - 8, "\r\n\r\na\0b\0", 8), 0);
    size_t size = 3 << 20;
    char *large = calloc(1, size);
    shot_init(&shot, NULL, "POST", "/echo");
    shot.exchange.request.body = (struct str){large, size};
    echo(up.wire, &shot);
    ck_assert_uint_gt(shot.body_bytes, size);
    ck_assert_uint_lt(shot.body_bytes, size + 300);
    ck_assert_ptr_null(strstr(shot.body, "Expect"));
    free(large);
    close_up(&up);
}
END_TEST

START_TEST(the_path_of_the_address_stays_in_front)
{
    struct raw_server *server = raw_start();
    struct shot shot;
    char url[128];
    snprintf(url, sizeof url, "%s/echo/api/", raw_url(server));
    struct transport *wire = wire_to(url);
    shot_init(&shot, NULL, "GET", "/sync?x=1");
    echo(wire, &shot);
    ck_assert(strncmp(shot.body, "GET /echo/api/sync?x=1 HTTP/1.1\r\n", 33) ==
              0);
    transport_close(wire);
    raw_stop(server);
}
END_TEST

START_TEST(what_cannot_be_written_is_not_sent)
{
    static const struct {
        struct str method, target, value;
        const char *error;
    } CASES[] = {
        {{"G\0T", 3}, {"/", 1}, {"", 0}, "a NUL byte in the method"},
        {{"", 0}, {"/", 1}, {"", 0}, "an empty method"},
        {{"GET", 3}, {"/\0x", 3}, {"", 0}, "a NUL byte in the target"},
        {{"GET", 3}, {"", 0}, {"", 0}, "an empty target"},
        {{"GET", 3}, {"/", 1}, {"a\0b", 3}, "a NUL byte in a header"},
    };
    struct line_up up;
    open_up(&up);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct shot shot;
        shot_init(&shot, NULL, "", "");
        shot.exchange.request.method = CASES[i].method;
        shot.exchange.request.target = CASES[i].target;
        http_header_add(&shot.exchange.request, STR("X"), CASES[i].value);
        shot_send(&shot, up.wire);
        up.wire->ops->poll(up.wire, 5000);
        ck_assert_int_eq(shot.done, 1);
        ck_assert_int_eq(shot.kind, REPLY_REFUSED);
        ck_assert_int_eq(shot.fate, FATE_NONE);
        ck_assert_msg(strstr(shot.error, CASES[i].error), "%s", shot.error);
    }
    ck_assert_int_eq(raw_connections(up.server), 0);
    close_up(&up);
}
END_TEST

static TCase *case_requests(void)
{
    TCase *tests = tcase_create("requests and answers");
    tcase_add_test(tests, answers_come_whole);
    tcase_add_test(tests, headers_that_matter_come_first);
    tcase_add_test(tests, headers_of_an_interim_answer_are_not_the_answers);
    tcase_add_test(tests, a_plain_get_has_no_more_than_it_needs);
    tcase_add_test(tests, targets_and_methods_go_as_they_are);
    tcase_add_test(tests, headers_go_as_they_are);
    tcase_add_test(tests, no_content_type_is_made_up);
    tcase_add_test(tests, bodies_keep_their_nul_and_their_length);
    tcase_add_test(tests, the_path_of_the_address_stays_in_front);
    tcase_add_test(tests, what_cannot_be_written_is_not_sent);
    return tests;
}

Suite *suite_wire(void)
{
    Suite *suite = suite_create("wire");
    suite_add_tcase(suite, case_requests());
    return suite;
}
