/* SPDX-License-Identifier: MIT */
/* Live channels of the virtual network: frames, pieces, slow readers, owners
 * that act inside of their callbacks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mock_server/live.h"
#include "protocol/ws.h"
#include "tests/transport/live_bench.h"

/* --- frames ------------------------------------------------------------- */

static struct str frame(struct buf *out, uint8_t opcode, const char *text)
{
    const struct ws_frame what = {.fin = true,
                                  .opcode = opcode,
                                  .masked = true,
                                  .mask = {1, 2, 3, 4},
                                  .payload = str_of(text)};
    buf_clear(out);
    ws_frame_write(out, &what);
    return buf_view(out);
}

START_TEST(frames_are_heard_as_they_are)
{
    struct bench bench;
    struct ear ear;
    struct buf out;
    buf_init(&out, 1024);
    live_bench(&bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &bench.world, CHANNEL_FRAMES, "/ws/todo");
    ear_open(&ear, bench.sim);
    bench_run(&bench, 35);
    ear_expect(&ear, "opened 101@35");
    transport_say(bench.sim, &ear.channel, frame(&out, WS_TEXT, LIVE_HELLO));
    transport_say(bench.sim, &ear.channel, frame(&out, WS_PING, "hm"));
    bench_run(&bench, 100);
    ear_expect(&ear, "frame 1 '{\"type\":\"auth-ok\"}'@65 | "
                     "frame 10 'hm'@65");
    /* Nothing is answered for us: not the server's ping, so it gives up. */
    bench_run(&bench, 100000);
    ear_expect(&ear, "frame 9 ''@30065 | end reset 1006@50065");
    ck_assert_uint_eq(open_sockets(&bench), 0);
    buf_free(&out);
    bench_close(&bench);
}
END_TEST

START_TEST(bad_frames_get_what_they_deserve)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &bench.world, CHANNEL_FRAMES, "/ws/todo");
    ear_open(&ear, bench.sim);
    bench_run(&bench, 35);
    live_say(&bench, &ear, "\x81\x01x"); /* not masked */
    bench_run(&bench, 64);
    ear_expect(&ear, "opened 101@35");
    bench_run(&bench, 20000);
    ck_assert_ptr_nonnull(strstr(ear.log, "frame 8 '\x03\xea"));
    ck_assert_ptr_nonnull(strstr(ear.log, "end ok 1002@"));
    ck_assert_str_ne(ear.reason, "");
    bench_close(&bench);
}
END_TEST

START_TEST(frames_close_by_handshake_too)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &bench.world, CHANNEL_FRAMES, "/ws/todo");
    ear_open(&ear, bench.sim);
    bench_run(&bench, 35);
    transport_shut(bench.sim, &ear.channel, 1000);
    bench_run(&bench, 100);
    ear_expect(&ear, "opened 101@35 | frame 8 '\x03\xe8'@65 | end ok 1000@65");
    bench_close(&bench);
}
END_TEST

START_TEST(an_end_without_a_close_frame_is_a_reset)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, "socket-closes-after-upgrade");
    ear_init(&ear, &bench.world, (enum channel_kind)_i, "/ws/todo");
    ear_open(&ear, bench.sim);
    bench_run(&bench, 100);
    ear_expect(&ear, "opened 101@35 | end reset 1006@35");
    ck_assert_str_eq(ear.error, "the connection ended without a close frame");
    bench_close(&bench);
}
END_TEST

/* --- bytes ---------------------------------------------------------------- */

START_TEST(split_bytes_come_to_the_same)
{
    struct bench bench;
    struct ear ear;
    struct sim_config config = BENCH_CONFIG;
    /* Pieces that would overtake each other if they could. */
    config.up = (struct latency){LATENCY_UNIFORM, 0, 50};
    config.down = (struct latency){LATENCY_LONG_TAIL, 0, 500};
    config.seed = (uint64_t)_i;
    live_bench(&bench, &config, NULL);
    ear_init(&ear, &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear.channel.split = 1;
    ear_header(&ear, "X-Client-Id", "b1");
    ear.quiet = true;
    ear_open(&ear, bench.sim);
    bench_run(&bench, 1000);
    live_say(&bench, &ear, LIVE_HELLO);
    live_say(&bench, &ear, "{\"type\":\"ping\"}");
    live_say(&bench, &ear, "{\"type\":\"none\"}");
    live_say(&bench, &ear, "{\"type\":\"ping\"}");
    bench_run(&bench, 5000);
    transport_shut(bench.sim, &ear.channel, 1000);
    bench_run(&bench, 7000);
    const char *log = ear.log;
    ck_assert_ptr_nonnull(strstr(log, "opened 101 | hear '{\"type\":\"auth-ok"
                                      "\"}' | hear '{\"type\":\"pong\"}' | "));
    ck_assert_ptr_nonnull(
        strstr(log, "hear '{\"type\":\"pong\"}' | end ok 1000"));
    bench_close(&bench);
}
END_TEST

START_TEST(a_split_stream_comes_byte_by_byte)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    live_push(&bench, "one");
    stream_init(&bench, &ear);
    ear.channel.split = 1;
    ear.quiet = true;
    ear_open(&ear, bench.sim);
    bench_run(&bench, 100);
    ck_assert_uint_gt(ear.heard, 50);
    ck_assert_uint_eq(ear.heard, ear.bytes);
    ck_assert_ptr_nonnull(strstr(ear.log, "opened 200 | hear 'e' | hear 'v'"));
    bench_close(&bench);
}
END_TEST

/* Rows that make the backlog longer than what a connection takes. */
static void fill(struct bench *bench, size_t rows)
{
    static char body[300000];
    static char text[2001];
    memset(text, 'x', sizeof text - 1);
    for (size_t row = 0; row < rows;) {
        struct shot shot;
        size_t n = (size_t)snprintf(
            body, sizeof body,
            "{\"clientId\":\"a1\",\"appId\":\"todo\",\"since\":"
            "\"1970-01-01T00:00:00.000Z\",\"changes\":[");
        for (size_t i = 0; i < 100 && row < rows; i++, row++) {
            n += (size_t)snprintf(body + n, sizeof body - n,
                                  "%s{\"table\":\"tasks\",\"id\":\"r%zu\","
                                  "\"op\":\"insert\",\"data\":{\"t\":\"%s\"}}",
                                  i ? "," : "", row, text);
        }
        n += (size_t)snprintf(body + n, sizeof body - n, "]}");
        ck_assert_uint_lt(n, sizeof body);
        int64_t from_ms = bench->world.now_ms;
        shot_push(&shot, bench, "any");
        shot.exchange.request.body = (struct str){body, n};
        shot_send(&shot, bench->sim);
        bench_run(bench, from_ms + 35);
        ck_assert_int_eq(shot.status, 200);
    }
}

START_TEST(a_slow_reader_is_not_sent_more_than_a_window)
{
    struct bench bench;
    struct ear ear, quick;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    fill(&bench, 1000); /* two megabytes */
    stream_init(&bench, &ear);
    stream_init(&bench, &quick);
    ear_open(&ear, bench.sim);
    transport_pause(bench.sim, &ear.channel, true);
    bench_run(&bench, 10000);
    /* It knows that it is open. */
    ck_assert_int_eq(ear.opened, 1);
    ck_assert_uint_eq(ear.bytes, 0);
    size_t waiting = server_live_counts(bench.server).bytes;
    ck_assert_uint_gt(waiting, LIVE_PENDING_BYTES / 2);
    transport_pause(bench.sim, &ear.channel, false);
    bench_run(&bench, 10001);
    ck_assert_uint_gt(ear.bytes, 0);
    ck_assert_uint_le(ear.bytes, 65536);
    bench_run(&bench, 12000);
    ear_open(&quick, bench.sim);
    bench_run(&bench, 14000);
    ck_assert_uint_gt(ear.bytes, 2000000);
    ck_assert_uint_eq(ear.bytes, quick.bytes);
    ck_assert_uint_lt(server_live_counts(bench.server).bytes, 65536);
    bench_close(&bench);
}
END_TEST

static void pause_once(struct ear *ear, char what)
{
    struct bench *bench = ear->context;
    if (what == 'h') {
        ear->then = NULL;
        transport_pause(bench->sim, &ear->channel, true);
    }
}

START_TEST(a_pause_inside_of_heard_holds_the_rest)
{
    struct bench bench;
    struct ear ear;
    struct buf out;
    buf_init(&out, 1024);
    live_bench(&bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &bench.world, _i == 0 ? CHANNEL_SOCKET : CHANNEL_FRAMES,
             "/ws/todo");
    ear.then = pause_once;
    ear.context = &bench;
    ear.quiet = true;
    ear_open(&ear, bench.sim);
    bench_run(&bench, 35);
    /* Two answers in one piece. */
    if (_i == 0) {
        live_say(&bench, &ear, LIVE_HELLO);
        live_say(&bench, &ear, "{\"type\":\"ping\"}");
    } else {
        transport_say(bench.sim, &ear.channel,
                      frame(&out, WS_TEXT, LIVE_HELLO));
        transport_say(bench.sim, &ear.channel,
                      frame(&out, WS_TEXT, "{\"type\":\"ping\"}"));
    }
    bench_run(&bench, 1000);
    ck_assert_uint_eq(ear.heard, 1);
    transport_pause(bench.sim, &ear.channel, false);
    ck_assert_uint_eq(ear.heard, 1);
    bench_run(&bench, 1001);
    ck_assert_uint_eq(ear.heard, 2);
    transport_pause(bench.sim, &ear.channel, true);
    transport_shut(bench.sim, &ear.channel, 1000); /* reads again */
    bench_run(&bench, 2000);
    ck_assert_int_eq(ear.ended, 1);
    ck_assert_int_eq(ear.end.code, 1000);
    buf_free(&out);
    bench_close(&bench);
}
END_TEST

/* --- callbacks ------------------------------------------------------------ */

struct host {
    struct bench bench;
    char when;
    int code; /* -1: open the next */
    struct ear next;
};

static void host_acts(struct ear *ear, char what)
{
    struct host *host = ear->context;
    if (what != host->when) {
        return;
    }
    host->when = 0;
    if (host->code >= 0) {
        transport_shut(host->bench.sim, &ear->channel, host->code);
        if (host->code == 0) {
            memset(&ear->channel, 0xa5, sizeof ear->channel);
        }
        return;
    }
    memset(&ear->channel, 0xa5, sizeof ear->channel);
    ear_init(&host->next, &host->bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&host->next, host->bench.sim);
}

START_TEST(an_owner_acts_inside_of_its_callbacks)
{
    static const struct {
        char when;
        int code;
        const char *log;
    } CASES[] = {
        {'o', 0, "opened 101@35"},
        {'o', 1000, "opened 101@35 | end ok 1000@65"},
        {'h', 0, "opened 101@35 | hear '{\"type\":\"auth-ok\"}'@65"},
        {'h', 1000,
         "opened 101@35 | hear '{\"type\":\"auth-ok\"}'@65 | end ok 1000@95"}};
    for (size_t i = 0; i < 4; i++) {
        struct host host = {.when = CASES[i].when, .code = CASES[i].code};
        struct ear ear;
        live_bench(&host.bench, &BENCH_CONFIG, NULL);
        ear_init(&ear, &host.bench.world, CHANNEL_SOCKET, "/ws/todo");
        ear.then = host_acts;
        ear.context = &host;
        ear_open(&ear, host.bench.sim);
        bench_run(&host.bench, 35);
        if (CASES[i].when == 'h') {
            live_say(&host.bench, &ear, LIVE_HELLO);
        }
        bench_run(&host.bench, 20000);
        ear_expect(&ear, CASES[i].log);
        ck_assert_uint_eq(open_sockets(&host.bench), 0);
        bench_close(&host.bench);
    }
}
END_TEST

START_TEST(the_next_is_opened_inside_of_ended)
{
    struct host host = {.when = 'e', .code = -1};
    struct ear ear;
    live_bench(&host.bench, &BENCH_CONFIG, NULL);
    ear_init(&ear, &host.bench.world, CHANNEL_SOCKET,
             _i == 0 ? "/nowhere" : "/ws/todo");
    ear.then = host_acts;
    ear.context = &host;
    ear_open(&ear, host.bench.sim);
    bench_run(&host.bench, 35);
    if (_i == 1) {
        transport_shut(host.bench.sim, &ear.channel, 1000);
    }
    bench_run(&host.bench, 1000);
    ck_assert_int_eq(ear.ended, 1);
    ear_expect(&host.next, _i == 0 ? "opened 101@70" : "opened 101@100");
    bench_close(&host.bench);
}
END_TEST

/* --- with the rest ----------------------------------------------------------
 */

START_TEST(a_bug_that_needs_overlap_gets_it)
{
    struct bench bench;
    struct ear ear;
    live_bench(&bench, &BENCH_CONFIG, "stream-gap-after-backlog");
    stream_init(&bench, &ear);
    ear_open(&ear, bench.sim);
    bench_run(&bench, 30 + 15 - 1);
    ck_assert_int_eq(ear.opened, 0);
    bench_run(&bench, 30 + 15);
    ck_assert_int_eq(ear.opened, 1);
    bench_close(&bench);
}
END_TEST

START_TEST(a_head_that_is_held_back_comes_with_the_first_event)
{
    struct bench bench;
    struct ear patient, hasty;
    live_bench(&bench, &BENCH_CONFIG, "stream-headers-late");
    stream_init(&bench, &patient);
    stream_init(&bench, &hasty);
    patient.quiet = true;
    hasty.channel.timeout_ms = 500;
    ear_open(&patient, bench.sim);
    ear_open(&hasty, bench.sim);
    bench_run(&bench, 1000);
    ck_assert_int_eq(patient.opened, 0);
    ear_expect(&hasty, "end timeout 0@500");
    live_push(&bench, "one");
    ck_assert_ptr_nonnull(strstr(patient.log, "opened 200 | hear 'event: ch"));
    ck_assert_uint_eq(open_streams(&bench), 1);
    bench_close(&bench);
}
END_TEST

START_TEST(a_channel_that_is_asked_for_by_an_exchange_never_answers)
{
    struct bench bench;
    struct shot shot, left;
    live_bench(&bench, &BENCH_CONFIG, NULL);
    for (int i = 0; i < 2; i++) {
        struct shot *one = i ? &left : &shot;
        shot_init(one, &bench.world, "GET",
                  "/sync/todo/stream?collections=tasks&since="
                  "1970-01-01T00:00:00.000Z");
        http_header_add(&one->exchange.request, STR("Authorization"),
                        STR("Bearer alice"));
        http_header_add(&one->exchange.request, STR("X-Client-Id"), STR("b1"));
        shot_send(one, bench.sim);
    }
    bench_run(&bench, 12);
    transport_cancel(bench.sim, &left.exchange);
    bench_run(&bench, 30000);
    shot_ended(&shot, REPLY_TIMEOUT, FATE_UNKNOWN, 10000);
    ck_assert_int_eq(left.done, 0);
    ck_assert_uint_eq(open_streams(&bench), 0);
    bench_close(&bench);
}
END_TEST

/* A day in the life, as text. */
static void tell_all(uint64_t seed, char *text, size_t size)
{
    struct bench bench;
    struct ear ears[3];
    struct sim_config config = BENCH_CONFIG;
    config.up = config.down = (struct latency){LATENCY_LONG_TAIL, 5, 300};
    config.server = (struct latency){LATENCY_UNIFORM, 1, 40};
    config.seed = seed;
    live_bench(&bench, &config, NULL);
    ear_init(&ears[0], &bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_init(&ears[1], &bench.world, CHANNEL_SOCKET, "/ws");
    stream_init(&bench, &ears[2]);
    ears[1].channel.split = 3;
    for (size_t i = 0; i < 3; i++) {
        ear_open(&ears[i], bench.sim);
    }
    for (int64_t at_ms = 700; at_ms < 5000; at_ms += 700) {
        struct shot shot;
        char id[24];
        bench_run(&bench, at_ms);
        snprintf(id, sizeof id, "at%" PRId64, at_ms);
        live_say(&bench, &ears[0],
                 at_ms == 700 ? LIVE_HELLO : "{\"type\":\"ping\"}");
        live_say(&bench, &ears[1],
                 at_ms == 700 ? LIVE_HELLO : "{\"type\":\"ping\"}");
        shot_push(&shot, &bench, id);
        shot_send(&shot, bench.sim);
        bench_run(&bench, at_ms + 690);
    }
    bench_run(&bench, 40000);
    snprintf(text, size, "%s\n%s\n%s", ears[0].log, ears[1].log, ears[2].log);
    ck_assert_uint_gt(ears[0].heard, 6);
    ck_assert_uint_gt(ears[1].heard, 6);
    ck_assert_uint_gt(ears[2].heard, 5);
    bench_close(&bench);
}

START_TEST(the_seed_decides_everything)
{
    static char one[32768], again[32768], other[32768];
    tell_all(1, one, sizeof one);
    tell_all(1, again, sizeof again);
    tell_all(2, other, sizeof other);
    ck_assert_str_eq(one, again);
    ck_assert_str_ne(one, other);
}
END_TEST

START_TEST(a_bad_network_in_front_of_it)
{
    struct storm storm;
    struct ear ear, next;
    memset(&storm, 0, sizeof storm);
    live_bench(&storm.bench, &BENCH_CONFIG, NULL);
    storm.net =
        faults_create(&storm.bench.world, storm.bench.sim, 1, NULL, NULL);
    ear_init(&ear, &storm.bench.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&ear, storm.net);
    bench_run(&storm.bench, 35);
    transport_say(storm.net, &ear.channel, str_of(LIVE_HELLO));
    bench_run(&storm.bench, 100);
    ear_expect(&ear, "opened 101@35 | hear '{\"type\":\"auth-ok\"}'@65");
    /* A stall: the server waits for its bytes as long. */
    struct fault_rule rule = rule_of(FAULT_STALL, FAULT_MESSAGE);
    rule.by_ms = 1000;
    storm_add(&storm, rule);
    transport_say(storm.net, &ear.channel, STR("{\"type\":\"ping\"}"));
    bench_run(&storm.bench, 2000);
    ear_expect(&ear, "hear '{\"type\":\"pong\"}'@1130");
    /* Silence: the client hears nothing of it, the server finds out. */
    storm_add(&storm, rule_of(FAULT_SILENCE, FAULT_MESSAGE));
    bench_run(&storm.bench, 30000);
    ck_assert_uint_eq(open_sockets(&storm.bench), 1);
    bench_run(&storm.bench, 60000);
    ck_assert_uint_eq(open_sockets(&storm.bench), 0);
    ear_expect(&ear, "");
    transport_shut(storm.net, &ear.channel, 1000);
    bench_run(&storm.bench, 70000);
    ear_expect(&ear, "end reset 1006@65000");
    faults_heal(storm.net);
    /* A cut in the middle of the opening's answer. */
    rule = rule_of(FAULT_CUT, FAULT_MESSAGE);
    rule.count = 1;
    storm_add(&storm, rule);
    ear_init(&next, &storm.bench.world, CHANNEL_STREAM,
             "/sync/todo/stream?collections=tasks&since="
             "1970-01-01T00:00:00.000Z");
    ear_header(&next, "Authorization", "Bearer alice");
    ear_header(&next, "X-Client-Id", "b1");
    ear_open(&next, storm.net);
    bench_run(&storm.bench, 71000);
    ear_expect(&next, "opened 200@70035 | end reset 0@70035");
    ck_assert_uint_eq(open_streams(&storm.bench), 0);
    storm_close(&storm);
}
END_TEST

Suite *suite_sim_peer(void)
{
    Suite *suite = suite_create("sim_peer");
    TCase *tests = tcase_create("sim_peer");
    tcase_add_test(tests, frames_are_heard_as_they_are);
    tcase_add_test(tests, bad_frames_get_what_they_deserve);
    tcase_add_test(tests, frames_close_by_handshake_too);
    tcase_add_loop_test(tests, an_end_without_a_close_frame_is_a_reset, 0, 2);
    tcase_add_loop_test(tests, split_bytes_come_to_the_same, 1, 9);
    tcase_add_test(tests, a_split_stream_comes_byte_by_byte);
    tcase_add_test(tests, a_slow_reader_is_not_sent_more_than_a_window);
    tcase_add_loop_test(tests, a_pause_inside_of_heard_holds_the_rest, 0, 2);
    tcase_add_test(tests, an_owner_acts_inside_of_its_callbacks);
    tcase_add_loop_test(tests, the_next_is_opened_inside_of_ended, 0, 2);
    tcase_add_test(tests, a_bug_that_needs_overlap_gets_it);
    tcase_add_test(tests, a_head_that_is_held_back_comes_with_the_first_event);
    tcase_add_test(tests,
                   a_channel_that_is_asked_for_by_an_exchange_never_answers);
    tcase_add_test(tests, the_seed_decides_everything);
    tcase_add_test(tests, a_bad_network_in_front_of_it);
    suite_add_tcase(suite, tests);
    return suite;
}
