/* SPDX-License-Identifier: MIT */
/* So many requests in a second, and a server that answered before: is it busy
 * or gone?  No verdict here depends on this machine being fast. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/transport/line_up.h"

enum { TURN_MS = 1000 };

static struct line_up up;
static struct shot shots[4];
static int finished[4], finished_count;
static struct pace *pace;

/* With a rate of 0 as they come. */
static void open_at(int64_t rate_per_s)
{
    struct err err = {.status = ST_OK};
    pace = rate_per_s > 0 ? pace_create(rate_per_s, &err) : NULL;
    ck_assert_msg(err.status == ST_OK, "%s", err.text);
    up.server = raw_start();
    struct wire_config config = {.base_url = raw_url(up.server),
                                 .connect_timeout_ms = 10000,
                                 .pace = pace};
    up.wire = wire_create(&config, &err);
    ck_assert_msg(up.wire != NULL, "%s", err.text);
    finished_count = 0;
}

static void close_paced(void)
{
    close_up(&up);
    pace_free(pace);
}

static void note(struct shot *shot)
{
    finished[finished_count++] = (int)(shot - shots);
}

static void send_all(int count)
{
    for (int i = 0; i < count; i++) {
        shot_init(&shots[i], NULL, "GET", "/ok");
        shots[i].exchange.timeout_ms = 30000;
        shots[i].then = note;
        shot_send(&shots[i], up.wire);
    }
    ck_assert_uint_eq(up.wire->ops->in_flight(up.wire), count);
}

static void poll_for(int64_t ms)
{
    int64_t end_ms = wire_clock_ms() + ms;
    while (wire_clock_ms() < end_ms) {
        up.wire->ops->rest(up.wire, 50);
    }
}

/* --- the rate --------------------------------------------------------- */

START_TEST(requests_wait_for_their_turn_in_order)
{
    open_at(2);
    int64_t from_ms = wire_clock_ms();
    send_all(3);
    for (int i = 0; i < 3; i++) {
        wait_for(up.wire, &shots[i]);
        ck_assert_int_eq(shots[i].status, 200);
        ck_assert_int_eq(finished[i], i);
    }
    /* Two turns of half a second, less what a coarse timer makes up for. */
    ck_assert_int_ge(wire_clock_ms() - from_ms, TURN_MS - 20);
    ck_assert_int_eq(raw_requests(up.server), 3);
    close_paced();
}
END_TEST

/* A pause is not saved up for a burst. */
START_TEST(a_turn_that_was_not_used_is_lost)
{
    open_at(2);
    send_all(1);
    wait_for(up.wire, &shots[0]);
    poll_for(TURN_MS * 2);
    int64_t from_ms = wire_clock_ms();
    finished_count = 0;
    send_all(3);
    wait_for(up.wire, &shots[2]);
    ck_assert_int_ge(wire_clock_ms() - from_ms, TURN_MS - 20);
    close_paced();
}
END_TEST

START_TEST(without_a_rate_nothing_is_held)
{
    open_at(0);
    send_all(4);
    for (int i = 0; i < 4; i++) {
        wait_for(up.wire, &shots[i]);
    }
    ck_assert_int_eq(raw_requests(up.server), 4);
    close_paced();
}
END_TEST

START_TEST(what_is_cancelled_while_held_never_goes)
{
    open_at(1);
    send_all(2);
    transport_cancel(up.wire, &shots[1].exchange);
    transport_cancel(up.wire, &shots[1].exchange);
    ck_assert_uint_eq(up.wire->ops->in_flight(up.wire), 1);
    wait_for(up.wire, &shots[0]);
    poll_for(TURN_MS * 3 / 2);
    ck_assert_int_eq(raw_requests(up.server), 1);
    ck_assert_int_eq(shots[1].done, 0);
    close_paced();
}
END_TEST

START_TEST(those_behind_a_cancelled_one_go_on)
{
    open_at(2);
    send_all(4);
    transport_cancel(up.wire, &shots[1].exchange);
    transport_cancel(up.wire, &shots[3].exchange);
    wait_for(up.wire, &shots[0]);
    wait_for(up.wire, &shots[2]);
    poll_for(TURN_MS);
    ck_assert_int_eq(raw_requests(up.server), 2);
    ck_assert_uint_eq(up.wire->ops->in_flight(up.wire), 0);
    close_paced();
}
END_TEST

START_TEST(closing_forgets_what_is_held)
{
    open_at(1);
    send_all(4);
    transport_close(up.wire);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(shots[i].done, 0);
    }
    ck_assert_int_le(raw_requests(up.server), 1);
    raw_stop(up.server);
}
END_TEST

/* What cannot be sent takes no turn. */
START_TEST(a_request_that_is_none_is_not_held)
{
    open_at(1);
    shot_init(&shots[0], NULL, "", "/unsendable");
    shot_send(&shots[0], up.wire);
    shot_init(&shots[1], NULL, "GET", "/ok");
    shot_send(&shots[1], up.wire);
    shot_init(&shots[2], NULL, "", "/unsendable");
    shot_send(&shots[2], up.wire);
    for (int i = 0; i < 3; i++) {
        wait_for(up.wire, &shots[i]);
    }
    ck_assert_int_eq(raw_requests(up.server), 1);
    close_paced();
}
END_TEST

/* --- busy or gone ----------------------------------------------------- */

START_TEST(a_server_that_answers_is_well)
{
    struct err err = {.status = ST_OK};
    open_at(0);
    ck_assert_int_eq(wire_still_healthy(up.wire, 60000, &err), ST_OK);
    raw_sicken(up.server, 3);
    ck_assert_int_eq(wire_still_healthy(up.wire, 60000, &err), ST_OK);
    ck_assert_int_eq(raw_requests(up.server), 5);
    close_paced();
}
END_TEST

/* It says itself that it is not well: for a second that may pass. */
START_TEST(a_server_that_is_unwell_has_a_second)
{
    struct err err = {.status = ST_OK};
    open_at(0);
    raw_sicken(up.server, 1000000);
    int64_t from_ms = wire_clock_ms();
    ck_assert_int_eq(wire_still_healthy(up.wire, 60000, &err), ST_NETWORK);
    ck_assert_int_ge(wire_clock_ms() - from_ms, TURN_MS);
    ck_assert_int_lt(wire_clock_ms() - from_ms, 50000);
    ck_assert_msg(strstr(err.text, "at last: status 503"), "%s", err.text);
    close_paced();
}
END_TEST

/* Who takes the connection and does not answer is busy. */
START_TEST(a_server_that_is_busy_has_all_its_time)
{
    struct err err = {.status = ST_OK};
    char url[64];
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    int silent = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(silent, (struct sockaddr *)&place, size), 0);
    ck_assert_int_eq(listen(silent, 16), 0);
    ck_assert_int_eq(getsockname(silent, (struct sockaddr *)&place, &size), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(place.sin_port));
    struct transport *wire = wire_to(url);
    int64_t from_ms = wire_clock_ms();
    ck_assert_int_eq(wire_still_healthy(wire, 2500, &err), ST_NETWORK);
    ck_assert_int_ge(wire_clock_ms() - from_ms, 2500);
    transport_close(wire);
    close(silent);
}
END_TEST

/* Nobody listens: a minute is not waited for, but a second is. */
START_TEST(a_server_that_is_gone_has_a_second)
{
    struct err err = {.status = ST_OK};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", raw_dead_port());
    struct transport *wire = wire_to(url);
    int64_t from_ms = wire_clock_ms();
    ck_assert_int_eq(wire_still_healthy(wire, 60000, &err), ST_NETWORK);
    ck_assert_int_ge(wire_clock_ms() - from_ms, TURN_MS);
    ck_assert_int_lt(wire_clock_ms() - from_ms, 50000);
    ck_assert_msg(strstr(err.text, "refused"), "%s", err.text);
    /* At first it is waited for as long as was asked. */
    from_ms = wire_clock_ms();
    ck_assert_int_eq(wire_wait_healthy(wire, 2000, &err), ST_NETWORK);
    ck_assert_int_ge(wire_clock_ms() - from_ms, 2000);
    transport_close(wire);
}
END_TEST

Suite *suite_wire_pace(void)
{
    Suite *suite = suite_create("wire_pace");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, requests_wait_for_their_turn_in_order);
    tcase_add_test(tests, a_turn_that_was_not_used_is_lost);
    tcase_add_test(tests, without_a_rate_nothing_is_held);
    tcase_add_test(tests, what_is_cancelled_while_held_never_goes);
    tcase_add_test(tests, those_behind_a_cancelled_one_go_on);
    tcase_add_test(tests, closing_forgets_what_is_held);
    tcase_add_test(tests, a_request_that_is_none_is_not_held);
    tcase_add_test(tests, a_server_that_answers_is_well);
    tcase_add_test(tests, a_server_that_is_unwell_has_a_second);
    tcase_add_test(tests, a_server_that_is_busy_has_all_its_time);
    tcase_add_test(tests, a_server_that_is_gone_has_a_second);
    suite_add_tcase(suite, tests);
    return suite;
}
