/* SPDX-License-Identifier: MIT */
/* The answer to an upgrade, read from bytes cut anywhere; addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/transport/wire_answer.h"
#include "harness/transport/wire_live.h"
#include "tests/transport/rig.h"

struct reading {
    struct wire_answer answer;
    struct wire_opening out;
    enum wire_answer_state state;
    size_t taken; /* bytes until it was decided */
};

/* Fed in pieces of so many bytes. */
static void read_in(struct reading *reading, const char *text, size_t piece)
{
    struct str rest = str_of(text);
    memset(reading, 0, sizeof *reading);
    wire_answer_init(&reading->answer);
    wire_head_init(&reading->out.head);
    buf_init(&reading->out.body, LIMIT_REPLY_BYTES);
    while (rest.n > 0 && reading->state == WIRE_ANSWER_MORE) {
        struct str part = str_take(rest, piece);
        reading->taken += part.n;
        reading->state =
            wire_answer_feed(&reading->answer, part, &reading->out);
        rest = str_skip(rest, part.n);
    }
}

static void reading_free(struct reading *reading)
{
    wire_answer_free(&reading->answer);
    wire_head_free(&reading->out.head);
    buf_free(&reading->out.body);
}

static const struct {
    const char *text;
    enum wire_answer_state state, at_end;
    int status;
    const char *body, *why;
} ANSWERS[] = {
    {"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n", WIRE_ANSWER_SWITCHED,
     WIRE_ANSWER_MORE, 101, "", NULL},
    {"HTTP/1.1 101\r\n\r\n", WIRE_ANSWER_SWITCHED, WIRE_ANSWER_MORE, 101, "",
     NULL},
    {"HTTP/1.0 404 Not Found\nContent-Length: 2\n\nno", WIRE_ANSWER_WHOLE,
     WIRE_ANSWER_MORE, 404, "no", NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", WIRE_ANSWER_WHOLE,
     WIRE_ANSWER_MORE, 200, "", NULL},
    {"HTTP/1.1 204 No\r\n\r\n", WIRE_ANSWER_WHOLE, WIRE_ANSWER_MORE, 204, "",
     NULL},
    {"HTTP/1.1 400 Bad\r\n\r\nto the e", WIRE_ANSWER_MORE, WIRE_ANSWER_WHOLE,
     400, "to the e", NULL},
    {"HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nto the e", WIRE_ANSWER_MORE,
     WIRE_ANSWER_MORE, 400, "to the e", NULL},
    {"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Go\r\nX: y\r\n\r\n"
     "HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx",
     WIRE_ANSWER_WHOLE, WIRE_ANSWER_MORE, 403, "x", NULL},
    {"HTTP/1.1 500 X\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nab\r\nA;q=1\r\n"
     "0123456789\r\n0\r\n",
     WIRE_ANSWER_WHOLE, WIRE_ANSWER_MORE, 500, "ab0123456789", NULL},
    {"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
     WIRE_ANSWER_MORE, WIRE_ANSWER_MORE, 500, "ab", NULL},
    {"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
     WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 500, "", "a chunk without a size"},
    {"HTTP/1.1 500 X\r\nTransfer-Encoding: "
     "chunked\r\n\r\nfffffffffffffffff\r\n",
     WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 500, "", "a chunk without a size"},
    {"HTTP/1.1 500 X\r\nContent-Length: -1\r\n\r\n", WIRE_ANSWER_WRONG,
     WIRE_ANSWER_MORE, 500, "", "its Content-Length is not a length"},
    {"HTTP/1.1 500 X\r\nContent-Length: 1x\r\n\r\n", WIRE_ANSWER_WRONG,
     WIRE_ANSWER_MORE, 500, "", "its Content-Length is not a length"},
    {"HTTP/2 101 X\r\n\r\n", WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 0, "",
     "no HTTP status line"},
    {"HTTP/1.1 1x1 X\r\n\r\n", WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 0, "",
     "no HTTP status line"},
    {"HTTP/1.1 1011\r\n\r\n", WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 0, "",
     "no HTTP status line"},
    {"HTTP/1.1 99\r\n\r\n", WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 0, "",
     "no HTTP status line"},
    {"\x81\x05hello", WIRE_ANSWER_WRONG, WIRE_ANSWER_MORE, 0, "",
     "no HTTP status line"},
    {"HTTP/1.1 101 Swi", WIRE_ANSWER_MORE, WIRE_ANSWER_MORE, 0, "", NULL},
};

START_TEST(answers_are_read_however_they_are_cut)
{
    static const size_t PIECES[] = {1, 2, 3, 7, 1000};
    const char *text = ANSWERS[_i].text;
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        struct reading reading;
        read_in(&reading, text, PIECES[i]);
        ck_assert_msg(reading.state == ANSWERS[_i].state, "%s: %d", text,
                      (int)reading.state);
        if (reading.state == WIRE_ANSWER_WRONG) {
            ck_assert_str_eq(reading.answer.why, ANSWERS[_i].why);
        } else {
            ck_assert_int_eq(reading.out.status, ANSWERS[_i].status);
            ck_assert_str_eq(buf_view(&reading.out.body).p, ANSWERS[_i].body);
        }
        if (reading.state == WIRE_ANSWER_MORE) {
            ck_assert_int_eq(wire_answer_end(&reading.answer),
                             ANSWERS[_i].at_end);
        } else if (PIECES[i] == 1 && reading.state != WIRE_ANSWER_WRONG) {
            ck_assert_uint_eq(reading.taken, strlen(text));
        }
        reading_free(&reading);
    }
}
END_TEST

START_TEST(what_follows_a_101_is_kept)
{
    struct reading reading;
    read_in(&reading, "HTTP/1.1 101 X\r\n\r\n\x81\x01x", 1000);
    ck_assert_int_eq(reading.state, WIRE_ANSWER_SWITCHED);
    ck_assert(str_is(wire_answer_rest(&reading.answer), "\x81\x01x"));
    reading_free(&reading);
}
END_TEST

START_TEST(a_head_or_body_without_end_is_stopped)
{
    struct reading reading;
    char *text = malloc(5 << 20);
    int n = sprintf(text, "HTTP/1.1 200 OK\r\nX: ");
    memset(text + n, 'a', (5 << 20) - (size_t)n - 1);
    text[(5 << 20) - 1] = '\0';
    read_in(&reading, text, 65536);
    ck_assert_int_eq(reading.state, WIRE_ANSWER_WRONG);
    ck_assert_str_eq(reading.answer.why, "its head is too long");
    reading_free(&reading);
    memcpy(text + n, "\r\n\r\n", 4);
    read_in(&reading, text, 65536);
    ck_assert_int_eq(reading.state, WIRE_ANSWER_TOO_BIG);
    reading_free(&reading);
    free(text);
}
END_TEST

#define GOOD   "Upgrade: WebSocket\r\nConnection: keep-alive , UPGRADE\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

/* The key of RFC 6455, 1.3. */
START_TEST(upgrades_are_judged)
{
    static const struct {
        const char *lines, *key, *why;
        bool strict;
    } CASES[] = {
        {GOOD ACCEPT, "dGhlIHNhbXBsZSBub25jZQ==", NULL, true},
        {GOOD ACCEPT, "", NULL, true},
        {GOOD, "", NULL, true},
        {GOOD, "dGhlIHNhbXBsZSBub25jZQ==", "missing or wrong", true},
        {GOOD ACCEPT, "eGhlIHNhbXBsZSBub25jZQ==", "missing or wrong", true},
        {"Connection: Upgrade\r\n" ACCEPT, "", "without Upgrade", true},
        {"Upgrade: websocket\r\nConnection: upgrades, x\r\n", "",
         "without Connection", true},
        {GOOD "Sec-WebSocket-Extensions: x\r\n", "", "nobody asked for", true},
        {GOOD "Sec-WebSocket-Protocol: x\r\n", "", "nobody asked for", true},
        {GOOD "Sec-WebSocket-Protocol: x\r\n", "", NULL, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct reading reading;
        char text[512];
        snprintf(text, sizeof text, "HTTP/1.1 101 X\r\n%s\r\n", CASES[i].lines);
        read_in(&reading, text, 1000);
        const char *why = wire_answer_judge(
            &reading.out.head, str_of(CASES[i].key), CASES[i].strict);
        ck_assert_msg((why == NULL) == (CASES[i].why == NULL), "%zu: %s", i,
                      why ? why : "right");
        ck_assert_msg(!why || strstr(why, CASES[i].why), "%zu: %s", i, why);
        reading_free(&reading);
    }
}
END_TEST

START_TEST(addresses_are_taken_from_urls)
{
    static const struct {
        const char *url, *host, *header;
        int port;
        bool secure;
    } CASES[] = {
        {"http://127.0.0.1:3050", "127.0.0.1", "127.0.0.1:3050", 3050, false},
        {"http://example.org", "example.org", "example.org", 80, false},
        {"https://example.org/x/y", "example.org", "example.org", 443, true},
        {"https://example.org:443", "example.org", "example.org", 443, true},
        {"http://[::1]:8080/x", "::1", "[::1]:8080", 8080, false},
        {"http://u:p@h:81", "h", "h:81", 81, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct wire_address address;
        wire_address_init(&address, CASES[i].url);
        ck_assert_str_eq(address.host, CASES[i].host);
        ck_assert_str_eq(address.host_header, CASES[i].header);
        ck_assert_int_eq(address.port, CASES[i].port);
        ck_assert_int_eq(address.secure, CASES[i].secure);
    }
}
END_TEST

START_TEST(addresses_are_tried_in_turn)
{
    struct wire_address address;
    struct err err;
    char text[64];
    wire_address_init(&address, "http://127.0.0.7:80");
    ck_assert_int_eq(wire_address_find(&address, &err), ST_OK);
    ck_assert_uint_eq(address.count, 1);
    ck_assert_ptr_null(wire_address_at(&address, 1));
    address.found[address.count++].v4 =
        (struct sockaddr_in){.sin_family = AF_INET};
    wire_address_text(wire_address_at(&address, 0), text, sizeof text);
    ck_assert_str_eq(text, "127.0.0.7");
    wire_address_worked(&address, 1);
    wire_address_text(wire_address_at(&address, 0), text, sizeof text);
    ck_assert_str_eq(text, "0.0.0.0");
    wire_address_text(wire_address_at(&address, 1), text, sizeof text);
    ck_assert_str_eq(text, "127.0.0.7");
    ck_assert_ptr_null(wire_address_at(&address, 2));
}
END_TEST

Suite *suite_wire_answer(void)
{
    Suite *suite = suite_create("wire_answer");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, answers_are_read_however_they_are_cut, 0,
                        (int)(sizeof ANSWERS / sizeof *ANSWERS));
    tcase_add_test(tcase, what_follows_a_101_is_kept);
    tcase_add_test(tcase, a_head_or_body_without_end_is_stopped);
    tcase_add_test(tcase, upgrades_are_judged);
    tcase_add_test(tcase, addresses_are_taken_from_urls);
    tcase_add_test(tcase, addresses_are_tried_in_turn);
    suite_add_tcase(suite, tcase);
    return suite;
}
