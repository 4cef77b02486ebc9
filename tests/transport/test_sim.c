/* SPDX-License-Identifier: MIT */
/* The virtual network, with the bundled server behind it. */
#include "tests/transport/rig.h"

#include <string.h>

START_TEST(an_answer_takes_the_three_hops)
{
    struct bench bench;
    struct shot shot;
    bench_open(&bench, &BENCH_CONFIG);
    shot_init(&shot, &bench.world, "GET", "/health");
    shot_send(&shot, bench.sim);
    bench_run(&bench, 34);
    ck_assert_int_eq(shot.done, 0);
    bench_run(&bench, 35);
    ck_assert_int_eq(shot.done, 1);
    ck_assert_int_eq(shot.kind, REPLY_ANSWER);
    ck_assert_int_eq(shot.fate, FATE_ANSWERED);
    ck_assert_int_eq(shot.status, 200);
    ck_assert_int_eq(bench.sim->ops->in_flight(bench.sim), 0);
    bench_close(&bench);
}
END_TEST

START_TEST(a_push_is_stored)
{
    struct bench bench;
    struct shot shot;
    bench_open(&bench, &BENCH_CONFIG);
    shot_push(&shot, &bench, "one");
    shot_send(&shot, bench.sim);
    bench_run(&bench, 100);
    ck_assert_int_eq(shot.status, 200);
    ck_assert_str_eq(shot.type, "application/json");
    ck_assert_ptr_nonnull(strstr(shot.body, "\"syncedUntil\":\"2026-03-27T"));
    ck_assert_uint_eq(bench_stored(&bench), 1);
    bench_close(&bench);
}
END_TEST

START_TEST(a_request_that_times_out_travels_on)
{
    struct bench bench;
    struct shot shot;
    bench_open(&bench, &BENCH_CONFIG);
    shot_push(&shot, &bench, "one");
    shot.exchange.timeout_ms = 9;
    shot_send(&shot, bench.sim);
    bench_run(&bench, 9);
    ck_assert_int_eq(shot.kind, REPLY_TIMEOUT);
    ck_assert_int_eq(shot.fate, FATE_UNKNOWN);
    ck_assert_int_eq(shot.at_ms, 9);
    /* The caller may do with its exchange what it likes now. */
    memset(&shot.exchange, 0xa5, sizeof shot.exchange);
    ck_assert_uint_eq(bench_stored(&bench), 0);
    bench_run(&bench, 100);
    ck_assert_uint_eq(bench_stored(&bench), 1);
    ck_assert_int_eq(shot.done, 1);
    bench_close(&bench);
}
END_TEST

START_TEST(an_answer_at_the_last_moment_counts)
{
    static const int64_t TIMEOUTS[] = {34, 35};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        struct shot shot;
        bench_open(&bench, &BENCH_CONFIG);
        shot_push(&shot, &bench, "one");
        shot.exchange.timeout_ms = TIMEOUTS[i];
        shot_send(&shot, bench.sim);
        bench_run(&bench, 100);
        ck_assert_int_eq(shot.done, 1);
        ck_assert_int_eq(shot.kind, i == 0 ? REPLY_TIMEOUT : REPLY_ANSWER);
        ck_assert_uint_eq(bench_stored(&bench), 1);
        bench_close(&bench);
    }
}
END_TEST

START_TEST(without_a_timeout_it_waits)
{
    struct bench bench;
    struct shot shot;
    struct sim_config config = BENCH_CONFIG;
    config.down.low_ms = 1000000;
    bench_open(&bench, &config);
    shot_init(&shot, &bench.world, "GET", "/health");
    shot.exchange.timeout_ms = 0;
    shot_send(&shot, bench.sim);
    bench_run(&bench, 2000000);
    ck_assert_int_eq(shot.kind, REPLY_ANSWER);
    ck_assert_int_eq(shot.at_ms, 1000015);
    bench_close(&bench);
}
END_TEST

START_TEST(a_cancelled_one_is_silent)
{
    /* On the way up, inside, on the way down. */
    static const int64_t MOMENTS[] = {5, 12, 20};
    for (size_t i = 0; i < 3; i++) {
        struct bench bench;
        struct shot shot;
        bench_open(&bench, &BENCH_CONFIG);
        shot_push(&shot, &bench, "one");
        shot_send(&shot, bench.sim);
        bench_run(&bench, MOMENTS[i]);
        transport_cancel(bench.sim, &shot.exchange);
        transport_cancel(bench.sim, &shot.exchange);
        bench_run(&bench, 20000);
        ck_assert_int_eq(shot.done, 0);
        ck_assert_uint_eq(bench_stored(&bench), 1);
        bench_close(&bench);
    }
}
END_TEST

START_TEST(a_server_that_is_down_refuses)
{
    struct bench bench;
    struct shot shot, slow;
    bench_open(&bench, &BENCH_CONFIG);
    sim_server_down(bench.sim);
    sim_server_down(bench.sim);
    shot_push(&shot, &bench, "one");
    shot_push(&slow, &bench, "two");
    slow.exchange.timeout_ms = 15;
    shot_send(&shot, bench.sim);
    shot_send(&slow, bench.sim);
    bench_run(&bench, 100);
    ck_assert_int_eq(shot.kind, REPLY_REFUSED);
    ck_assert_int_eq(shot.fate, FATE_NONE);
    ck_assert_int_eq(shot.at_ms, 30);
    ck_assert_str_eq(shot.error, "connection refused: the server is down");
    /* Whose refusal is on its way is known not to have been taken in. */
    ck_assert_int_eq(slow.kind, REPLY_TIMEOUT);
    ck_assert_int_eq(slow.fate, FATE_NONE);
    ck_assert_uint_eq(bench_stored(&bench), 0);
    sim_server_up(bench.sim, bench.server);
    shot_push(&shot, &bench, "one");
    shot_send(&shot, bench.sim);
    bench_run(&bench, 200);
    ck_assert_int_eq(shot.status, 200);
    bench_close(&bench);
}
END_TEST

START_TEST(a_kill_loses_what_is_inside_and_delivers_what_left)
{
    struct bench bench;
    struct shot first, inside, late;
    bench_open(&bench, &BENCH_CONFIG);
    shot_push(&first, &bench, "first");
    shot_push(&inside, &bench, "inside");
    shot_push(&late, &bench, "late");
    shot_send(&first, bench.sim);
    bench_run(&bench, 10);
    shot_send(&inside, bench.sim);
    bench_run(&bench, 20);
    shot_send(&late, bench.sim);
    bench_run(&bench, 22); /* first left at 15, inside came in at 20 */
    sim_server_down(bench.sim);
    server_free(bench.server);
    bench_run(&bench, 25);
    bench.server = bench_server(&bench);
    sim_server_up(bench.sim, bench.server);
    bench_run(&bench, 200);
    ck_assert_int_eq(first.kind, REPLY_ANSWER);
    ck_assert_int_eq(first.at_ms, 35);
    ck_assert_int_eq(inside.kind, REPLY_RESET);
    ck_assert_int_eq(inside.fate, FATE_UNKNOWN);
    ck_assert_int_eq(inside.at_ms, 42);
    ck_assert_int_eq(late.kind, REPLY_ANSWER); /* it was up again by then */
    ck_assert_int_eq(inside.done, 1);
    ck_assert_uint_eq(bench_stored(&bench), 2);
    bench_close(&bench);
}
END_TEST

START_TEST(a_lost_one_still_has_its_timeout)
{
    struct bench bench;
    struct shot shot;
    bench_open(&bench, &BENCH_CONFIG);
    shot_push(&shot, &bench, "one");
    shot.exchange.timeout_ms = 25; /* its own answer would be due at 35 */
    shot_send(&shot, bench.sim);
    bench_run(&bench, 12);
    sim_server_down(bench.sim); /* the reset would be due at 32 */
    bench_run(&bench, 200);
    ck_assert_int_eq(shot.done, 1);
    ck_assert_int_eq(shot.kind, REPLY_TIMEOUT);
    ck_assert_int_eq(shot.fate, FATE_UNKNOWN);
    ck_assert_int_eq(shot.at_ms, 25);
    bench_close(&bench);
}
END_TEST

START_TEST(a_new_server_does_not_finish_the_old_ones_jobs)
{
    struct bench bench;
    struct shot shot;
    bench_open(&bench, &BENCH_CONFIG);
    struct server *other = bench_server(&bench);
    shot_push(&shot, &bench, "one");
    shot_send(&shot, bench.sim);
    bench_run(&bench, 12);
    sim_server_up(bench.sim, other);
    bench_run(&bench, 200);
    ck_assert_int_eq(shot.kind, REPLY_RESET);
    ck_assert_uint_eq(bench_stored(&bench), 0);
    transport_close(bench.sim);
    server_free(other);
    bench.sim = sim_create(&BENCH_CONFIG, &bench.world, bench.server);
    bench_close(&bench);
}
END_TEST

START_TEST(a_stall_holds_one_push_of_one_actor)
{
    struct bench bench;
    struct shot pull, other, held, after;
    bench_open(&bench, &BENCH_CONFIG);
    sim_stall(bench.sim, 7, 1, 1000);
    shot_init(&pull, &bench.world, "GET", "/health");
    pull.exchange.actor = 7;
    shot_push(&other, &bench, "other");
    other.exchange.actor = 8;
    shot_push(&held, &bench, "held");
    held.exchange.actor = 7;
    shot_push(&after, &bench, "after");
    after.exchange.actor = 7;
    shot_send(&pull, bench.sim);
    shot_send(&other, bench.sim);
    shot_send(&held, bench.sim);
    shot_send(&after, bench.sim);
    bench_run(&bench, 1014);
    ck_assert_uint_eq(bench_stored(&bench), 2);
    bench_run(&bench, 2000);
    ck_assert_int_eq(pull.at_ms, 35);
    ck_assert_int_eq(other.at_ms, 35);
    ck_assert_int_eq(after.at_ms, 35);
    ck_assert_int_eq(held.at_ms, 1035);
    ck_assert_int_eq(held.status, 200);
    ck_assert_uint_eq(bench_stored(&bench), 3);
    /* Of any actor, twice. */
    sim_stall(bench.sim, UINT32_MAX, 2, 500);
    for (int i = 0; i < 3; i++) {
        shot_push(&held, &bench, "again");
        int64_t from_ms = bench.world.now_ms;
        shot_send(&held, bench.sim);
        bench_run(&bench, from_ms + 1000);
        ck_assert_int_eq(held.at_ms - from_ms, i < 2 ? 535 : 35);
    }
    bench_close(&bench);
}
END_TEST

static void resend(struct shot *shot)
{
    if (shot->done < 1000) {
        transport_send(shot->context, &shot->exchange);
    }
}

START_TEST(a_callback_may_send_the_same_exchange_again)
{
    struct bench bench;
    struct shot shot;
    bench_open(&bench, &BENCH_CONFIG);
    shot_init(&shot, &bench.world, "GET", "/health");
    shot.then = resend;
    shot.context = bench.sim;
    shot_send(&shot, bench.sim);
    bench_run(&bench, 1000000);
    ck_assert_int_eq(shot.done, 1000);
    ck_assert_int_eq(shot.at_ms, 35000);
    bench_close(&bench);
}
END_TEST

static int64_t round_trip(enum latency_kind kind, uint64_t seed, size_t count,
                          int64_t *least, int64_t *most)
{
    struct sim_config config = BENCH_CONFIG;
    struct bench bench;
    int64_t sum = 0;
    config.seed = seed;
    config.up = (struct latency){kind, 10, 650};
    config.down = config.server = (struct latency){LATENCY_FIXED, 0, 0};
    bench_open(&bench, &config);
    *least = INT64_MAX;
    *most = 0;
    for (size_t i = 0; i < count; i++) {
        struct shot shot;
        int64_t from_ms = bench.world.now_ms;
        shot_init(&shot, &bench.world, "GET", "/health");
        shot_send(&shot, bench.sim);
        bench_run(&bench, from_ms + 700);
        int64_t took_ms = shot.at_ms - from_ms;
        *least = took_ms < *least ? took_ms : *least;
        *most = took_ms > *most ? took_ms : *most;
        sum = sum * 31 % 1000003 + took_ms;
    }
    bench_close(&bench);
    return sum;
}

START_TEST(latencies_stay_in_their_span_and_follow_the_seed)
{
    int64_t least, most;
    int64_t fixed = round_trip(LATENCY_FIXED, 1, 100, &least, &most);
    ck_assert_int_eq(least, 10);
    ck_assert_int_eq(most, 10);
    int64_t uniform = round_trip(LATENCY_UNIFORM, 1, 500, &least, &most);
    ck_assert_int_ge(least, 10);
    ck_assert_int_lt(least, 30);
    ck_assert_int_gt(most, 630);
    ck_assert_int_le(most, 650);
    int64_t tail = round_trip(LATENCY_LONG_TAIL, 1, 500, &least, &most);
    ck_assert_int_eq(least, 10);
    ck_assert_int_gt(most, 300);
    ck_assert_int_le(most, 650);
    ck_assert_int_ne(fixed, uniform);
    ck_assert_int_eq(tail,
                     round_trip(LATENCY_LONG_TAIL, 1, 500, &least, &most));
    ck_assert_int_ne(tail,
                     round_trip(LATENCY_LONG_TAIL, 2, 500, &least, &most));
}
END_TEST

START_TEST(closing_abandons_what_is_under_way)
{
    struct bench bench;
    struct shot shots[3];
    bench_open(&bench, &BENCH_CONFIG);
    for (size_t i = 0; i < 3; i++) {
        shot_push(&shots[i], &bench, "one");
        shot_send(&shots[i], bench.sim);
        bench_run(&bench, (int64_t)(i + 1) * 6); /* down, inside, up */
    }
    bench_close(&bench); /* leaks and wild reads are the sanitizer's */
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(shots[i].done, 0);
    }
}
END_TEST

Suite *suite_sim(void)
{
    Suite *suite = suite_create("sim");
    TCase *tests = tcase_create("sim");
    tcase_add_test(tests, an_answer_takes_the_three_hops);
    tcase_add_test(tests, a_push_is_stored);
    tcase_add_test(tests, a_request_that_times_out_travels_on);
    tcase_add_test(tests, an_answer_at_the_last_moment_counts);
    tcase_add_test(tests, without_a_timeout_it_waits);
    tcase_add_test(tests, a_cancelled_one_is_silent);
    tcase_add_test(tests, a_server_that_is_down_refuses);
    tcase_add_test(tests, a_kill_loses_what_is_inside_and_delivers_what_left);
    tcase_add_test(tests, a_lost_one_still_has_its_timeout);
    tcase_add_test(tests, a_new_server_does_not_finish_the_old_ones_jobs);
    tcase_add_test(tests, a_stall_holds_one_push_of_one_actor);
    tcase_add_test(tests, a_callback_may_send_the_same_exchange_again);
    tcase_add_test(tests, latencies_stay_in_their_span_and_follow_the_seed);
    tcase_add_test(tests, closing_abandons_what_is_under_way);
    suite_add_tcase(suite, tests);
    return suite;
}
