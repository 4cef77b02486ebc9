/* SPDX-License-Identifier: MIT */
/* Live channels of the virtual network: how they open and end, with the
 * bundled server behind it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/ws.h"
#include "tests/transport/live_bench.h"

START_TEST(a_socket_opens_and_hears_of_a_push)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&ear, bench.sim);
    ck_assert_uint_eq(bench.sim->ops->in_flight(bench.sim), 0);
    ck_assert_uint_eq(bench.sim->ops->listening(bench.sim), 0);
    live_say(&bench, &ear, "lost: it is not open yet");
    bench_run(&bench, 34);
    ear_expect(&ear, "");
    bench_run(&bench, 35);
    ear_expect(&ear, "opened 101@35");
    live_say(&bench, &ear, LIVE_HELLO);
    bench_run(&bench, 64);
    ear_expect(&ear, "");
    bench_run(&bench, 65); /* up, and down at once */
    ear_expect(&ear, "hear '{\"type\":\"auth-ok\"}'@65");
    live_say(&bench, &ear, "{\"type\":\"ping\"}");
    bench_run(&bench, 100);
    ear_expect(&ear, "hear '{\"type\":\"pong\"}'@95");
    live_push(&bench, "one"); /* stored at 115 */
    ear_expect(&ear, "hear '{\"type\":\"sync-available\",\"tables\":["
                     "\"tasks\"]}'@135");
    ck_assert_int_eq(ear.ended, 0);
    bench_close(&bench);
}
END_TEST

START_TEST(a_stream_brings_the_backlog_the_news_and_heartbeats)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_push(&bench, "one");
    stream_init(&bench, &ear);
    ear_open(&ear, bench.sim);
    bench_run(&bench, 100);
    ck_assert_int_eq(ear.opened, 1);
    ck_assert_ptr_nonnull(
        strstr(ear.log, "opened 200@70 | hear 'event: changes\n"));
    ck_assert_ptr_nonnull(strstr(ear.log, "\"one\""));
    ear.log[0] = '\0';
    ear.log_bytes = 0;
    live_push(&bench, "two");
    ck_assert_ptr_nonnull(strstr(ear.log, "\"two\""));
    ck_assert_ptr_nonnull(strstr(ear.log, "@135"));
    live_say(&bench, &ear, "nothing can be said on a stream");
    ear.log[0] = '\0';
    ear.log_bytes = 0;
    bench_run(&bench, 25000);
    /* The last event left the server at 115. */
    ear_expect(&ear, "hear 'event: heartbeat\ndata: {}\n\n'@10135 | "
                     "hear 'event: heartbeat\ndata: {}\n\n'@20135");
    bench_close(&bench);
}
END_TEST

START_TEST(an_ended_stream_is_forgotten_by_the_server)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    stream_init(&bench, &ear);
    ear_open(&ear, bench.sim);
    bench_run(&bench, 35);
    ck_assert_uint_eq(open_streams(&bench), 1);
    ear_expect(&ear, "opened 200@35");
    transport_shut(bench.sim, &ear.channel, _i == 0 ? 1000 : 0);
    transport_shut(bench.sim, &ear.channel, 1000);
    ear_expect(&ear, "");
    bench_run(&bench, 44);
    ck_assert_uint_eq(open_streams(&bench), 1);
    bench_run(&bench, 45); /* up */
    ck_assert_uint_eq(open_streams(&bench), 0);
    bench_run(&bench, 100000);
    ear_expect(&ear, _i == 0 ? "end ok 0@35" : "");
    bench_close(&bench);
}
END_TEST

START_TEST(a_socket_is_closed_by_handshake)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_listen(&bench, &ear);
    transport_shut(bench.sim, &ear.channel, 1001);
    transport_shut(bench.sim, &ear.channel, 1008); /* the first counts */
    live_say(&bench, &ear, "{\"type\":\"ping\"}"); /* too late */
    bench_run(&bench, 94);
    ear_expect(&ear, "");
    bench_run(&bench, 95);
    ear_expect(&ear, "end ok 1001@95");
    ck_assert_uint_eq(open_sockets(&bench), 0);
    bench_run(&bench, 20000);
    ear_expect(&ear, "");
    bench_close(&bench);
}
END_TEST

START_TEST(the_server_closes_who_does_not_say_who_it_is)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&ear, bench.sim);
    bench_run(&bench, 30000);
    ck_assert_ptr_nonnull(strstr(ear.log, "end ok 1008@10035"));
    ck_assert_str_ne(ear.reason, "");
    ck_assert_uint_eq(open_sockets(&bench), 0);
    bench_close(&bench);
}
END_TEST

START_TEST(pings_are_answered_by_who_reads)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_listen(&bench, &ear);
    bench_run(&bench, 300000);
    ear_expect(&ear, ""); /* ten times */
    ck_assert_uint_eq(open_sockets(&bench), 1);
    transport_pause(bench.sim, &ear.channel, true);
    bench_run(&bench, 400000); /* not even a dead connection is seen */
    ck_assert_uint_eq(open_sockets(&bench), 0);
    ear_expect(&ear, "");
    transport_pause(bench.sim, &ear.channel, false);
    ear_expect(&ear, "");
    bench_run(&bench, 400001);
    ear_expect(&ear, "end reset 1006@400000");
    bench_close(&bench);
}
END_TEST

START_TEST(a_cut_is_told_to_the_server_only)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_listen(&bench, &ear);
    live_say(&bench, &ear, "{\"type\":\"ping\"}");
    transport_shut(bench.sim, &ear.channel, 0);
    memset(&ear.channel, 0xa5, sizeof ear.channel);
    bench_run(&bench, 74);
    ck_assert_uint_eq(open_sockets(&bench), 1);
    bench_run(&bench, 75);
    ck_assert_uint_eq(open_sockets(&bench), 0);
    bench_run(&bench, 20000);
    ear_expect(&ear, "");
    bench_close(&bench);
}
END_TEST

/* --- openings that fail ------------------------------------------------- */

START_TEST(what_is_no_channel_is_answered)
{
    static const struct {
        enum channel_kind kind;
        const char *target;
        int status;
    } CASES[] = {{CHANNEL_SOCKET, "/nowhere", 404},
                 {CHANNEL_SOCKET, "/health", 200},
                 {CHANNEL_STREAM, "/ws/todo", 426},
                 {CHANNEL_STREAM, "/health", 200},
                 {CHANNEL_STREAM, "/sync/todo/stream", 401}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench bench;
        struct ear ear;
        char expected[64];
        live_bench(&bench, &BENCH_CONFIG, NULL);
        ear_init(&ear, &bench.world, CASES[i].kind, CASES[i].target);
        ear_open(&ear, bench.sim);
        bench_run(&bench, 20000);
        snprintf(expected, sizeof expected, "end ok %d@35", CASES[i].status);
        ear_expect(&ear, expected);
        ck_assert_str_ne(ear.body, "");
        bench_close(&bench);
    }
}
END_TEST

START_TEST(a_stream_is_no_answer_to_an_upgrade)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    stream_init(&bench, &ear);
    ear.channel.kind = CHANNEL_SOCKET;
    ear_open(&ear, bench.sim);
    bench_run(&bench, 20000);
    ear_expect(&ear, "end ok 200@35");
    ck_assert_uint_eq(open_streams(&bench), 0);
    bench_close(&bench);
}
END_TEST

START_TEST(frames_bring_their_own_upgrade)
{
    static const struct {
        const char *name, *value;
        int status;
    } CASES[] = {{"Sec-WebSocket-Key", "short", 400},
                 {"sec-websocket-version", "12", 426},
                 {"Upgrade", "h2c", 426},
                 {"Connection", "close", 426},
                 {"Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA==", 101},
                 {"X-Other", "1", 101}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench bench;
        struct ear ear;
        char expected[64];
        live_bench(&bench, &BENCH_CONFIG, NULL);
        ear_init(&ear, &bench.world, CHANNEL_FRAMES, "/ws/todo");
        ear_header(&ear, CASES[i].name, CASES[i].value);
        ear_open(&ear, bench.sim);
        bench_run(&bench, 100);
        snprintf(expected, sizeof expected,
                 CASES[i].status == 101 ? "opened %d@35" : "end ok %d@35",
                 CASES[i].status);
        ear_expect(&ear, expected);
        bench_close(&bench);
    }
}
END_TEST

START_TEST(an_opening_has_its_timeout)
{
    static const int64_t TIMEOUTS[] = {9, 12, 34, 35};
    for (size_t i = 0; i < 4; i++) {
        struct bench bench;
        struct ear ear;
        char expected[64];
        live_bench(&bench, &BENCH_CONFIG, NULL);
        ear_init(&ear, &bench.world, CHANNEL_SOCKET, "/ws/todo");
        ear.channel.timeout_ms = TIMEOUTS[i];
        ear_open(&ear, bench.sim);
        bench_run(&bench, 1000);
        snprintf(expected, sizeof expected, "end timeout 1006@%" PRId64,
                 TIMEOUTS[i]);
        ear_expect(&ear, i < 3 ? expected : "opened 101@35");
        /* The server has seen it open, and end. */
        ck_assert_uint_eq(open_sockets(&bench), i == 3);
        bench_close(&bench);
    }
}
END_TEST

START_TEST(giving_up_an_opening_ends_it)
{
    static const int64_t MOMENTS[] = {0, 5, 12, 20, 34};
    for (size_t i = 0; i < 10; i++) {
        struct bench bench;
        struct ear ear;
        char expected[64];
        live_bench(&bench, &BENCH_CONFIG, NULL);
        ear_init(&ear, &bench.world, CHANNEL_SOCKET, "/ws/todo");
        ear_open(&ear, bench.sim);
        bench_run(&bench, MOMENTS[i / 2]);
        transport_shut(bench.sim, &ear.channel, i % 2 ? 1000 : 0);
        ear_expect(&ear, "");
        /* The server knows after the way up, long before its own times. */
        bench_run(&bench, 100);
        ck_assert_uint_eq(open_sockets(&bench), 0);
        bench_run(&bench, 20000);
        snprintf(expected, sizeof expected, "end reset 1006@%" PRId64,
                 MOMENTS[i / 2]);
        ear_expect(&ear, i % 2 ? expected : "");
        bench_close(&bench);
    }
}
END_TEST

/* --- a server that comes and goes ---------------------------------------- */

START_TEST(a_server_that_is_down_refuses)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    sim_server_down(bench.sim);
    ear_init(&ear, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&ear, bench.sim);
    bench_run(&bench, 100);
    ear_expect(&ear, "end refused 1006@30");
    ck_assert_str_eq(ear.error, "connection refused: the server is down");
    sim_server_up(bench.sim, bench.server);
    live_listen(&bench, &ear);
    bench_close(&bench);
}
END_TEST

START_TEST(a_kill_resets_channels_in_every_stage)
{
    struct bench bench;
    struct ear up, inside, head, open, stream;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_listen(&bench, &open); /* 65 */
    stream_init(&bench, &stream);
    ear_open(&stream, bench.sim);
    bench_run(&bench, 100);
    ear_expect(&stream, "opened 200@100");
    ear_init(&head, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&head, bench.sim);
    bench_run(&bench, 106);
    ear_init(&inside, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&inside, bench.sim);
    bench_run(&bench, 112);
    ear_init(&up, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&up, bench.sim);
    live_say(&bench, &open, "{\"type\":\"ping\"}");
    bench_run(&bench, 117); /* head left at 115, inside came in at 116 */
    sim_server_down(bench.sim);
    server_free(bench.server);
    bench_run(&bench, 119);
    bench.server = live_server(&bench, NULL);
    sim_server_up(bench.sim, bench.server);
    bench_run(&bench, 1000);
    ear_expect(&open, "end reset 1006@137");
    ck_assert_str_eq(open.error, "connection reset: the server went down");
    ear_expect(&stream, "end reset 0@137");
    ear_expect(&head, "opened 101@135 | end reset 1006@137");
    ear_expect(&inside, "end reset 1006@137");
    ear_expect(&up, "opened 101@147"); /* it was up again by then */
    ck_assert_uint_eq(open_sockets(&bench), 1);
    bench_close(&bench);
}
END_TEST

START_TEST(closing_the_network_forgets_all)
{
    struct bench bench;
    struct ear ears[4], left;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_listen(&bench, &left);
    transport_pause(bench.sim, &left.channel, true);
    live_push(&bench, "one");
    bench_run(&bench, 200);
    for (size_t i = 0; i < 4; i++) {
        stream_init(&bench, &ears[i]);
        ear_open(&ears[i], bench.sim);
        bench_run(&bench, 200 + (int64_t)(i + 1) * 6);
    }
    transport_shut(bench.sim, &ears[0].channel, 0);
    bench_close(&bench); /* leaks and wild reads are the sanitizer's */
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(ears[i].ended, 0);
    }
}
END_TEST

Suite *suite_sim_live(void)
{
    Suite *suite = suite_create("sim_live");
    TCase *tests = tcase_create("sim_live");
    tcase_add_test(tests, a_socket_opens_and_hears_of_a_push);
    tcase_add_test(tests, a_stream_brings_the_backlog_the_news_and_heartbeats);
    tcase_add_loop_test(tests, an_ended_stream_is_forgotten_by_the_server, 0,
                        2);
    tcase_add_test(tests, a_socket_is_closed_by_handshake);
    tcase_add_test(tests, the_server_closes_who_does_not_say_who_it_is);
    tcase_add_test(tests, pings_are_answered_by_who_reads);
    tcase_add_test(tests, a_cut_is_told_to_the_server_only);
    tcase_add_test(tests, what_is_no_channel_is_answered);
    tcase_add_test(tests, a_stream_is_no_answer_to_an_upgrade);
    tcase_add_test(tests, frames_bring_their_own_upgrade);
    tcase_add_test(tests, an_opening_has_its_timeout);
    tcase_add_test(tests, giving_up_an_opening_ends_it);
    tcase_add_test(tests, a_server_that_is_down_refuses);
    tcase_add_test(tests, a_kill_resets_channels_in_every_stage);
    tcase_add_test(tests, closing_the_network_forgets_all);
    suite_add_tcase(suite, tests);
    return suite;
}
