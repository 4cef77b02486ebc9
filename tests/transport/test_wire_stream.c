/* SPDX-License-Identifier: MIT */
/* Answers without end on the wire: pieces as they come, pauses, ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transport/live_line.h"

#define HEAD                                                                   \
    "raw:HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"               \
    "Transfer-Encoding: chunked\r\n\r\n"

static char seen_type[64];

static void keep_type(struct channel *channel, const struct http_reply *reply)
{
    struct ear *ear = channel->context;
    struct str type =
        http_header_find(reply->headers, reply->header_count, "Content-Type");
    ear->opened++;
    ck_assert_int_eq(reply->status, 200);
    snprintf(seen_type, sizeof seen_type, "%.*s", STR_ARG(type));
}

START_TEST(a_stream_opens_before_anything_came)
{
    struct live_line line;
    live_open(&line, HEAD "|hang");
    ear_init(&line.ear, NULL, CHANNEL_STREAM, "/sync/todo/stream?a=%20b");
    http_header_add(&line.ear.channel.request, STR("Accept"),
                    STR("text/event-stream"));
    line.ear.channel.opened = keep_type;
    ear_open(&line.ear, line.wire);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 1);
    live_until_opened(&line);
    ck_assert_str_eq(seen_type, "text/event-stream");
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 0);
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), 1);
    const char *request = script_request(line.server);
    ck_assert(str_starts(str_of(request),
                         STR("GET /sync/todo/stream?a=%20b HTTP/1.1\r\n")));
    ck_assert_ptr_nonnull(strstr(request, "\r\nAccept: text/event-stream\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nUser-Agent: test/1\r\n"));
    live_close(&line);
}
END_TEST

START_TEST(pieces_come_as_they_were_sent)
{
    struct live_line line;
    live_open(&line, HEAD "|nap:10|raw:3\r\nabc\r\n|nap:30|raw:2\r\nde\r\n|"
                          "nap:30|raw:0\r\n\r\n|hang");
    live_stream(&line);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 200 | hear 'abc' | hear 'de' | end ok 0");
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), 0);
    live_close(&line);
}
END_TEST

START_TEST(a_stream_is_cut_into_pieces)
{
    struct live_line line;
    live_open(&line, "raw:HTTP/1.1 200 OK\r\n\r\nabcde");
    ear_init(&line.ear, NULL, CHANNEL_STREAM, "/s");
    line.ear.channel.split = 2;
    ear_open(&line.ear, line.wire);
    live_until_ended(&line);
    ear_expect(&line.ear,
               "opened 200 | hear 'ab' | hear 'cd' | hear 'e' | end ok 0");
    live_close(&line);
}
END_TEST

START_TEST(ends_of_streams_are_told_apart)
{
    static const struct {
        const char *script, *log, *error;
    } CASES[] = {
        {HEAD "|raw:2\r\nab\r\n|nap:20", "opened 200 | hear 'ab' | end reset 0",
         "connection ended early by http://"},
        {HEAD "|raw:2\r\nab\r\n|nap:20|reset",
         "opened 200 | hear 'ab' | end reset 0",
         "connection ended early by http://"},
        {HEAD "|raw:zz\r\n|hang", "opened 200 | end garbled 0",
         "not a whole HTTP answer from"},
        {"raw:HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab|hang",
         "opened 200 | hear 'ab' | end ok 0", ""},
        {"raw:HTTP/1.1 204 None\r\n\r\n|hang", "opened 204 | end ok 0", ""},
        {"raw:HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nwho|hang",
         "end ok 401", ""},
        {"raw:HTTP/1.1 302 No\r\nLocation: /x\r\nContent-Length: "
         "0\r\n\r\n|hang",
         "end ok 302", ""},
        {"raw:HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx",
         "opened 200 | hear 'x' | end ok 0", ""},
        {"", "end reset 0", "connection ended early by"},
        {"reset", "end reset 0", "connection ended early by"},
        {"raw:nonsense\r\n\r\n|hang", "end garbled 0", "not a whole HTTP"},
    };
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        script_set(line.server, CASES[i].script);
        live_stream(&line);
        live_until_ended(&line);
        ear_expect(&line.ear, CASES[i].log);
        ck_assert_msg(strstr(line.ear.error, CASES[i].error), "%zu: %s", i,
                      line.ear.error);
        ck_assert_str_eq(line.ear.body,
                         line.ear.end.reply.status == 401 ? "who" : "");
    }
    live_close(&line);
}
END_TEST

START_TEST(a_stream_is_given_up_or_cut)
{
    struct live_line line;
    live_open(&line, HEAD "|raw:1\r\na\r\n|hang");
    live_stream(&line);
    live_until_heard(&line, 1);
    transport_say(line.wire, &line.ear.channel, STR("nobody listens"));
    transport_shut(line.wire, &line.ear.channel, 1000);
    ck_assert_int_eq(line.ear.ended, 0);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 200 | hear 'a' | end ok 0");
    live_stream(&line);
    live_until_heard(&line, 1);
    transport_shut(line.wire, &line.ear.channel, 0);
    live_stream(&line);
    transport_shut(line.wire, &line.ear.channel, 0);
    live_idle(&line, 20);
    ck_assert_int_eq(line.ear.opened + line.ear.ended, 0);
    ck_assert_int_ge(script_ended(line.server), 2);
    live_close(&line);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused)
{
    struct live_line line;
    live_open(&line, "");
    ear_init(&line.ear, NULL, CHANNEL_STREAM, "");
    ear_open(&line.ear, line.wire);
    live_until_ended(&line);
    ear_expect(&line.ear, "end refused 0");
    ck_assert_ptr_nonnull(strstr(line.ear.error, "an empty target"));
    transport_close(line.wire);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_dead_port());
    line.wire = wire_to(url);
    live_stream(&line);
    live_until_ended(&line);
    ear_expect(&line.ear, "end refused 0");
    live_close(&line);
}
END_TEST

/* --- pause ------------------------------------------------------------ */

static void keep_length(struct channel *channel, const struct heard *what)
{
    struct ear *ear = channel->context;
    ear->heard++;
    ear->bytes += what->bytes.n;
}

/* The server cannot get rid of more than the buffers between take. */
START_TEST(a_paused_stream_holds_the_server_up)
{
    enum { TOTAL = 14 << 20 };
    struct live_line line;
    char *script = malloc(TOTAL + 64);
    int n = sprintf(script, "raw:HTTP/1.1 200 OK\r\n\r\n");
    memset(script + n, 'x', TOTAL);
    script[n + TOTAL] = '\0';
    live_open(&line, script);
    free(script);
    ear_init(&line.ear, NULL, CHANNEL_STREAM, "/s");
    line.ear.channel.heard = keep_length;
    ear_open(&line.ear, line.wire);
    live_until_opened(&line);
    for (int round = 0; round < 3; round++) {
        transport_pause(line.wire, &line.ear.channel, true);
        size_t before = line.ear.bytes;
        live_idle(&line, 40);
        ck_assert_uint_eq(line.ear.bytes, before);
        ck_assert_msg(script_ended(line.server) == 0, "round %d: %zu bytes",
                      round, before);
        transport_pause(line.wire, &line.ear.channel, false);
        line.wire->ops->poll(line.wire, 20);
        ck_assert_uint_gt(line.ear.bytes, before);
    }
    live_until_ended(&line);
    ck_assert_uint_eq(line.ear.bytes, TOTAL);
    ck_assert_int_eq(line.ear.end.kind, REPLY_ANSWER);
    live_close(&line);
}
END_TEST

/* Exchanges go on beside them. */
START_TEST(streams_disturb_no_request)
{
    enum { STREAMS = 100 };
    struct ear *ears = calloc(STREAMS, sizeof *ears);
    struct live_line line;
    struct shot shot;
    live_open(&line, HEAD "|raw:1\r\na\r\n|hang");
    for (size_t i = 0; i < STREAMS; i++) {
        ear_init(&ears[i], NULL, CHANNEL_STREAM, "/s");
        ear_open(&ears[i], line.wire);
    }
    int64_t end_ms = wire_clock_ms() + 5000;
    while (line.wire->ops->listening(line.wire) < STREAMS &&
           wire_clock_ms() < end_ms) {
        line.wire->ops->poll(line.wire, 20);
    }
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), STREAMS);
    script_set(line.server, "raw:HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                            "ok|hang");
    shot_init(&shot, NULL, "GET", "/ok");
    shot_send(&shot, line.wire);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 1);
    wait_for(line.wire, &shot);
    ck_assert_str_eq(shot.body, "ok");
    live_close(&line);
    free(ears);
}
END_TEST

Suite *suite_wire_stream(void)
{
    Suite *suite = suite_create("wire_stream");
    TCase *tcase = tcase_create("streams");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_stream_opens_before_anything_came);
    tcase_add_test(tcase, pieces_come_as_they_were_sent);
    tcase_add_test(tcase, a_stream_is_cut_into_pieces);
    tcase_add_test(tcase, ends_of_streams_are_told_apart);
    tcase_add_test(tcase, a_stream_is_given_up_or_cut);
    tcase_add_test(tcase, what_cannot_be_written_is_refused);
    tcase_add_test(tcase, a_paused_stream_holds_the_server_up);
    tcase_add_test(tcase, streams_disturb_no_request);
    suite_add_tcase(suite, tcase);
    return suite;
}
