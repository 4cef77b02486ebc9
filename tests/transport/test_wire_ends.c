/* SPDX-License-Identifier: MIT */
/* WebSocket on the wire: openings that fail in every way, servers that break
 * the rules, and what only the witness hears, shows and does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/ws.h"
#include "tests/transport/live_line.h"

#define SWITCHING "raw:HTTP/1.1 101 Switching Protocols\r\n"
#define SWITCH    SWITCHING "Upgrade: websocket\r\nConnection: Upgrade\r\n"

/* --- no upgrade ------------------------------------------------------- */

START_TEST(another_answer_is_told_as_it_is)
{
    static const struct {
        const char *script, *log, *body;
        const char *name, *value;
    } CASES[] = {
        {"raw:HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
         "Content-Length: 7\r\n\r\nnothing|hang",
         "end ok 404", "nothing", "Content-Type", "text/plain"},
        {"raw:HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n"
         "Content-Length: 0\r\n\r\n|hang",
         "end ok 401", "", "WWW-Authenticate", "Bearer"},
        {"raw:HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
         "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n|nap:10|"
         "raw:1\r\nd\r\n0\r\n\r\n|hang",
         "end ok 503", "abcd", "Retry-After", "7"},
        {"raw:HTTP/1.1 302 Found\r\nLocation: /other\r\n"
         "Content-Length: 0\r\n\r\n|hang",
         "end ok 302", "", "Location", "/other"},
        {"raw:HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok|hang",
         "end ok 200", "ok", NULL, NULL},
        {"raw:HTTP/1.1 400 Bad\r\n\r\nto the end", "end ok 400", "to the end",
         NULL, NULL},
    };
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        live_whole(&line, (enum speaker)_i, CASES[i].script);
        ear_expect(&line.ear, CASES[i].log);
        ck_assert_int_eq(script_connections(line.server), (int)i + 1);
        if (_i != BY_LIBRARY) {
            /* The library gives no body of such an answer. */
            ck_assert_str_eq(line.ear.body, CASES[i].body);
        }
        ck_assert_ptr_null(line.ear.channel.internal);
    }
    live_close(&line);
}
END_TEST

static struct str reply_value;
static char reply_text[64];
static const char *reply_name;

static void keep_header(struct channel *channel, const struct channel_end *end)
{
    struct ear *ear = channel->context;
    ear->ended++;
    reply_value = http_header_find(end->reply.headers, end->reply.header_count,
                                   reply_name);
    snprintf(reply_text, sizeof reply_text, "%.*s", STR_ARG(reply_value));
}

START_TEST(the_headers_of_a_refusal_are_told)
{
    struct live_line line;
    live_open(&line,
              "raw:HTTP/1.1 429 Slow\r\nX-Server: b\r\nRetry-After: 7\r\n"
              "Content-Length: 0\r\n\r\n|hang");
    ear_init(&line.ear, NULL, CHANNEL_SOCKET, "/ws");
    line.ear.channel.witness = _i != BY_LIBRARY;
    line.ear.channel.ended = keep_header;
    reply_name = "retry-after";
    ear_open(&line.ear, line.wire);
    live_until_ended(&line);
    ck_assert_str_eq(reply_text, "7");
    live_close(&line);
}
END_TEST

START_TEST(an_upgrade_that_is_wrong_is_garbled)
{
    static const char *const SCRIPTS[] = {
        SWITCH "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        SWITCH "\r\n",
        SWITCHING "Connection: Upgrade\r\n\r\n",
        SWITCHING "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    };
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof SCRIPTS / sizeof *SCRIPTS; i++) {
        live_whole(&line, (enum speaker)_i, SCRIPTS[i]);
        ear_expect(&line.ear, "end garbled 1006");
        ck_assert_msg(strstr(line.ear.error, "no proper upgrade by http://"),
                      "%zu: %s", i, line.ear.error);
    }
    live_close(&line);
}
END_TEST

START_TEST(no_answer_at_all_is_told_apart)
{
    static const struct {
        const char *script, *log, *error;
    } CASES[] = {
        {"", "end reset 1006", "connection ended early by http://"},
        {"reset", "end reset 1006", "connection ended early by http://"},
        {"raw:HTTP/1.1 101 Swi", "end reset 1006", "connection ended early by"},
        {"raw:\x7f\x45\x4c\x46 is not HTTP\r\n\r\n|hang", "end garbled 1006",
         "not a whole HTTP answer from"},
    };
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        bool garbage = strstr(CASES[i].log, "garbled") != NULL;
        if (_i == BY_LIBRARY && garbage) {
            continue; /* it goes on waiting for something better */
        }
        live_whole(&line, (enum speaker)_i, CASES[i].script);
        ear_expect(&line.ear, CASES[i].log);
        ck_assert_msg(strstr(line.ear.error, CASES[i].error), "%zu: %s", i,
                      line.ear.error);
    }
    live_close(&line);
}
END_TEST

/* The library misses the upgrade behind the first header: it must not be the
 * server that is blamed. */
START_TEST(a_sound_upgrade_is_never_called_wrong)
{
    struct live_line line;
    live_open(&line, "101:X-A: b\r\n|text:x|echo");
    live_socket(&line, (enum speaker)_i);
    live_until_heard(&line, 1);
    transport_shut(line.wire, &line.ear.channel, 1000);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 101 | hear 'x' | end ok 1000");
    live_close(&line);
}
END_TEST

START_TEST(a_server_that_never_answers_is_a_timeout)
{
    struct live_line line;
    live_open(&line, "hang");
    for (int kind = CHANNEL_SOCKET; kind <= CHANNEL_STREAM; kind++) {
        int64_t from_ms = wire_clock_ms();
        ear_init(&line.ear, NULL, (enum channel_kind)kind, "/ws");
        line.ear.channel.witness = _i != BY_LIBRARY;
        line.ear.channel.timeout_ms = 100;
        ear_open(&line.ear, line.wire);
        live_until_ended(&line);
        ck_assert_int_ge(wire_clock_ms() - from_ms, 100);
        ear_expect(&line.ear, kind == CHANNEL_STREAM ? "end timeout 0"
                                                     : "end timeout 1006");
        ck_assert_ptr_nonnull(
            strstr(line.ear.error, "no answer in time from http://127"));
    }
    /* The connections are given up, too. */
    int64_t end_ms = wire_clock_ms() + 5000;
    while (script_ended(line.server) < 3 && wire_clock_ms() < end_ms) {
        live_idle(&line, 1);
    }
    ck_assert_int_eq(script_ended(line.server), 3);
    live_close(&line);
}
END_TEST

START_TEST(openings_that_hang_hold_up_no_other)
{
    enum { HANGING = 60 };
    struct ear *ears = calloc(HANGING, sizeof *ears);
    struct live_line line;
    live_open(&line, "hang");
    for (size_t i = 0; i < HANGING; i++) {
        ear_init(&ears[i], NULL, CHANNEL_SOCKET, "/ws");
        ears[i].channel.witness = _i != BY_LIBRARY;
        ear_open(&ears[i], line.wire);
    }
    live_idle(&line, 50);
    script_set(line.server, "101|text:x|hang");
    live_socket(&line, (enum speaker)_i);
    live_until_heard(&line, 1);
    live_close(&line);
    free(ears);
}
END_TEST

START_TEST(nobody_there_is_refused)
{
    static const char *const HOSTS[] = {"127.0.0.1", "localhost", "[::1]"};
    struct live_line line = {0};
    for (size_t i = 0; i < sizeof HOSTS / sizeof *HOSTS; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://%s:%d", HOSTS[i], raw_dead_port());
        line.wire = wire_to(url);
        live_socket(&line, (enum speaker)_i);
        live_until_ended(&line);
        ear_expect(&line.ear, "end refused 1006");
        ck_assert_msg(strstr(line.ear.error, "no connection to http://"), "%s",
                      line.ear.error);
        transport_close(line.wire);
    }
    line.wire = wire_to("http://no-such-host.invalid:80");
    live_socket(&line, (enum speaker)_i);
    live_until_ended(&line);
    ear_expect(&line.ear, "end refused 1006");
    ck_assert_ptr_nonnull(strstr(line.ear.error, "no-such-host.invalid: "));
    transport_close(line.wire);
}
END_TEST

/* A name may have addresses where nobody listens. */
START_TEST(a_name_is_tried_at_all_of_its_addresses)
{
    struct live_line line;
    char url[64];
    live_open(&line, "101|text:x|echo");
    transport_close(line.wire);
    snprintf(url, sizeof url, "http://localhost%s/",
             strrchr(script_url(line.server), ':'));
    line.wire = wire_to(url);
    for (int round = 0; round < 2; round++) {
        live_socket(&line, (enum speaker)_i);
        live_until_heard(&line, 1);
        ck_assert_ptr_nonnull(
            strstr(script_request(line.server), "\r\nHost: localhost:"));
    }
    live_close(&line);
}
END_TEST

/* --- rules that are broken -------------------------------------------- */

START_TEST(the_witness_tells_who_breaks_the_rules)
{
    static const struct {
        const char *script, *log, *frames;
    } CASES[] = {
        {"101|text:a|masked:b|read", "opened 101 | hear 'a' | end garbled 1006",
         "8'1002'"},
        {"101|raw:\xc1\x01x|read", "opened 101 | end garbled 1006", "8'1002'"},
        {"101|raw:\x83\x01x|read", "opened 101 | end garbled 1006", "8'1002'"},
        {"101|cont:x|read", "opened 101 | end garbled 1006", "8'1002'"},
        {"101|text:\xff|read", "opened 101 | end garbled 1006", "8'1007'"},
        {"101|raw:\x88\x01x|read", "opened 101 | end garbled 1006", "8'1002'"},
    };
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        live_whole(&line, (enum speaker)_i, CASES[i].script);
        ear_expect(&line.ear, CASES[i].log);
        ck_assert_ptr_nonnull(
            strstr(line.ear.error, "no proper WebSocket frames from http://"));
        live_frames_are(&line, CASES[i].frames);
    }
    live_close(&line);
}
END_TEST

/* The library is known to lose it, now and then. */
START_TEST(the_witness_hears_the_last_message_before_a_close)
{
    static const char *const SCRIPTS[] = {
        "101|flood:200|text:last|close:1000:", "101|flood:200|text:last|reset",
        "101|flood:200|text:last"};
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < 30; i++) {
        script_set(line.server, SCRIPTS[i % 3]);
        ear_init(&line.ear, NULL, CHANNEL_SOCKET, "/ws");
        line.ear.channel.witness = true;
        line.ear.channel.split = i % 5 == 0 ? 7 : 0;
        ear_open(&line.ear, line.wire);
        live_until_ended(&line);
        if (i % 3 != 1) { /* a hard end may overtake what is on its way */
            ck_assert_uint_eq(line.ear.heard, 201);
            ck_assert_ptr_nonnull(strstr(line.ear.log, "hear 'last' | end"));
        }
        ck_assert_int_eq(line.ear.end.code, i % 3 == 0 ? 1000 : 1006);
    }
    live_close(&line);
}
END_TEST

START_TEST(nothing_of_the_request_is_changed_by_the_witness)
{
    struct live_line line;
    struct channel *channel = &line.ear.channel;
    live_open(&line, "raw:HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
    ear_init(&line.ear, NULL, _i == 0 ? CHANNEL_FRAMES : CHANNEL_SOCKET,
             "/ws/a b\xff");
    http_header_add(&channel->request, STR("host"), STR("other"));
    http_header_add(&channel->request, STR("upgrade"), STR(""));
    http_header_add(&channel->request, STR("Sec-WebSocket-Key"), STR("short"));
    http_header_add(&channel->request, STR("Sec-WebSocket-Version"), STR("7"));
    ear_open(&line.ear, line.wire);
    live_until_ended(&line);
    ck_assert_str_eq(script_request(line.server),
                     "GET /ws/a b\xff HTTP/1.1\r\nUser-Agent: test/1\r\n"
                     "Connection: Upgrade\r\nhost: other\r\nupgrade: \r\n"
                     "Sec-WebSocket-Key: short\r\n"
                     "Sec-WebSocket-Version: 7\r\n\r\n");
    live_close(&line);
}
END_TEST

START_TEST(bare_sockets_speak_no_tls)
{
    struct live_line line = {.wire = wire_to("https://127.0.0.1:1")};
    live_socket(&line, BY_WITNESS);
    live_until_ended(&line);
    ear_expect(&line.ear, "end refused 1006");
    ck_assert_ptr_nonnull(strstr(line.ear.error, "speaks no TLS"));
    live_frames(&line);
    live_until_ended(&line);
    ear_expect(&line.ear, "end refused 1006");
    transport_close(line.wire);
}
END_TEST

/* --- frames ----------------------------------------------------------- */

START_TEST(frames_are_shown_as_they_are)
{
    struct live_line line;
    live_open(&line, "101|part:a|ping:p|end:b|raw:\xf3\x01x|masked:m|"
                     "close:1001:bye|nap:20");
    live_frames(&line);
    live_until_ended(&line);
    ear_expect(&line.ear,
               "opened 101 | frame 1+ 'a' | frame 9 'p' | frame 0 'b' | "
               "frame 3 'x' | frame 1 'm' | frame 8 '\x03\xe9"
               "bye' | end ok 1001");
    ck_assert_str_eq(line.ear.reason, "bye");
    /* Nothing is answered by itself. */
    ck_assert_str_eq(script_frames(line.server), "");
    live_close(&line);
}
END_TEST

START_TEST(frames_are_written_as_they_are)
{
    struct live_line line;
    live_open(&line, "101|read|read|read|close:1002:|fin");
    live_frames(&line);
    live_until_opened(&line);
    transport_say(line.wire, &line.ear.channel, STR("\x81\x01x\x8a\x80"));
    transport_say(line.wire, &line.ear.channel, STR("\1\2\3\4"));
    live_frames_are(&line, "1!'x' 10''");
    transport_shut(line.wire, &line.ear.channel, 1000);
    live_until_ended(&line);
    live_frames_are(&line, "1!'x' 10'' 8'1000'");
    ear_expect(&line.ear, "opened 101 | frame 8 '\x03\xea' | end ok 1002");
    live_close(&line);
}
END_TEST

START_TEST(frames_may_end_in_the_middle)
{
    struct live_line line;
    live_open(&line, "101|text:a|raw:\x81\x05he");
    live_frames(&line);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 101 | frame 1 'a' | end reset 1006");
    live_close(&line);
}
END_TEST

/* Every byte in a segment of its own: it is read as if it had come whole. */
START_TEST(pieces_are_written_one_by_one)
{
    struct live_line line;
    live_open(&line, "101|echo");
    live_socket(&line, BY_PIECES);
    live_until_opened(&line);
    transport_say(line.wire, &line.ear.channel, STR("abcdefgh"));
    transport_say(line.wire, &line.ear.channel, STR("ijkl"));
    live_until_heard(&line, 2);
    live_frames_are(&line, "1'abcdefgh' 1'ijkl'");
    transport_shut(line.wire, &line.ear.channel, 1001);
    live_until_ended(&line);
    ck_assert_int_eq(line.ear.end.code, 1001);
    live_close(&line);
}
END_TEST

Suite *suite_wire_ends(void)
{
    Suite *suite = suite_create("wire_ends");
    TCase *tcase = tcase_create("ends");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, another_answer_is_told_as_it_is, 0, SPEAKERS);
    tcase_add_loop_test(tcase, the_headers_of_a_refusal_are_told, 0, BY_PIECES);
    tcase_add_loop_test(tcase, an_upgrade_that_is_wrong_is_garbled, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, no_answer_at_all_is_told_apart, 0, SPEAKERS);
    tcase_add_loop_test(tcase, a_sound_upgrade_is_never_called_wrong, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, a_server_that_never_answers_is_a_timeout, 0,
                        BY_PIECES);
    tcase_add_loop_test(tcase, openings_that_hang_hold_up_no_other, 0,
                        BY_PIECES);
    tcase_add_loop_test(tcase, nobody_there_is_refused, 0, SPEAKERS);
    tcase_add_loop_test(tcase, a_name_is_tried_at_all_of_its_addresses, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, the_witness_tells_who_breaks_the_rules,
                        BY_WITNESS, SPEAKERS);
    tcase_add_test(tcase, the_witness_hears_the_last_message_before_a_close);
    tcase_add_loop_test(tcase, nothing_of_the_request_is_changed_by_the_witness,
                        0, 2);
    tcase_add_test(tcase, bare_sockets_speak_no_tls);
    tcase_add_test(tcase, frames_are_shown_as_they_are);
    tcase_add_test(tcase, frames_are_written_as_they_are);
    tcase_add_test(tcase, frames_may_end_in_the_middle);
    tcase_add_test(tcase, pieces_are_written_one_by_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
