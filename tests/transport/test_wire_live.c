/* SPDX-License-Identifier: MIT */
/* WebSocket on the wire, by the library and by the witness: what both hear of
 * a server that keeps to the rules. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "protocol/ws.h"
#include "tests/transport/live_line.h"

/* --- opening and talking ---------------------------------------------- */

START_TEST(a_socket_talks_and_is_closed)
{
    struct live_line line;
    live_open(&line, "101|text:hello|echo");
    live_socket(&line, (enum speaker)_i);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 1);
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), 0);
    live_until_heard(&line, 1);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 0);
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), 1);
    line.ear.channel.awaits = true;
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 1);
    transport_say(line.wire, &line.ear.channel, STR("one"));
    transport_say(line.wire, &line.ear.channel, STR(""));
    transport_say(line.wire, &line.ear.channel, STR("three"));
    live_until_heard(&line, 4);
    transport_shut(line.wire, &line.ear.channel, 1000);
    transport_say(line.wire, &line.ear.channel, STR("too late"));
    ck_assert_int_eq(line.ear.ended, 0);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 101 | hear 'hello' | hear 'one' | hear '' | "
                          "hear 'three' | end ok 1000");
    live_frames_are(&line, "1'one' 1'' 1'three' 8'1000'");
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 0);
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), 0);
    ck_assert_ptr_null(line.ear.channel.internal);
    live_close(&line);
}
END_TEST

static struct http_reply seen;
static char seen_server[32];

static void keep_reply(struct channel *channel, const struct http_reply *reply)
{
    (void)channel;
    struct str server =
        http_header_find(reply->headers, reply->header_count, "server");
    seen = *reply;
    snprintf(seen_server, sizeof seen_server, "%.*s", STR_ARG(server));
}

START_TEST(the_upgrade_is_asked_for_as_it_must_be)
{
    struct live_line line;
    live_open(&line, "101|hang");
    ear_init(&line.ear, NULL, CHANNEL_SOCKET, "/ws/todo?x=%2F..&y");
    line.ear.channel.witness = _i != BY_LIBRARY;
    line.ear.channel.split = _i == BY_PIECES ? 3 : 0;
    line.ear.channel.opened = keep_reply;
    http_header_add(&line.ear.channel.request, STR("Authorization"),
                    STR("Bearer alice"));
    http_header_add(&line.ear.channel.request, STR("X-Empty"), STR(""));
    memset(&seen, 0, sizeof seen);
    ear_open(&line.ear, line.wire);
    while (seen.status == 0) {
        live_idle(&line, 1);
    }
    ck_assert_int_eq(seen.status, 101);
    ck_assert_str_eq(seen_server, "script");
    static const char *const WANTED[] = {
        "GET /ws/todo?x=%2F..&y HTTP/1.1\r\n", "\r\nUser-Agent: test/1\r\n",
        "\r\nUpgrade: websocket\r\n",          "\r\nConnection: Upgrade\r\n",
        "\r\nSec-WebSocket-Version: 13\r\n",   "\r\nSec-WebSocket-Key: ",
        "\r\nAuthorization: Bearer alice\r\n", "\r\nX-Empty: \r\n"};
    const char *request = script_request(line.server);
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++) {
        ck_assert_msg(strstr(request, WANTED[i]) != NULL, "%s in %s", WANTED[i],
                      request);
    }
    char host[64];
    snprintf(host, sizeof host, "\r\nHost: %s\r\n",
             script_url(line.server) + strlen("http://"));
    ck_assert_msg(strstr(request, host) != NULL, "%s", request);
    ck_assert_ptr_null(strstr(request, "Origin"));
    ck_assert_ptr_null(strstr(request, "Extensions"));
    live_close(&line);
}
END_TEST

START_TEST(messages_are_put_together)
{
    struct live_line line;
    live_open(&line, "101|part:a|ping:p|cont:b|cont:|end:c|bin:\x01\x02|"
                     "read|close:1000:");
    live_socket(&line, (enum speaker)_i);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 101 | hear 'abc' | hear '\x01\x02' | "
                          "end ok 1000");
    /* The ping is answered without being asked; so is the close. */
    ck_assert_ptr_nonnull(strstr(script_frames(line.server), "10'p'"));
    live_close(&line);
}
END_TEST

static void keep_length(struct channel *channel, const struct heard *what)
{
    struct ear *ear = channel->context;
    ear->heard++;
    ear->bytes += what->bytes.n;
}

START_TEST(a_long_message_comes_whole)
{
    struct live_line line;
    live_open(&line, "101|big:3000000|echo");
    ear_init(&line.ear, NULL, CHANNEL_SOCKET, "/ws");
    line.ear.channel.witness = _i != BY_LIBRARY;
    line.ear.channel.heard = keep_length;
    ear_open(&line.ear, line.wire);
    live_until_heard(&line, 1);
    ck_assert_uint_eq(line.ear.bytes, 3000000);
    /* And goes whole. */
    struct str long_text = {calloc(1, 1000000), 1000000};
    transport_say(line.wire, &line.ear.channel, long_text);
    free((void *)(uintptr_t)long_text.p);
    live_until_heard(&line, 2);
    ck_assert_uint_eq(line.ear.bytes, 4000000);
    live_close(&line);
}
END_TEST

START_TEST(a_message_over_the_limit_ends_it)
{
    struct live_line line;
    live_open(&line, "101|text:x|big:34000000|hang");
    ear_init(&line.ear, NULL, CHANNEL_SOCKET, "/ws");
    line.ear.channel.witness = _i != BY_LIBRARY;
    ear_open(&line.ear, line.wire);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 101 | hear 'x' | end too-big 1006");
    ck_assert_ptr_nonnull(strstr(line.ear.error, "over the limit from http"));
    live_close(&line);
}
END_TEST

/* --- ends ------------------------------------------------------------- */

START_TEST(a_close_is_told_with_code_and_reason)
{
    static const struct {
        const char *script, *log, *reason, *frames;
    } CASES[] = {
        {"101|close:1008:not you|read", "opened 101 | end ok 1008", "not you",
         "8'1008'"},
        {"101|close:4321:|read", "opened 101 | end ok 4321", "", "8'4321'"},
        {"101|close:0:|read", "opened 101 | end ok 1005", "", "8''"},
        {"101|text:last|nap:50|close:1001:\xc3\xa4|read",
         "opened 101 | hear 'last' | end ok 1001", "\xc3\xa4", "8'1001'"},
    };
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        live_whole(&line, (enum speaker)_i, CASES[i].script);
        ear_expect(&line.ear, CASES[i].log);
        ck_assert_str_eq(line.ear.reason, CASES[i].reason);
        live_frames_are(&line, CASES[i].frames);
    }
    live_close(&line);
}
END_TEST

START_TEST(the_code_of_an_answered_close_is_the_peers)
{
    struct live_line line;
    live_open(&line, "101|read|text:before|close:1011:own|hang");
    live_socket(&line, (enum speaker)_i);
    live_until_opened(&line);
    transport_shut(line.wire, &line.ear.channel, 3000);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 1);
    live_until_ended(&line);
    ear_expect(&line.ear, "opened 101 | hear 'before' | end ok 1011");
    ck_assert_str_eq(line.ear.reason, "own");
    live_frames_are(&line, "8'3000'");
    live_close(&line);
}
END_TEST

START_TEST(an_end_without_a_close_frame_is_a_reset)
{
    static const char *const SCRIPTS[] = {"101|nap:30|reset", "101|nap:30",
                                          "101|nap:30|fin"};
    struct live_line line;
    live_open(&line, "");
    for (size_t i = 0; i < sizeof SCRIPTS / sizeof *SCRIPTS; i++) {
        live_whole(&line, (enum speaker)_i, SCRIPTS[i]);
        ear_expect(&line.ear, "opened 101 | end reset 1006");
        ck_assert_ptr_nonnull(
            strstr(line.ear.error, "without a close frame by http://127"));
    }
    live_close(&line);
}
END_TEST

START_TEST(a_cut_is_silent_and_seen_at_once)
{
    struct live_line line;
    live_open(&line, "101|text:x|hang");
    live_socket(&line, (enum speaker)_i);
    live_until_heard(&line, 1);
    transport_shut(line.wire, &line.ear.channel, 0);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 0);
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), 0);
    /* The owner may do what it likes with it now. */
    memset(&line.ear.channel, 0xEE, sizeof line.ear.channel);
    int64_t end_ms = wire_clock_ms() + 5000;
    while (script_ended(line.server) == 0 && wire_clock_ms() < end_ms) {
        live_idle(&line, 1);
    }
    ck_assert_int_eq(script_ended(line.server), 1);
    ear_expect(&line.ear, "opened 101 | hear 'x'");
    live_close(&line);
}
END_TEST

START_TEST(a_cut_before_it_is_open_is_silent)
{
    struct live_line line;
    live_open(&line, "hang");
    live_socket(&line, (enum speaker)_i);
    transport_shut(line.wire, &line.ear.channel, 0); /* no turn of the loop */
    live_idle(&line, 20);
    live_socket(&line, (enum speaker)_i);
    live_idle(&line, 20); /* the request is on its way */
    transport_shut(line.wire, &line.ear.channel, 0);
    live_idle(&line, 20);
    live_socket(&line, (enum speaker)_i);
    live_idle(&line, 20);
    transport_shut(line.wire, &line.ear.channel, 1000);
    live_until_ended(&line);
    ear_expect(&line.ear, "end reset 1006");
    ck_assert_ptr_nonnull(strstr(line.ear.error, "given up before"));
    live_close(&line);
}
END_TEST

START_TEST(a_wire_may_be_closed_with_all_of_it)
{
    enum { CHANNELS = 12 };
    struct ear *ears = calloc(CHANNELS, sizeof *ears);
    struct live_line line;
    live_open(&line, "101|text:x|hang");
    for (size_t i = 0; i < CHANNELS; i++) {
        ear_init(&ears[i], NULL, i % 4 == 3 ? CHANNEL_STREAM : CHANNEL_SOCKET,
                 "/ws");
        ears[i].channel.witness = i % 2 == 1;
        ear_open(&ears[i], line.wire);
        if (i == CHANNELS / 2) {
            live_idle(&line, 30);
        }
    }
    transport_shut(line.wire, &ears[0].channel, 1000);
    transport_shut(line.wire, &ears[1].channel, 1000);
    transport_shut(line.wire, &ears[2].channel, 0);
    live_close(&line);
    free(ears);
}
END_TEST

enum { FDS_MAX = 1024 };

static int descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < FDS_MAX; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

/* A server that is started later must not hold them open. */
static void none_is_inherited(int our_port)
{
    for (int fd = 0; fd < FDS_MAX; fd++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
            size == sizeof peer && ntohs(peer.sin_port) == our_port) {
            ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        }
    }
}

START_TEST(no_descriptor_is_left_or_inherited)
{
    struct live_line line;
    int before = descriptors();
    for (int round = 0; round < 3; round++) {
        struct ear ears[3];
        live_open(&line, "101|text:x|hang");
        for (int i = 0; i < 3; i++) {
            ear_init(&ears[i], NULL, CHANNEL_SOCKET, "/ws");
            ears[i].channel.witness = i == 1;
            ear_open(&ears[i], line.wire);
        }
        int64_t end_ms = wire_clock_ms() + 5000;
        while (line.wire->ops->listening(line.wire) < 3 &&
               wire_clock_ms() < end_ms) {
            line.wire->ops->poll(line.wire, 10);
        }
        ck_assert_uint_eq(line.wire->ops->listening(line.wire), 3);
        none_is_inherited(atoi(strrchr(script_url(line.server), ':') + 1));
        transport_shut(line.wire, &ears[2].channel, 0);
        live_close(&line);
    }
    ck_assert_int_eq(descriptors(), before);
}
END_TEST

/* --- pause ------------------------------------------------------------ */

START_TEST(a_pause_keeps_everything_back)
{
    struct live_line line;
    live_open(&line, "101|text:first|read|flood:2000|echo");
    live_socket(&line, (enum speaker)_i);
    live_until_heard(&line, 1);
    line.ear.channel.heard = keep_length;
    transport_say(line.wire, &line.ear.channel, STR("go"));
    transport_pause(line.wire, &line.ear.channel, true);
    live_idle(&line, 60);
    ck_assert_uint_eq(line.ear.heard, 1);
    transport_pause(line.wire, &line.ear.channel, false);
    live_until_heard(&line, 2001);
    transport_pause(line.wire, &line.ear.channel, true);
    /* A close is heard also of one that is paused. */
    transport_shut(line.wire, &line.ear.channel, 1000);
    live_until_ended(&line);
    ck_assert_int_eq(line.ear.end.code, 1000);
    ck_assert_uint_eq(line.ear.heard, 2001);
    live_close(&line);
}
END_TEST

static void pause_itself(struct ear *ear, char what)
{
    if (what == 'h' && ear->heard == 3) {
        transport_pause(ear->context, &ear->channel, true);
    }
}

START_TEST(a_pause_holds_from_inside_a_callback)
{
    struct live_line line;
    live_open(&line, "101|flood:10|nap:20|close:1000:|hang");
    live_socket(&line, (enum speaker)_i);
    line.ear.then = pause_itself;
    line.ear.context = line.wire;
    live_until_heard(&line, 3);
    live_idle(&line, 60);
    ck_assert_uint_eq(line.ear.heard, 3);
    ck_assert_int_eq(line.ear.ended, 0);
    ck_assert_uint_eq(line.wire->ops->in_flight(line.wire), 0);
    transport_pause(line.wire, &line.ear.channel, false);
    live_until_ended(&line);
    ck_assert_uint_eq(line.ear.heard, 10);
    live_close(&line);
}
END_TEST

/* --- callbacks -------------------------------------------------------- */

static void cut_itself(struct ear *ear, char what)
{
    if (what == 'h') {
        transport_shut(ear->context, &ear->channel, 0);
    }
}

static int wakes;

static void on_woke(void *context)
{
    struct ear *ear = context;
    /* Before anything is told. */
    wakes++;
    if (wakes == 1) {
        ck_assert_int_eq(ear->opened, 0);
    }
}

START_TEST(callbacks_may_cut_and_wake_comes_first)
{
    struct live_line line;
    live_open(&line, "101|flood:5|hang");
    wakes = 0;
    line.wire->woke = on_woke;
    line.wire->woke_context = &line.ear;
    live_socket(&line, (enum speaker)_i);
    line.ear.then = cut_itself;
    line.ear.context = line.wire;
    live_until_heard(&line, 1);
    live_idle(&line, 20);
    ear_expect(&line.ear, "opened 101 | hear '0'");
    ck_assert_int_ge(wakes, 1);
    live_close(&line);
}
END_TEST

static void open_again(struct ear *ear, char what)
{
    if (what == 'e' && ear->bytes < 3) {
        size_t rounds = ear->bytes + 1;
        struct transport *wire = ear->context;
        bool witness = ear->channel.witness;
        ear_init(ear, NULL, CHANNEL_SOCKET, "/ws");
        ear->channel.witness = witness;
        ear->then = open_again;
        ear->context = wire;
        ear->bytes = rounds;
        ear_open(ear, wire);
    }
}

START_TEST(it_is_opened_again_inside_its_end)
{
    struct live_line line;
    live_open(&line, "101|close:1000:|read");
    live_socket(&line, (enum speaker)_i);
    line.ear.then = open_again;
    line.ear.context = line.wire;
    int64_t end_ms = wire_clock_ms() + 5000;
    while ((line.ear.bytes < 3 || !line.ear.ended) &&
           wire_clock_ms() < end_ms) {
        live_idle(&line, 1);
    }
    ck_assert_uint_eq(line.ear.bytes, 3);
    ck_assert_int_eq(script_connections(line.server), 4);
    live_close(&line);
}
END_TEST

/* --- many ------------------------------------------------------------- */

START_TEST(many_are_opened_at_once)
{
    enum { CHANNELS = 120 };
    struct ear *ears = calloc(CHANNELS, sizeof *ears);
    struct live_line line;
    live_open(&line, "101|text:x|echo");
    for (size_t i = 0; i < CHANNELS; i++) {
        ear_init(&ears[i], NULL, CHANNEL_SOCKET, "/ws");
        ears[i].channel.witness = _i != BY_LIBRARY;
        ear_open(&ears[i], line.wire);
    }
    size_t heard = 0;
    int64_t end_ms = wire_clock_ms() + 10000;
    while (heard < CHANNELS && wire_clock_ms() < end_ms) {
        line.wire->ops->poll(line.wire, 20);
        heard = 0;
        for (size_t i = 0; i < CHANNELS; i++) {
            heard += ears[i].heard;
            ck_assert_msg(!ears[i].ended, "%zu: %s", i, ears[i].error);
        }
    }
    ck_assert_uint_eq(heard, CHANNELS);
    ck_assert_uint_eq(line.wire->ops->listening(line.wire), CHANNELS);
    live_close(&line);
    free(ears);
}
END_TEST

Suite *suite_wire_live(void)
{
    Suite *suite = suite_create("wire_live");
    TCase *tcase = tcase_create("sockets");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, a_socket_talks_and_is_closed, 0, SPEAKERS);
    tcase_add_loop_test(tcase, the_upgrade_is_asked_for_as_it_must_be, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, messages_are_put_together, 0, SPEAKERS);
    tcase_add_loop_test(tcase, a_long_message_comes_whole, 0, BY_PIECES);
    tcase_add_loop_test(tcase, a_message_over_the_limit_ends_it, 0, BY_PIECES);
    tcase_add_loop_test(tcase, a_close_is_told_with_code_and_reason, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, the_code_of_an_answered_close_is_the_peers, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, an_end_without_a_close_frame_is_a_reset, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, a_cut_is_silent_and_seen_at_once, 0, SPEAKERS);
    tcase_add_loop_test(tcase, a_cut_before_it_is_open_is_silent, 0, SPEAKERS);
    tcase_add_test(tcase, a_wire_may_be_closed_with_all_of_it);
    tcase_add_test(tcase, no_descriptor_is_left_or_inherited);
    tcase_add_loop_test(tcase, a_pause_keeps_everything_back, 0, SPEAKERS);
    tcase_add_loop_test(tcase, a_pause_holds_from_inside_a_callback, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, callbacks_may_cut_and_wake_comes_first, 0,
                        SPEAKERS);
    tcase_add_loop_test(tcase, it_is_opened_again_inside_its_end, 0, BY_PIECES);
    tcase_add_loop_test(tcase, many_are_opened_at_once, 0, BY_PIECES);
    suite_add_tcase(suite, tcase);
    return suite;
}
