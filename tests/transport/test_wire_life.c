/* SPDX-License-Identifier: MIT */
/* Real HTTP: bad ends, many at once, health, and the clock and the faults
 * around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/transport/faults.h"
#include "tests/transport/line_up.h"

/* --- bad ends --------------------------------------------------------- */

START_TEST(bad_ends_are_told_apart)
{
    static const struct {
        const char *target;
        enum reply_kind kind;
        int status;
        const char *body, *error;
    } CASES[] = {
        {"/close", REPLY_RESET, 0, "", "connection ended early by http://"},
        {"/reset", REPLY_RESET, 0, "", "connection ended early by http://"},
        {"/reset-body", REPLY_RESET, 200, "01234", "reset by peer"},
        {"/partial", REPLY_GARBLED, 200, "0123456789", "90 bytes remaining"},
        {"/bad-chunk", REPLY_GARBLED, 200, "", "not a whole HTTP answer"},
        {"/garbage", REPLY_GARBLED, 0, "", "not a whole HTTP answer from"},
        {"/bad-status", REPLY_GARBLED, 0, "", "not a whole HTTP answer from"},
        {"/huge-header", REPLY_GARBLED, 200, "", "not a whole HTTP answer"},
        {"/many-headers", REPLY_GARBLED, 200, "", "response headers"},
    };
    struct line_up up;
    open_up(&up);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct shot shot;
        shoot(up.wire, &shot, "GET", CASES[i].target);
        ck_assert_msg(shot.kind == CASES[i].kind, "%s: %d %s", CASES[i].target,
                      (int)shot.kind, shot.error);
        ck_assert_int_eq(shot.fate, FATE_UNKNOWN);
        ck_assert_msg(shot.status == CASES[i].status, "%s: %d", CASES[i].target,
                      shot.status);
        ck_assert_str_eq(shot.body, CASES[i].body);
        ck_assert_msg(strstr(shot.error, CASES[i].error), "%s: %s",
                      CASES[i].target, shot.error);
    }
    close_up(&up);
}
END_TEST

START_TEST(an_answer_without_end_is_stopped)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    shoot(up.wire, &shot, "GET", "/big");
    ck_assert_int_eq(shot.kind, REPLY_TOO_BIG);
    ck_assert_int_eq(shot.fate, FATE_UNKNOWN);
    ck_assert_int_eq(shot.status, 200);
    ck_assert_uint_eq(shot.body_bytes, 0);
    ck_assert_ptr_nonnull(strstr(shot.error, "answer over the limit from"));
    /* The handle is as good as new. */
    shoot(up.wire, &shot, "GET", "/ok");
    ck_assert_str_eq(shot.body, "{\"ok\":true}");
    close_up(&up);
}
END_TEST

START_TEST(nobody_there_is_refused)
{
    struct shot shot;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_dead_port());
    struct transport *wire = wire_to(url);
    shoot(wire, &shot, "POST", "/sync/todo");
    ck_assert_int_eq(shot.kind, REPLY_REFUSED);
    ck_assert_int_eq(shot.fate, FATE_NONE);
    ck_assert_ptr_nonnull(strstr(shot.error, "no connection to http://127"));
    ck_assert_ptr_nonnull(strstr(shot.error, "Connection refused"));
    ck_assert_ptr_nonnull(strstr(shot.error, url));
    transport_close(wire);
}
END_TEST

START_TEST(a_hang_is_a_timeout)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    int64_t from_ms = wire_clock_ms();
    shot_init(&shot, NULL, "POST", "/hang");
    shot.exchange.timeout_ms = 250;
    shot_send(&shot, up.wire);
    /* A poll of less returns in time and calls nothing. */
    up.wire->ops->poll(up.wire, 20);
    ck_assert_int_eq(shot.done, 0);
    ck_assert_int_ge(wire_clock_ms() - from_ms, 20);
    wait_for(up.wire, &shot);
    int64_t took_ms = wire_clock_ms() - from_ms;
    ck_assert_int_ge(took_ms, 250);
    ck_assert_int_lt(took_ms, 3000);
    ck_assert_int_eq(shot.kind, REPLY_TIMEOUT);
    ck_assert_int_eq(shot.fate, FATE_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(shot.error, "no answer in time from"));
    close_up(&up);
}
END_TEST

START_TEST(a_dead_connection_hides_no_first_attempt)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    shoot(up.wire, &shot, "GET", "/ok");
    /* On the kept connection: read, never answered, and nobody there for the
     * second attempt that libcurl makes by itself.  It may have had effect. */
    shoot(up.wire, &shot, "POST", "/die");
    ck_assert_int_eq(raw_requests(up.server), 2);
    ck_assert_msg(shot.kind == REPLY_REFUSED, "%s", shot.error);
    ck_assert_int_eq(shot.fate, FATE_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(shot.error, "no new one"));
    close_up(&up);
}
END_TEST

/* --- many, and life --------------------------------------------------- */

START_TEST(connections_are_kept)
{
    struct line_up up;
    struct shot shot;
    open_up(&up);
    for (int i = 0; i < 50; i++) {
        shoot(up.wire, &shot, i % 2 ? "POST" : "GET", "/ok");
        ck_assert_int_eq(shot.status, 200);
    }
    ck_assert_int_eq(raw_connections(up.server), 1);
    ck_assert_int_eq(raw_requests(up.server), 50);
    /* Closed behind our back: tried again on a new one. */
    shoot(up.wire, &shot, "GET", "/then-close");
    shoot(up.wire, &shot, "GET", "/ok");
    ck_assert_int_eq(shot.status, 200);
    ck_assert_int_eq(raw_connections(up.server), 2);
    close_up(&up);
}
END_TEST

static int finished;

static void count(struct shot *shot)
{
    (void)shot;
    finished++;
}

START_TEST(three_hundred_at_once)
{
    enum { COUNT = 300 };
    struct line_up up;
    struct shot *shots = calloc(COUNT, sizeof *shots);
    open_up(&up);
    for (int round = 0; round < 2; round++) {
        finished = 0;
        for (int i = 0; i < COUNT; i++) {
            shot_init(&shots[i], NULL, "GET", "/slow/30");
            shots[i].then = count;
            shot_send(&shots[i], up.wire);
        }
        ck_assert_uint_eq(up.wire->ops->in_flight(up.wire), COUNT);
        int64_t end_ms = wire_clock_ms() + 5000;
        while (finished < COUNT && wire_clock_ms() < end_ms) {
            up.wire->ops->poll(up.wire, 100);
        }
        for (int i = 0; i < COUNT; i++) {
            ck_assert_int_eq(shots[i].done, 1);
            ck_assert_str_eq(shots[i].body, "slow");
        }
    }
    /* The second round found the connections of the first. */
    ck_assert_int_eq(raw_connections(up.server), COUNT);
    free(shots);
    close_up(&up);
}
END_TEST

static void cancel_other(struct shot *shot)
{
    struct line_up *up = shot->context;
    struct shot *other = shot->exchange.id ? shot - 1 : shot + 1;
    transport_cancel(up->wire, &shot->exchange);
    transport_cancel(up->wire, &other->exchange);
}

START_TEST(cancelling_is_silent_everywhere)
{
    struct line_up up;
    struct shot shots[2];
    open_up(&up);
    /* While it runs, and again. */
    shot_init(&shots[0], NULL, "GET", "/hang");
    shot_send(&shots[0], up.wire);
    up.wire->ops->poll(up.wire, 10);
    transport_cancel(up.wire, &shots[0].exchange);
    transport_cancel(up.wire, &shots[0].exchange);
    ck_assert_uint_eq(up.wire->ops->in_flight(up.wire), 0);
    ck_assert_int_eq(shots[0].done, 0);
    /* One whose ending is there but not told yet, from inside a callback. */
    for (uint32_t i = 0; i < 2; i++) {
        shot_init(&shots[i], NULL, "", "/unsendable");
        shots[i].exchange.id = i;
        shots[i].then = cancel_other;
        shots[i].context = &up;
        shot_send(&shots[i], up.wire);
    }
    up.wire->ops->poll(up.wire, 1000);
    ck_assert_int_eq(shots[0].done + shots[1].done, 1);
    ck_assert_uint_eq(up.wire->ops->in_flight(up.wire), 0);
    close_up(&up);
}
END_TEST

START_TEST(nothing_in_flight_returns_at_once)
{
    struct line_up up;
    open_up(&up);
    int64_t from_ms = wire_clock_ms();
    up.wire->ops->poll(up.wire, 10000);
    ck_assert_int_lt(wire_clock_ms() - from_ms, 1000);
    close_up(&up);
}
END_TEST

START_TEST(closing_with_requests_under_way_is_clean)
{
    struct line_up up;
    struct shot shots[3];
    open_up(&up);
    for (int i = 0; i < 3; i++) {
        shot_init(&shots[i], NULL, "GET", i ? "/hang" : "/hang-body");
        shot_send(&shots[i], up.wire);
        up.wire->ops->poll(up.wire, i == 2 ? 0 : 5);
    }
    close_up(&up);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(shots[i].done, 0);
    }
}
END_TEST

/* --- create, health --------------------------------------------------- */

START_TEST(nonsense_addresses_are_refused)
{
    static const struct {
        const char *url, *ca_file, *error;
    } CASES[] = {
        {"", NULL, "begins with http:// or https://"},
        {"localhost:80", NULL, "begins with http:// or https://"},
        {"ftp://x", NULL, "ftp://x: a server's address begins with http://"},
        {"http://", NULL, "http://: "},
        {"http://x:99999", NULL, "http://x:99999: "},
        {"http://x/?q=1", NULL, "has no query or fragment"},
        {"http://x/#f", NULL, "has no query or fragment"},
        {"https://x", "/no/such/file", "/no/such/file: this file of"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct err err = {0};
        struct wire_config config = {.base_url = CASES[i].url,
                                     .ca_file = CASES[i].ca_file};
        ck_assert_ptr_null(wire_create(&config, &err));
        ck_assert_int_eq(err.status, ST_USAGE);
        ck_assert_msg(strstr(err.text, CASES[i].error), "%s", err.text);
    }
}
END_TEST

START_TEST(health_is_waited_for)
{
    struct line_up up;
    struct err err = {0};
    open_up(&up);
    raw_sicken(up.server, 2);
    ck_assert_int_eq(wire_wait_healthy(up.wire, 3000, &err), ST_OK);
    ck_assert_int_eq(raw_requests(up.server), 3);
    raw_sicken(up.server, 1000);
    int64_t from_ms = wire_clock_ms();
    ck_assert_int_eq(wire_wait_healthy(up.wire, 60, &err), ST_NETWORK);
    ck_assert_int_ge(wire_clock_ms() - from_ms, 60);
    ck_assert_int_lt(wire_clock_ms() - from_ms, 1000);
    ck_assert_ptr_nonnull(
        strstr(err.text, "/health did not answer 200 within 60 ms; at last: "
                         "status 503"));
    close_up(&up);
}
END_TEST

START_TEST(ill_health_says_what_is_wrong)
{
    struct err err = {0};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_dead_port());
    struct transport *wire = wire_to(url);
    ck_assert_int_eq(wire_wait_healthy(wire, 100, &err), ST_NETWORK);
    ck_assert_msg(strstr(err.text, "refused"), "%s", err.text);
    transport_close(wire);
}
END_TEST

/* --- with the clock and the faults ------------------------------------ */

static bool all_done(void *context)
{
    struct shot *shots = context;
    return shots[0].done && shots[1].done;
}

START_TEST(the_world_sees_real_time_and_jumps_the_rest)
{
    struct line_up up;
    struct shot shots[2];
    struct world world;
    open_up(&up);
    world_init(&world);
    world.wire = up.wire;
    world.real_ms = wire_clock_ms;
    int64_t from_ms = wire_clock_ms();
    ck_assert(world_run(&world, NULL, NULL, 100000));
    shot_init(&shots[0], &world, "GET", "/slow/60");
    shot_init(&shots[1], &world, "GET", "/ok");
    shot_send(&shots[0], up.wire);
    shot_send(&shots[1], up.wire);
    ck_assert(world_run(&world, all_done, shots, 200000));
    ck_assert_int_ge(shots[0].at_ms, 100055);
    ck_assert_int_lt(shots[0].at_ms, 101000);
    ck_assert_int_lt(shots[1].at_ms, shots[0].at_ms);
    ck_assert(world_run(&world, NULL, NULL, 900000));
    ck_assert_int_lt(wire_clock_ms() - from_ms, 2000);
    world_free(&world);
    close_up(&up);
}
END_TEST

START_TEST(faults_work_over_the_wire)
{
    static const struct {
        enum fault_action action;
        enum fault_direction direction;
        enum reply_kind kind;
        enum fate fate;
        int requests;
    } CASES[] = {
        {FAULT_DROP, FAULT_REQUEST, REPLY_TIMEOUT, FATE_NONE, 0},
        {FAULT_DROP, FAULT_RESPONSE, REPLY_TIMEOUT, FATE_UNKNOWN, 1},
        {FAULT_DUPLICATE, FAULT_REQUEST, REPLY_ANSWER, FATE_ANSWERED, 2},
        {FAULT_DELAY, FAULT_REQUEST, REPLY_ANSWER, FATE_ANSWERED, 1},
        {FAULT_DELAY, FAULT_RESPONSE, REPLY_ANSWER, FATE_ANSWERED, 1},
        {FAULT_RESET, FAULT_RESPONSE, REPLY_RESET, FATE_UNKNOWN, 1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct line_up up;
        struct shot shot;
        struct world world;
        struct fault_rule rule = {.action = CASES[i].action,
                                  .direction = CASES[i].direction,
                                  .actor = UINT32_MAX,
                                  .per_mille = 1000,
                                  .by_ms = 3000};
        open_up(&up);
        world_init(&world);
        world.wire = up.wire;
        world.real_ms = wire_clock_ms;
        struct transport *net = faults_create(&world, up.wire, 1, NULL, NULL);
        ck_assert(faults_add(net, &rule));
        shot_init(&shot, &world, "GET", "/ok");
        shot_send(&shot, net);
        int64_t from_ms = wire_clock_ms();
        ck_assert(world_run(&world, NULL, NULL, 60000));
        ck_assert_int_eq(shot.done, 1);
        ck_assert_int_eq(shot.kind, CASES[i].kind);
        ck_assert_int_eq(shot.fate, CASES[i].fate);
        ck_assert_int_eq(raw_requests(up.server), CASES[i].requests);
        if (shot.kind == REPLY_TIMEOUT) {
            ck_assert_int_eq(shot.at_ms, 10000);
        }
        /* Nothing of that was waited for in reality. */
        ck_assert_int_lt(wire_clock_ms() - from_ms, 1000);
        ck_assert_uint_eq(net->ops->in_flight(net), 0);
        transport_close(net);
        world_free(&world);
        close_up(&up);
    }
}
END_TEST

static TCase *case_ends(void)
{
    TCase *tests = tcase_create("bad ends");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, bad_ends_are_told_apart);
    tcase_add_test(tests, an_answer_without_end_is_stopped);
    tcase_add_test(tests, nobody_there_is_refused);
    tcase_add_test(tests, a_hang_is_a_timeout);
    tcase_add_test(tests, a_dead_connection_hides_no_first_attempt);
    return tests;
}

static TCase *case_life(void)
{
    TCase *tests = tcase_create("life");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, connections_are_kept);
    tcase_add_test(tests, three_hundred_at_once);
    tcase_add_test(tests, cancelling_is_silent_everywhere);
    tcase_add_test(tests, nothing_in_flight_returns_at_once);
    tcase_add_test(tests, closing_with_requests_under_way_is_clean);
    tcase_add_test(tests, nonsense_addresses_are_refused);
    tcase_add_test(tests, health_is_waited_for);
    tcase_add_test(tests, ill_health_says_what_is_wrong);
    tcase_add_test(tests, the_world_sees_real_time_and_jumps_the_rest);
    tcase_add_test(tests, faults_work_over_the_wire);
    return tests;
}

Suite *suite_wire_life(void)
{
    Suite *suite = suite_create("wire_life");
    suite_add_tcase(suite, case_ends());
    suite_add_tcase(suite, case_life());
    return suite;
}
