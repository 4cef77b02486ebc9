/* SPDX-License-Identifier: MIT */
/* test_live_ws - sockets of the bundled server keep RFC 6455: frames, the
 * close handshake, limits, pings and the ends that they lead to. */
#include <string.h>

#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0   "2025-01-01T00:00:00.000Z"
#define PONG "{\"type\":\"pong\"}"

static struct rig rig;
static struct peer peer; /* a socket that did not say who it is */

static void open_socket(void)
{
    rig_open(&rig, "v2", 10, BUG_COUNT, NULL);
    ck_assert_int_eq(peer_ask(&peer, &rig, "/ws/todo", NULL, "b"), 101);
}

static void close_socket(void)
{
    peer_leave(&peer);
    rig_close(&rig);
}

static void frame(enum ws_opcode opcode, bool fin, const char *payload)
{
    peer_frame(&peer, &(struct ws_frame){.fin = fin,
                                         .opcode = (uint8_t)opcode,
                                         .payload = str_of(payload)});
}

static void close_with(int code)
{
    struct buf out;

    buf_init(&out, 1024);
    ws_close_write(&out, code, STR("bye"), (const uint8_t[4]){1, 2, 3, 4});
    peer_send(&peer, out.p, out.n);
    buf_free(&out);
}

/* ---- frames ---- */

START_TEST(fragments_are_joined_around_control_frames)
{
    frame(WS_TEXT, false, "{\"type\"");
    frame(WS_PING, true, "in between");
    frame(WS_CONTINUATION, false, "");
    frame(WS_PONG, true, "unasked");
    frame(WS_CONTINUATION, true, ":\"ping\"}");
    HEARS(&peer, "pong:in between " PONG);
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
    struct ws_frame ping = {.fin = true,
                            .opcode = WS_TEXT,
                            .masked = true,
                            .mask = {9, 8, 7, 6},
                            .payload = STR("{\"type\":\"ping\"}")};
    struct buf out;

    buf_init(&out, 1024);
    ws_frame_write(&out, &ping);
    ws_frame_write(&out, &ping);
    for (size_t i = 0; i < out.n; i++) {
        peer_send(&peer, out.p + i, 1);
    }
    HEARS(&peer, PONG " " PONG);
    peer_send(&peer, out.p, out.n); /* two at once */
    HEARS(&peer, PONG " " PONG);
    buf_free(&out);
}
END_TEST

START_TEST(broken_rules_end_the_socket)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *heard;
    } cases[] = {
        {"\x81\x01x", 3, "close:1002"},                /* not masked */
        {"\xc1\x80\0\0\0\0", 6, "close:1002"},         /* a reserved bit */
        {"\x83\x80\0\0\0\0", 6, "close:1002"},         /* no such opcode */
        {"\x80\x80\0\0\0\0", 6, "close:1002"},         /* nothing to continue */
        {"\x09\x80\0\0\0\0", 6, "close:1002"},         /* half a ping */
        {"\x81\x81\0\0\0\0\xff", 7, "close:1007"},     /* not UTF-8 */
        {"\x01\x82\0\0\0\0\xed\xa0", 8, "close:1007"}, /* nor will it be */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        peer_leave(&peer);
        peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
        peer_send(&peer, cases[i].bytes, cases[i].n);
        HEARS(&peer, cases[i].heard);
        ck_assert(!live_is_over(peer.live));
        frame(WS_TEXT, true, "{\"type\":\"ping\"}"); /* not read any more */
        HEARS(&peer, "");
        if (i % 2) {
            close_with(1002);
        } else {
            rig_wait(&rig, LIVE_CLOSE_MS);
        }
        HEARS(&peer, "end");
    }
}
END_TEST

/* A close frame is the last of its peer, also when it is a bad one. */
START_TEST(bad_close_frames_are_answered_and_are_the_end)
{
    static const char *const bad[] = {"\x88\x81\0\0\0\0\3",
                                      "\x88\x82\0\0\0\0\3\xed",
                                      "\x88\x83\0\0\0\0\3\xe8\xff"};
    static const char *const heard[] = {"close:1002 end", "close:1002 end",
                                        "close:1007 end"};

    peer_send(&peer, bad[_i], 7 + (size_t)_i);
    HEARS(&peer, heard[_i]);
}
END_TEST

START_TEST(the_answer_to_a_failure_may_come_with_what_failed)
{
    peer_send(&peer, "\x83\x80\0\0\0\0\x88\x82\1\2\3\4\2\xe8", 14);
    HEARS(&peer, "close:1002 end");
}
END_TEST

/* `n` bytes of one text in one or two frames. */
static void text_of(size_t n, bool halves)
{
    char *text = arena_must(&rig.arena, n + 1, 1);

    memset(text, 'x', n);
    peer_frame(&peer,
               &(struct ws_frame){.fin = !halves,
                                  .opcode = WS_TEXT,
                                  .payload = {text, halves ? n / 2 : n}});
    if (halves) {
        peer_frame(&peer, &(struct ws_frame){.fin = true,
                                             .payload = {text, n - n / 2}});
    }
}

START_TEST(a_message_may_be_so_large)
{
    text_of(LIVE_MESSAGE_BYTES, _i);
    ck_assert_uint_eq(peer_counts(&peer, "{\"type\":\"error\""), 1);
    ck_assert_uint_lt(server_live_counts(rig.server).bytes, 1024);
    text_of(LIVE_MESSAGE_BYTES + 1, _i);
    HEARS(&peer, "close:1009");
    ck_assert_uint_lt(server_live_counts(rig.server).bytes, 1024);
}
END_TEST

START_TEST(a_claimed_length_is_enough)
{
    peer_send(&peer, "\x81\xfe\xff\xff\0\0\0\0", 8);
    HEARS(&peer, "");
    peer_leave(&peer);
    peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
    peer_send(&peer, "\x81\xff\0\0\0\0\0\1\0\1\0\0\0\0", 14);
    HEARS(&peer, "close:1009");
}
END_TEST

/* ---- the close handshake ---- */

START_TEST(a_close_is_answered_with_its_code)
{
    static const int codes[] = {1000, 1001, 3000, 4999};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        peer_leave(&peer);
        peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
        close_with(codes[i]);
        HEARS(&peer, rig_text(&rig, "close:%d end", codes[i]));
    }
    peer_leave(&peer);
    peer_ask(&peer, &rig, "/ws/todo", NULL, "b");
    frame(WS_CLOSE, true, "");
    HEARS(&peer, "close:1005 end");
}
END_TEST

START_TEST(an_answer_to_our_close_is_the_end)
{
    peer_auth(&peer, "not good", NULL);
    ck_assert_uint_eq(peer_counts(&peer, "close:1008"), 1);
    frame(WS_PING, true, "still here");
    HEARS(&peer, "");
    close_with(1008);
    HEARS(&peer, "end");
}
END_TEST

START_TEST(who_does_not_take_the_last_words_is_left)
{
    peer.paused = true;
    close_with(1000);
    ck_assert(live_is_over(peer.live));
    ck_assert_uint_gt(live_output(peer.live).n, 0);
    rig_wait(&rig, LIVE_CLOSE_MS - 1);
    ck_assert_ptr_nonnull(peer.live);
    rig_wait(&rig, 1);
    ck_assert_ptr_null(peer.live);
}
END_TEST

START_TEST(a_server_that_shuts_down_says_so)
{
    struct peer stream, closing;

    peer_stream(&stream, &rig, "tasks", EPOCH, "c");
    peer_ask(&closing, &rig, "/ws/todo", NULL, "d");
    peer_auth(&closing, "not good", NULL);
    peer_hears(&closing);
    server_live_close_all(rig.server, rig_clock_ms(&rig));
    HEARS(&peer, "close:1001");
    HEARS(&stream, "end");
    HEARS(&closing, "");
    rig_wait(&rig, LIVE_CLOSE_MS);
    HEARS(&peer, "end");
    HEARS(&closing, "end");
    peer_leave(&stream);
    peer_leave(&closing);
}
END_TEST

/* ---- silence ---- */

START_TEST(a_silent_peer_is_asked_and_then_left)
{
    peer_auth(&peer, "alice", NULL);
    peer_hears(&peer);
    rig_wait(&rig, LIVE_PING_MS - 1);
    HEARS(&peer, "");
    rig_wait(&rig, 1);
    HEARS(&peer, "ping");
    rig_wait(&rig, LIVE_PONG_MS - 1);
    HEARS(&peer, "");
    rig_wait(&rig, 1);
    HEARS(&peer, "end");
}
END_TEST

START_TEST(a_peer_that_answers_stays)
{
    peer_auth(&peer, "alice", NULL);
    peer_hears(&peer);
    for (int i = 0; i < 5; i++) {
        rig_wait(&rig, LIVE_PING_MS + LIVE_PONG_MS / 2);
        HEARS(&peer, "ping");
        frame(WS_PONG, true, "");
    }
    rig_wait(&rig, LIVE_PING_MS - 1);
    frame(WS_TEXT, true, "{\"type\":\"ping\"}");
    rig_wait(&rig, LIVE_PING_MS - 1);
    HEARS(&peer, PONG);
}
END_TEST

START_TEST(a_dead_peer_with_output_is_left_too)
{
    peer_auth(&peer, "alice", NULL);
    peer_hears(&peer);
    peer.paused = true;
    rig_push(&rig, "alice", "a", EPOCH, rig_update(&rig, "1", "1", T0));
    rig_flow(&rig);
    ck_assert_uint_gt(live_output(peer.live).n, 0);
    rig_wait(&rig, LIVE_PING_MS + LIVE_PONG_MS);
    ck_assert_ptr_null(peer.live);
}
END_TEST

/* Answers that nobody reads are given up to a limit. */
START_TEST(who_asks_and_does_not_read_is_closed)
{
    char payload[WS_CONTROL_MAX + 1];
    size_t most = 0;

    memset(payload, 'x', WS_CONTROL_MAX);
    payload[WS_CONTROL_MAX] = '\0';
    peer.paused = true;
    for (int i = 0; i < 5000; i++) {
        frame(WS_PING, true, payload);
        most = live_output(peer.live).n;
    }
    ck_assert_uint_gt(most, 2 * LIVE_PENDING_BYTES);
    ck_assert_uint_lt(most, 2 * LIVE_PENDING_BYTES + 1024);
    peer_drain(&peer);
    ck_assert_uint_eq(peer_counts(&peer, "close:1008"), 1);
}
END_TEST

Suite *suite_live_ws(void)
{
    Suite *suite = suite_create("live_ws");
    TCase *group = tcase_create("rules");

    tcase_add_checked_fixture(group, open_socket, close_socket);
    tcase_add_test(group, fragments_are_joined_around_control_frames);
    tcase_add_test(group, bytes_may_come_one_by_one);
    tcase_add_test(group, broken_rules_end_the_socket);
    tcase_add_loop_test(group, bad_close_frames_are_answered_and_are_the_end, 0,
                        3);
    tcase_add_test(group, the_answer_to_a_failure_may_come_with_what_failed);
    tcase_add_loop_test(group, a_message_may_be_so_large, 0, 2);
    tcase_add_test(group, a_claimed_length_is_enough);
    tcase_add_test(group, a_close_is_answered_with_its_code);
    tcase_add_test(group, an_answer_to_our_close_is_the_end);
    tcase_add_test(group, who_does_not_take_the_last_words_is_left);
    tcase_add_test(group, a_server_that_shuts_down_says_so);
    tcase_add_test(group, a_silent_peer_is_asked_and_then_left);
    tcase_add_test(group, a_peer_that_answers_stays);
    tcase_add_test(group, a_dead_peer_with_output_is_left_too);
    tcase_add_test(group, who_asks_and_does_not_read_is_closed);
    suite_add_tcase(suite, group);
    return suite;
}
