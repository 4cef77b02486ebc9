/* SPDX-License-Identifier: MIT */
/* The bad network, action by action: what the client sees, and what the
 * server has done. */
#include <string.h>

#include "tests/transport/storm.h"

START_TEST(without_rules_nothing_is_changed)
{
    struct storm storm;
    struct shot shot;
    storm_open(&storm);
    shot_push(&shot, &storm.bench, "one");
    shot_send(&shot, storm.net);
    bench_run(&storm.bench, 30000);
    shot_ended(&shot, REPLY_ANSWER, FATE_ANSWERED, 35);
    ck_assert_int_eq(shot.status, 200);
    ck_assert_int_eq(storm.hits, 0);
    ck_assert_uint_eq(storm.net->ops->in_flight(storm.net), 0);
    storm_close(&storm);
}
END_TEST

START_TEST(a_dropped_request_never_arrives)
{
    struct storm storm;
    struct shot shot;
    storm_push(&storm, &shot, rule_of(FAULT_DROP, FAULT_REQUEST));
    shot_ended(&shot, REPLY_TIMEOUT, FATE_NONE, 10000);
    ck_assert_uint_eq(bench_stored(&storm.bench), 0);
    storm_close(&storm);
}
END_TEST

START_TEST(a_dropped_response_was_applied)
{
    struct storm storm;
    struct shot shot;
    storm_push(&storm, &shot, rule_of(FAULT_DROP, FAULT_RESPONSE));
    shot_ended(&shot, REPLY_TIMEOUT, FATE_UNKNOWN, 10000);
    ck_assert_uint_eq(bench_stored(&storm.bench), 1);
    storm_close(&storm);
}
END_TEST

START_TEST(a_delayed_request_arrives_later)
{
    struct storm storm;
    struct shot shot;
    struct fault_rule rule = rule_of(FAULT_DELAY, FAULT_REQUEST);
    rule.by_ms = 400;
    storm_push(&storm, &shot, rule);
    shot_ended(&shot, REPLY_ANSWER, FATE_ANSWERED, 435);
    storm_close(&storm);
}
END_TEST

START_TEST(a_request_delayed_over_the_timeout_arrives_nevertheless)
{
    static const int64_t DELAYS[] = {9999, 10000, 15000};
    for (size_t i = 0; i < 3; i++) {
        struct storm storm;
        struct shot shot;
        struct fault_rule rule = rule_of(FAULT_DELAY, FAULT_REQUEST);
        rule.by_ms = DELAYS[i];
        storm_open(&storm);
        storm_add(&storm, rule);
        shot_push(&shot, &storm.bench, "one");
        shot_send(&shot, storm.net);
        bench_run(&storm.bench, 10000);
        shot_ended(&shot, REPLY_TIMEOUT, FATE_UNKNOWN, 10000);
        ck_assert_uint_eq(bench_stored(&storm.bench), 0);
        memset(&shot.exchange, 0xa5, sizeof shot.exchange);
        bench_run(&storm.bench, 30000);
        ck_assert_uint_eq(bench_stored(&storm.bench), 1);
        ck_assert_int_eq(shot.done, 1);
        storm_close(&storm);
    }
}
END_TEST

START_TEST(jitter_stays_in_its_span)
{
    struct storm storm;
    int64_t least = INT64_MAX, most = 0;
    struct fault_rule rule = rule_of(FAULT_DELAY, FAULT_RESPONSE);
    rule.by_ms = 100;
    rule.jitter_ms = 50;
    storm_open(&storm);
    storm_add(&storm, rule);
    for (int i = 0; i < 300; i++) {
        struct shot shot;
        int64_t from_ms = storm.bench.world.now_ms;
        shot_init(&shot, &storm.bench.world, "GET", "/health");
        shot_send(&shot, storm.net);
        bench_run(&storm.bench, from_ms + 1000);
        int64_t took_ms = shot.at_ms - from_ms - 35;
        least = took_ms < least ? took_ms : least;
        most = took_ms > most ? took_ms : most;
    }
    ck_assert_int_eq(least, 100);
    ck_assert_int_eq(most, 150);
    storm_close(&storm);
}
END_TEST

START_TEST(a_doubled_request_is_seen_twice_and_answered_once)
{
    struct storm storm;
    struct shot shot;
    storm_push(&storm, &shot, rule_of(FAULT_DUPLICATE, FAULT_REQUEST));
    shot_ended(&shot, REPLY_ANSWER, FATE_ANSWERED, 35);
    ck_assert_int_eq(shot.status, 200);
    ck_assert_uint_eq(server_counts(storm.bench.server).pushes, 2);
    storm_close(&storm);
}
END_TEST

static void spoil(struct shot *shot)
{
    memset(&shot->exchange, 0xa5, sizeof shot->exchange);
}

START_TEST(the_first_answer_of_a_doubled_request_counts)
{
    struct sim_config config = BENCH_CONFIG;
    config.up = (struct latency){LATENCY_UNIFORM, 0, 1000};
    int64_t sum_ms = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct storm storm;
        struct shot shot;
        config.seed = seed;
        storm_open_at(&storm, &config);
        storm_add(&storm, rule_of(FAULT_DUPLICATE, FAULT_REQUEST));
        shot_push(&shot, &storm.bench, "one");
        shot.then = spoil; /* the other one must not look at it again */
        shot_send(&shot, storm.net);
        bench_run(&storm.bench, 30000);
        ck_assert_int_eq(shot.done, 1);
        ck_assert_uint_eq(server_counts(storm.bench.server).pushes, 2);
        sum_ms += shot.at_ms;
        storm_close(&storm);
    }
    /* The lesser of two is a third of the span on average, one a half. */
    ck_assert_int_lt(sum_ms / 20, 450);
}
END_TEST

START_TEST(a_doubled_request_fails_when_both_do)
{
    struct storm storm;
    struct shot shot;
    storm_open(&storm);
    sim_server_down(storm.bench.sim);
    storm_add(&storm, rule_of(FAULT_DUPLICATE, FAULT_REQUEST));
    shot_push(&shot, &storm.bench, "one");
    shot_send(&shot, storm.net);
    bench_run(&storm.bench, 30000);
    ck_assert_int_eq(shot.done, 1);
    shot_ended(&shot, REPLY_REFUSED, FATE_NONE, 30);
    storm_close(&storm);
}
END_TEST

START_TEST(a_doubled_request_survives_the_loss_of_one)
{
    struct sim_config config = BENCH_CONFIG;
    config.up = (struct latency){LATENCY_UNIFORM, 0, 1000};
    int answered = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct storm storm;
        struct shot shot;
        config.seed = seed;
        storm_open_at(&storm, &config);
        storm_add(&storm, rule_of(FAULT_DUPLICATE, FAULT_REQUEST));
        sim_server_down(storm.bench.sim);
        shot_push(&shot, &storm.bench, "one");
        shot_send(&shot, storm.net);
        bench_run(&storm.bench, 500);
        sim_server_up(storm.bench.sim, storm.bench.server);
        bench_run(&storm.bench, 30000);
        ck_assert_int_eq(shot.done, 1);
        /* Refused only when both came before the server was up. */
        uint64_t pushes = server_counts(storm.bench.server).pushes;
        ck_assert_int_eq(shot.kind, pushes ? REPLY_ANSWER : REPLY_REFUSED);
        answered += shot.kind == REPLY_ANSWER;
        storm_close(&storm);
    }
    ck_assert_int_gt(answered, 10);
    ck_assert_int_lt(answered, 20);
}
END_TEST

/* A transport that keeps what it is sent until told to answer. */
struct shelf {
    struct transport base;
    struct exchange *sent[4];
    size_t count;
};

static void shelf_send(struct transport *transport, struct exchange *exchange)
{
    struct shelf *shelf = (struct shelf *)transport;
    shelf->sent[shelf->count++] = exchange;
}

START_TEST(what_travels_on_has_its_own_bytes)
{
    static const struct transport_ops OPS = {.send = shelf_send};
    static const struct ending ANSWER = {.kind = REPLY_ANSWER,
                                         .reply = {.status = 200}};
    struct shelf shelf = {.base = {.ops = &OPS}};
    struct world world;
    struct shot shot;
    char body[] = "the body";
    world_init(&world);
    struct transport *net = faults_create(&world, &shelf.base, 1, NULL, NULL);
    struct fault_rule rule = rule_of(FAULT_DUPLICATE, FAULT_REQUEST);
    ck_assert(faults_add(net, &rule));
    shot_init(&shot, &world, "POST", "/sync/todo");
    shot.exchange.request.body = str_of(body);
    shot_send(&shot, net);
    ck_assert_uint_eq(shelf.count, 2);
    shelf.sent[_i == 0]->done(shelf.sent[_i == 0], &ANSWER);
    ck_assert_int_eq(shot.done, 1);
    /* The client is done and its bytes are gone, the other is still out. */
    memset(body, 'x', sizeof body - 1);
    memset(&shot.exchange, 0xa5, sizeof shot.exchange);
    ck_assert(str_is(shelf.sent[_i]->request.body, "the body"));
    ck_assert(str_is(shelf.sent[_i]->request.target, "/sync/todo"));
    shelf.sent[_i]->done(shelf.sent[_i], &ANSWER);
    ck_assert_int_eq(shot.done, 1);
    transport_close(net);
    world_free(&world);
}
END_TEST

START_TEST(a_reordered_request_waits_for_the_next)
{
    struct storm storm;
    struct shot first, other, second;
    struct fault_rule rule = rule_of(FAULT_REORDER, FAULT_REQUEST);
    rule.actor = 3;
    rule.count = 1;
    storm_open(&storm);
    storm_add(&storm, rule);
    shot_push(&first, &storm.bench, "first");
    shot_push(&other, &storm.bench, "other");
    shot_push(&second, &storm.bench, "second");
    first.exchange.actor = second.exchange.actor = 3;
    other.exchange.actor = 4;
    shot_send(&first, storm.net);
    bench_run(&storm.bench, 100);
    shot_send(&other, storm.net); /* another actor's does not count */
    bench_run(&storm.bench, 200);
    ck_assert_int_eq(first.done, 0);
    shot_send(&second, storm.net);
    bench_run(&storm.bench, 30000);
    ck_assert_int_eq(second.at_ms, 235);
    ck_assert_int_eq(first.at_ms, 235);
    ck_assert_int_eq(first.status, 200);
    char stored[2048];
    bench_pull(&storm.bench, stored, sizeof stored);
    ck_assert(strstr(stored, "\"second\"") < strstr(stored, "\"first\""));
    ck_assert_uint_eq(storm.last_actor, 3);
    storm_close(&storm);
}
END_TEST

START_TEST(a_reordered_request_waits_a_second_at_most)
{
    struct storm storm;
    struct shot shot;
    storm_push(&storm, &shot, rule_of(FAULT_REORDER, FAULT_REQUEST));
    shot_ended(&shot, REPLY_ANSWER, FATE_ANSWERED, 1035);
    storm_close(&storm);
}
END_TEST

START_TEST(a_rule_for_all_is_released_by_any_actor)
{
    struct storm storm;
    struct shot first, other;
    struct fault_rule rule = rule_of(FAULT_REORDER, FAULT_RESPONSE);
    rule.count = 1;
    storm_open(&storm);
    storm_add(&storm, rule);
    shot_push(&first, &storm.bench, "first");
    shot_push(&other, &storm.bench, "other");
    first.exchange.actor = 3;
    other.exchange.actor = 4;
    shot_send(&first, storm.net);
    bench_run(&storm.bench, 100);
    ck_assert_int_eq(first.done, 0);
    shot_send(&other, storm.net);
    bench_run(&storm.bench, 30000);
    shot_ended(&other, REPLY_ANSWER, FATE_ANSWERED, 135);
    shot_ended(&first, REPLY_ANSWER, FATE_ANSWERED, 135);
    storm_close(&storm);
}
END_TEST

START_TEST(a_held_response_can_time_out_or_be_freed_in_time)
{
    for (int freed = 0; freed < 2; freed++) {
        struct storm storm;
        struct shot first, other;
        struct fault_rule rule = rule_of(FAULT_REORDER, FAULT_RESPONSE);
        rule.count = 1;
        storm_open(&storm);
        storm_add(&storm, rule);
        shot_push(&first, &storm.bench, "first");
        first.exchange.timeout_ms = 500; /* before the second is over */
        shot_send(&first, storm.net);
        bench_run(&storm.bench, 100);
        if (freed) {
            shot_push(&other, &storm.bench, "other");
            shot_send(&other, storm.net);
        }
        bench_run(&storm.bench, 30000);
        ck_assert_int_eq(first.done, 1);
        if (freed) {
            shot_ended(&first, REPLY_ANSWER, FATE_ANSWERED, 135);
        } else {
            shot_ended(&first, REPLY_TIMEOUT, FATE_UNKNOWN, 500);
        }
        storm_close(&storm);
    }
}
END_TEST

START_TEST(a_cut_body_is_garbled)
{
    struct storm storm;
    struct shot shot;
    struct fault_rule rule = rule_of(FAULT_TRUNCATE, FAULT_RESPONSE);
    rule.bytes = 17;
    storm_push(&storm, &shot, rule);
    shot_ended(&shot, REPLY_GARBLED, FATE_UNKNOWN, 35);
    ck_assert_int_eq(shot.status, 200);
    ck_assert_str_eq(shot.body, "{\"serverChanges\":");
    ck_assert_uint_eq(shot.body_bytes, 17);
    ck_assert_ptr_nonnull(strstr(shot.error, "answer cut after 17 of "));
    ck_assert_uint_eq(bench_stored(&storm.bench), 1);
    storm_close(&storm);
}
END_TEST

START_TEST(a_reset_keeps_what_came)
{
    static const size_t BYTES[] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        struct storm storm;
        struct shot shot;
        struct fault_rule rule = rule_of(FAULT_RESET, FAULT_RESPONSE);
        rule.bytes = BYTES[i];
        storm_push(&storm, &shot, rule);
        shot_ended(&shot, REPLY_RESET, FATE_UNKNOWN, 35);
        ck_assert_uint_eq(shot.body_bytes, BYTES[i]);
        ck_assert_ptr_nonnull(strstr(shot.error, "connection reset after "));
        ck_assert_uint_eq(bench_stored(&storm.bench), 1);
        storm_close(&storm);
    }
}
END_TEST

START_TEST(what_is_too_short_to_cut_passes)
{
    struct storm storm;
    struct shot shot;
    struct fault_rule rule = rule_of(FAULT_TRUNCATE, FAULT_RESPONSE);
    rule.bytes = 100000;
    storm_open(&storm);
    storm_add(&storm, rule);
    shot_push(&shot, &storm.bench, "one");
    shot_send(&shot, storm.net);
    bench_run(&storm.bench, 100);
    shot_ended(&shot, REPLY_ANSWER, FATE_ANSWERED, 35);
    ck_assert_int_eq(storm.hits, 0);
    storm_close(&storm);
}
END_TEST

START_TEST(a_trickle_takes_its_time_or_times_out)
{
    static const size_t BYTES[] = {100, 1, 0};
    for (size_t i = 0; i < 3; i++) {
        struct storm storm;
        struct shot shot;
        struct fault_rule rule = rule_of(FAULT_TRICKLE, FAULT_RESPONSE);
        rule.bytes = BYTES[i];
        storm_push(&storm, &shot, rule);
        if (i == 0) {
            shot_ended(&shot, REPLY_ANSWER, FATE_ANSWERED,
                       35 + (int64_t)shot.body_bytes * 10);
        } else {
            shot_ended(&shot, REPLY_TIMEOUT, FATE_UNKNOWN, 10000);
        }
        ck_assert_uint_eq(bench_stored(&storm.bench), 1);
        storm_close(&storm);
    }
}
END_TEST

START_TEST(somebody_in_between_answers_the_request)
{
    struct storm storm;
    struct shot shot;
    storm_push(&storm, &shot, rule_answer(FAULT_REQUEST));
    shot_ended(&shot, REPLY_ANSWER, FATE_NONE, 20);
    shot_answered_503(&shot);
    ck_assert_uint_eq(server_counts(storm.bench.server).requests, 0);
    storm_close(&storm);
}
END_TEST

START_TEST(somebody_in_between_replaces_the_response)
{
    struct storm storm;
    struct shot shot;
    storm_push(&storm, &shot, rule_answer(FAULT_RESPONSE));
    shot_ended(&shot, REPLY_ANSWER, FATE_UNKNOWN, 35);
    shot_answered_503(&shot);
    ck_assert_uint_eq(bench_stored(&storm.bench), 1);
    storm_close(&storm);
}
END_TEST

START_TEST(an_answer_in_between_can_be_too_late)
{
    struct storm storm;
    struct shot shot;
    storm_open(&storm);
    storm_add(&storm, rule_answer(FAULT_REQUEST));
    shot_push(&shot, &storm.bench, "one");
    shot.exchange.timeout_ms = 19;
    shot_send(&shot, storm.net);
    bench_run(&storm.bench, 1000);
    ck_assert_int_eq(shot.done, 1);
    shot_ended(&shot, REPLY_TIMEOUT, FATE_NONE, 19);
    storm_close(&storm);
}
END_TEST

static TCase *case_actions(void)
{
    TCase *tests = tcase_create("actions");
    tcase_add_test(tests, without_rules_nothing_is_changed);
    tcase_add_test(tests, a_dropped_request_never_arrives);
    tcase_add_test(tests, a_dropped_response_was_applied);
    tcase_add_test(tests, a_delayed_request_arrives_later);
    tcase_add_test(tests,
                   a_request_delayed_over_the_timeout_arrives_nevertheless);
    tcase_add_test(tests, jitter_stays_in_its_span);
    tcase_add_test(tests, a_doubled_request_is_seen_twice_and_answered_once);
    tcase_add_test(tests, the_first_answer_of_a_doubled_request_counts);
    tcase_add_test(tests, a_doubled_request_fails_when_both_do);
    tcase_add_test(tests, a_doubled_request_survives_the_loss_of_one);
    tcase_add_loop_test(tests, what_travels_on_has_its_own_bytes, 0, 2);
    tcase_add_test(tests, a_reordered_request_waits_for_the_next);
    tcase_add_test(tests, a_reordered_request_waits_a_second_at_most);
    tcase_add_test(tests, a_rule_for_all_is_released_by_any_actor);
    tcase_add_test(tests, a_held_response_can_time_out_or_be_freed_in_time);
    tcase_add_test(tests, a_cut_body_is_garbled);
    tcase_add_test(tests, a_reset_keeps_what_came);
    tcase_add_test(tests, what_is_too_short_to_cut_passes);
    tcase_add_test(tests, a_trickle_takes_its_time_or_times_out);
    tcase_add_test(tests, somebody_in_between_answers_the_request);
    tcase_add_test(tests, somebody_in_between_replaces_the_response);
    tcase_add_test(tests, an_answer_in_between_can_be_too_late);
    return tests;
}

Suite *suite_faults(void)
{
    Suite *suite = suite_create("faults");
    suite_add_tcase(suite, case_actions());
    return suite;
}
