/* SPDX-License-Identifier: MIT */
/* test_http_in - HTTP/1.1 framing: whole, in pieces, pipelined, wrong. */
#include <string.h>

#include "mock_server/http_in.h"
#include "tests/mock_server/suites.h"

#define HOST "Host: x\r\n"

enum { BODY_LIMIT = 1000 };

static struct http_in in;

static void setup(void)
{
    http_in_init(&in, BODY_LIMIT);
}

static void teardown(void)
{
    http_in_free(&in);
}

/* Feed byte by byte; the result when all is there. */
static enum http_in_result drip(const char *text, size_t n)
{
    enum http_in_result result = HTTP_IN_MORE;

    for (size_t i = 0; i < n; i++) {
        ck_assert(http_in_feed(&in, text + i, 1));
        result = http_in_step(&in);
        if (result == HTTP_IN_BAD) {
            return result;
        }
        ck_assert_msg(i + 1 == n || result == HTTP_IN_MORE,
                      "ready after %zu of %zu bytes", i + 1, n);
    }
    return result;
}

static enum http_in_result feed(const char *text)
{
    ck_assert(http_in_feed(&in, text, strlen(text)));
    return http_in_step(&in);
}

static bool has(const char *name, const char *value)
{
    return str_is(
        http_header_find(in.request.headers, in.request.header_count, name),
        value);
}

START_TEST(a_request_whole_and_in_pieces)
{
    const char *text =
        "\r\nPOST /a%2Fb/..//c?x=%00&y=+;z HTTP/1.1\r\n" HOST
        "X-Client-Id: \t d 1 \t\r\ncontent-length:5\r\n\r\nhello";

    for (int way = 0; way < 2; way++) {
        enum http_in_result result =
            way ? drip(text, strlen(text)) : feed(text);

        ck_assert_int_eq(result, HTTP_IN_READY);
        ck_assert(str_is(in.request.method, "POST"));
        ck_assert(str_is(in.request.target, "/a%2Fb/..//c?x=%00&y=+;z"));
        ck_assert(str_is(in.request.body, "hello"));
        ck_assert(has("x-client-id", "d 1"));
        ck_assert_uint_eq(in.request.header_count, 3);
        ck_assert(in.keep_alive);
        http_in_next(&in);
        ck_assert(!http_in_begun(&in));
        ck_assert_int_eq(http_in_step(&in), HTTP_IN_MORE);
    }
}
END_TEST

START_TEST(pipelined_requests_come_one_by_one)
{
    const char *text =
        "GET /1 HTTP/1.1\r\n" HOST "\r\n"
        "POST /2 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
        "POST /3 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
        "2\r\nab\r\n0\r\n\r\n"
        "GET /4 HTTP/1.1\r\n" HOST "\r\nGET /5";
    static const char *const bodies[] = {"", "abc", "ab", ""};

    ck_assert(http_in_feed(&in, text, strlen(text)));
    for (int i = 0; i < 4; i++) {
        char path[3] = {'/', (char)('1' + i), 0};

        ck_assert_int_eq(http_in_step(&in), HTTP_IN_READY);
        ck_assert(str_is(in.request.target, path));
        ck_assert(str_is(in.request.body, bodies[i]));
        http_in_next(&in);
    }
    ck_assert_int_eq(http_in_step(&in), HTTP_IN_MORE);
    ck_assert(http_in_begun(&in));
    ck_assert_int_eq(feed(" HTTP/1.1\r\n" HOST "\r\n"), HTTP_IN_READY);
    ck_assert(str_is(in.request.target, "/5"));
}
END_TEST

START_TEST(chunks_in_pieces)
{
    const char *text =
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
        "5;ext=1\r\nhello\r\n0A\r\n, world...\r\n0\r\n"
        "Trailer: 1\r\n\r\n";

    ck_assert_int_eq(drip(text, strlen(text)), HTTP_IN_READY);
    ck_assert(str_is(in.request.body, "hello, world..."));
}
END_TEST

START_TEST(bodies_at_and_over_the_limit)
{
    char body[BODY_LIMIT + 1];

    memset(body, 'x', sizeof(body));
    feed("POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
    ck_assert(http_in_feed(&in, body, BODY_LIMIT));
    ck_assert_int_eq(http_in_step(&in), HTTP_IN_READY);
    ck_assert_uint_eq(in.request.body.n, BODY_LIMIT);
    ck_assert(!in.request.body_too_long);
    http_in_next(&in);
    /* Told from the length alone. */
    ck_assert_int_eq(
        feed("POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n"),
        HTTP_IN_READY);
    ck_assert(in.request.body_too_long);
    ck_assert(!in.keep_alive);
}
END_TEST

START_TEST(chunks_over_the_limit)
{
    char body[BODY_LIMIT];

    memset(body, 'x', sizeof(body));
    feed("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
         "3e8\r\n");
    ck_assert(http_in_feed(&in, body, BODY_LIMIT));
    ck_assert_int_eq(feed("\r\n"), HTTP_IN_MORE);
    ck_assert_int_eq(feed("1\r\n"), HTTP_IN_READY);
    ck_assert(in.request.body_too_long);
    ck_assert(!in.keep_alive);
}
END_TEST

START_TEST(huge_chunk_sizes_do_not_wrap)
{
    ck_assert_int_eq(feed("POST / HTTP/1.1\r\n" HOST
                          "Transfer-Encoding: chunked\r\n\r\n"
                          "10000000000000001\r\n"),
                     HTTP_IN_READY);
    ck_assert(in.request.body_too_long);
}
END_TEST

static const struct {
    const char *text;
    int status;
    const char *why;
} wrong[] = {
    {"GET\r\n\r\n", 400, "request line"},
    {"GET /\r\n\r\n", 400, "version"},
    {"GET  / HTTP/1.1\r\n\r\n", 400, "request line"},
    {"G(T / HTTP/1.1\r\n\r\n", 400, "request line"},
    {"GET /\x01 HTTP/1.1\r\n\r\n", 400, "control"},
    {"GET / HTTP/2.0\r\n\r\n", 505, "version"},
    {"GET / HTTP/1.1x\r\n\r\n", 505, "version"},
    {"GET / http/1.1\r\n\r\n", 400, "version"},
    {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
    {"GET / HTTP/1.1\n" HOST "\r\n", 400, "CR LF"},
    {"GET / HTTP/1.1\r\nHost: x\n\n", 400, "CR LF"},
    {"GET / HTTP/1.1\r\n" HOST "a\r\n\r\n", 400, "NAME: VALUE"},
    {"GET / HTTP/1.1\r\n" HOST "a : b\r\n\r\n", 400, "NAME: VALUE"},
    {"GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400, "NAME: VALUE"},
    {"GET / HTTP/1.1\r\n" HOST "a: b\x01\r\n\r\n", 400, "control"},
    {"GET / HTTP/1.1\r\n" HOST "a: b\rc\r\n\r\n", 400, "control"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400, "Length"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1x\r\n\r\n", 400, "Length"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400, "Length"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
     400, "Length"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n"
     "\r\n",
     400, "different"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
     "Transfer-Encoding: chunked\r\n\r\n",
     400, "both"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501,
     "chunked"},
    {"POST / HTTP/1.1\r\n" HOST "Expect: wonders\r\n\r\n", 417, "Expect"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400,
     "hexadecimal"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\r\n", 400,
     "hexadecimal"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
     400, "longer"},
};

START_TEST(mistakes_have_an_answer)
{
    ck_assert_int_eq(feed(wrong[_i].text), HTTP_IN_BAD);
    ck_assert_int_eq(in.bad_status, wrong[_i].status);
    ck_assert_msg(strstr(in.bad_text, wrong[_i].why) != NULL, "%s",
                  in.bad_text);
    ck_assert_int_eq(http_in_step(&in), HTTP_IN_BAD);
    teardown();
    setup();
    ck_assert_int_eq(drip(wrong[_i].text, strlen(wrong[_i].text)), HTTP_IN_BAD);
    ck_assert_int_eq(in.bad_status, wrong[_i].status);
}
END_TEST

static const struct {
    const char *head;
    bool keep_alive;
} lives[] = {
    {"GET / HTTP/1.1\r\n" HOST, true},
    {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n", false},
    {"GET / HTTP/1.1\r\n" HOST "Connection: Foo, Close\r\n", false},
    {"GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n", true},
    {"GET / HTTP/1.0\r\n", false},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", true},
};

START_TEST(who_keeps_the_connection)
{
    feed(lives[_i].head);
    ck_assert_int_eq(feed("\r\n"), HTTP_IN_READY);
    ck_assert_int_eq(in.keep_alive, lives[_i].keep_alive);
}
END_TEST

START_TEST(equal_lengths_are_one)
{
    ck_assert_int_eq(feed("POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
                          "Content-Length: 2\r\n\r\nab"),
                     HTTP_IN_READY);
    ck_assert(str_is(in.request.body, "ab"));
}
END_TEST

START_TEST(the_absolute_form_is_a_path)
{
    ck_assert_int_eq(feed("GET HTTP://x:1/a?b HTTP/1.1\r\n" HOST "\r\n"),
                     HTTP_IN_READY);
    ck_assert(str_is(in.request.target, "/a?b"));
    http_in_next(&in);
    ck_assert_int_eq(feed("GET http://x HTTP/1.1\r\n" HOST "\r\n"),
                     HTTP_IN_READY);
    ck_assert(str_is(in.request.target, "/"));
}
END_TEST

START_TEST(continue_is_wanted_once)
{
    ck_assert(!http_in_wants_continue(&in));
    ck_assert_int_eq(feed("POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
                          "Expect: 100-Continue\r\n\r\n"),
                     HTTP_IN_MORE);
    ck_assert(http_in_wants_continue(&in));
    ck_assert(!http_in_wants_continue(&in));
    ck_assert_int_eq(feed("ab"), HTTP_IN_READY);
}
END_TEST

START_TEST(heads_have_limits)
{
    char line[] = "X: 1\r\n";

    feed("GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < LIMIT_HEADERS - 1; i++) {
        ck_assert_int_eq(feed(line), HTTP_IN_MORE);
    }
    ck_assert_int_eq(feed("\r\n"), HTTP_IN_READY);
    http_in_next(&in);
    feed("GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < LIMIT_HEADERS; i++) {
        feed(line);
    }
    ck_assert_int_eq(feed("\r\n"), HTTP_IN_BAD);
    ck_assert_int_eq(in.bad_status, 431);
}
END_TEST

START_TEST(targets_have_a_limit)
{
    static char target[LIMIT_TARGET_BYTES + 2];

    memset(target, '/', LIMIT_TARGET_BYTES);
    target[LIMIT_TARGET_BYTES] = '\0';
    feed("GET ");
    feed(target);
    ck_assert_int_eq(feed(" HTTP/1.1\r\n" HOST "\r\n"), HTTP_IN_READY);
    http_in_next(&in);
    target[LIMIT_TARGET_BYTES] = '/';
    feed("GET ");
    feed(target);
    ck_assert_int_eq(feed(" HTTP/1.1\r\n" HOST "\r\n"), HTTP_IN_BAD);
    ck_assert_int_eq(in.bad_status, 414);
}
END_TEST

START_TEST(a_head_without_end_is_refused)
{
    static char block[4096];
    enum http_in_result result = HTTP_IN_MORE;

    memset(block, 'a', sizeof(block));
    for (int i = 0; i < 17 && result == HTTP_IN_MORE; i++) {
        ck_assert(http_in_feed(&in, block, sizeof(block)));
        result = http_in_step(&in);
    }
    ck_assert_int_eq(result, HTTP_IN_BAD);
    ck_assert_int_eq(in.bad_status, 431);
}
END_TEST

Suite *suite_http_in(void)
{
    Suite *suite = suite_create("http_in");
    TCase *group = tcase_create("framing");

    tcase_add_checked_fixture(group, setup, teardown);
    tcase_add_test(group, a_request_whole_and_in_pieces);
    tcase_add_test(group, pipelined_requests_come_one_by_one);
    tcase_add_test(group, chunks_in_pieces);
    tcase_add_test(group, bodies_at_and_over_the_limit);
    tcase_add_test(group, chunks_over_the_limit);
    tcase_add_test(group, huge_chunk_sizes_do_not_wrap);
    tcase_add_loop_test(group, mistakes_have_an_answer, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_loop_test(group, who_keeps_the_connection, 0,
                        sizeof(lives) / sizeof(lives[0]));
    tcase_add_test(group, equal_lengths_are_one);
    tcase_add_test(group, the_absolute_form_is_a_path);
    tcase_add_test(group, continue_is_wanted_once);
    tcase_add_test(group, heads_have_limits);
    tcase_add_test(group, targets_have_a_limit);
    tcase_add_test(group, a_head_without_end_is_refused);
    suite_add_tcase(suite, group);
    return suite;
}
