/* SPDX-License-Identifier: MIT */
/* Which messages the rules hit, and rules in any mixture. */
#include <stdio.h>
#include <string.h>

#include "tests/transport/storm.h"

/* The kinds of ten exchanges in a row: 'o' went through, 'x' was lost. */
static void ten(struct storm *storm, char *pattern)
{
    for (int i = 0; i < 10; i++) {
        struct shot shot;
        shot_init(&shot, &storm->bench.world, "GET",
                  i % 2 ? "/health" : "/health?b");
        shot.exchange.actor = (uint32_t)(i % 5);
        shot_send(&shot, storm->net);
        bench_run(&storm->bench, storm->bench.world.now_ms + 10000);
        pattern[i] = shot.kind == REPLY_ANSWER ? 'o' : 'x';
    }
    pattern[10] = '\0';
}

START_TEST(rules_select_by_actor_target_skip_and_count)
{
    struct {
        uint32_t actor;
        const char *match;
        size_t skip, count;
        const char *pattern;
    } cases[] = {
        {UINT32_MAX, "", 0, 0, "xxxxxxxxxx"},
        {UINT32_MAX, "", 2, 3, "ooxxxooooo"},
        {UINT32_MAX, "?b", 0, 0, "xoxoxoxoxo"},
        {UINT32_MAX, "?b", 1, 2, "ooxoxooooo"},
        {2, "", 0, 0, "ooxooooxoo"},
        {2, "?b", 0, 0, "ooxooooooo"},
        {9, "", 0, 0, "oooooooooo"},
        {UINT32_MAX, "nowhere", 0, 0, "oooooooooo"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int direction = 1; direction <= 2; direction++) {
            struct storm storm;
            char pattern[11];
            struct fault_rule rule =
                rule_of(FAULT_DROP, (enum fault_direction)direction);
            rule.actor = cases[i].actor;
            rule.match = str_of(cases[i].match);
            rule.skip = cases[i].skip;
            rule.count = cases[i].count;
            storm_open(&storm);
            storm_add(&storm, rule);
            ten(&storm, pattern);
            ck_assert_str_eq(pattern, cases[i].pattern);
            ck_assert_uint_eq(faults_active(storm.net), cases[i].count ? 0 : 1);
            storm_close(&storm);
        }
    }
}
END_TEST

START_TEST(probability_follows_the_seed)
{
    char patterns[2][11];
    int lost = 0;
    for (int i = 0; i < 2; i++) {
        struct storm storm;
        struct fault_rule rule = rule_of(FAULT_DROP, FAULT_REQUEST);
        rule.per_mille = 300;
        storm_open(&storm);
        storm_add(&storm, rule);
        ten(&storm, patterns[i]);
        for (int round = 0; i == 0 && round < 50; round++) {
            char pattern[11];
            ten(&storm, pattern);
            for (int j = 0; j < 10; j++) {
                lost += pattern[j] == 'x';
            }
        }
        storm_close(&storm);
    }
    ck_assert_str_eq(patterns[0], patterns[1]);
    ck_assert_int_gt(lost, 100);
    ck_assert_int_lt(lost, 200);
}
END_TEST

START_TEST(the_first_rule_that_hits_wins)
{
    struct storm storm;
    char pattern[11];
    struct fault_rule delay = rule_of(FAULT_DELAY, FAULT_REQUEST);
    struct fault_rule drop = rule_of(FAULT_DROP, FAULT_REQUEST);
    delay.skip = 2; /* lets two pass, to the next rule */
    delay.count = 3;
    storm_open(&storm);
    storm_add(&storm, delay);
    storm_add(&storm, drop);
    ten(&storm, pattern);
    ck_assert_str_eq(pattern, "xxoooxxxxx");
    ck_assert_int_eq(storm.hits, 10);
    storm_close(&storm);
}
END_TEST

START_TEST(request_and_response_rules_are_independent)
{
    struct storm storm;
    struct shot shot;
    struct fault_rule delay = rule_of(FAULT_DELAY, FAULT_REQUEST);
    delay.by_ms = 100;
    storm_open(&storm);
    storm_add(&storm, delay);
    storm_add(&storm, rule_answer(FAULT_RESPONSE));
    shot_push(&shot, &storm.bench, "one");
    shot_send(&shot, storm.net);
    bench_run(&storm.bench, 1000);
    shot_ended(&shot, REPLY_ANSWER, FATE_UNKNOWN, 135);
    shot_answered_503(&shot);
    ck_assert_int_eq(storm.hits, 2);
    storm_close(&storm);
}
END_TEST

START_TEST(healing_ends_all_rules)
{
    struct storm storm;
    char pattern[11];
    storm_open(&storm);
    storm_add(&storm, rule_of(FAULT_DROP, FAULT_REQUEST));
    storm_add(&storm, rule_of(FAULT_DROP, FAULT_RESPONSE));
    ck_assert_uint_eq(faults_active(storm.net), 2);
    faults_heal(storm.net);
    ck_assert_uint_eq(faults_active(storm.net), 0);
    ten(&storm, pattern);
    ck_assert_str_eq(pattern, "oooooooooo");
    storm_close(&storm);
}
END_TEST

START_TEST(rules_are_limited_and_checked)
{
    struct storm storm;
    storm_open(&storm);
    struct fault_rule rule = rule_of(FAULT_DUPLICATE, FAULT_RESPONSE);
    ck_assert(!faults_add(storm.net, &rule));
    static const enum fault_action ACTIONS[] = {FAULT_TRUNCATE, FAULT_RESET,
                                                FAULT_TRICKLE};
    for (size_t i = 0; i < 3; i++) {
        rule = rule_of(ACTIONS[i], FAULT_REQUEST);
        ck_assert(!faults_add(storm.net, &rule));
    }
    rule = rule_of(FAULT_DROP, FAULT_REQUEST);
    for (int i = 0; i < LIMIT_RULES; i++) {
        ck_assert(faults_add(storm.net, &rule));
    }
    ck_assert(!faults_add(storm.net, &rule));
    ck_assert_uint_eq(faults_active(storm.net), LIMIT_RULES);
    storm_close(&storm);
}
END_TEST

START_TEST(a_used_up_rule_makes_room)
{
    struct storm storm;
    char pattern[11];
    struct fault_rule rule = rule_of(FAULT_DROP, FAULT_REQUEST);
    storm_open(&storm);
    rule.count = 10;
    storm_add(&storm, rule);
    rule.match = STR("nowhere");
    for (int i = 1; i < LIMIT_RULES; i++) {
        storm_add(&storm, rule);
    }
    ck_assert(!faults_add(storm.net, &rule));
    ten(&storm, pattern);
    ck_assert_str_eq(pattern, "xxxxxxxxxx");
    ck_assert(faults_add(storm.net, &rule));
    storm_close(&storm);
}
END_TEST

START_TEST(a_cancelled_one_is_silent_under_any_rule)
{
    static const enum fault_action ACTIONS[] = {FAULT_DROP,      FAULT_DELAY,
                                                FAULT_DUPLICATE, FAULT_REORDER,
                                                FAULT_TRICKLE,   FAULT_ANSWER};
    for (size_t i = 0; i < 12; i++) {
        struct storm storm;
        struct shot shot;
        struct fault_rule rule =
            rule_of(ACTIONS[i / 2], i % 2 ? FAULT_RESPONSE : FAULT_REQUEST);
        rule.by_ms = 500;
        rule.bytes = 10;
        storm_open(&storm);
        if (!faults_add(storm.net, &rule)) {
            storm_close(&storm);
            continue;
        }
        shot_push(&shot, &storm.bench, "one");
        shot_send(&shot, storm.net);
        bench_run(&storm.bench, i % 2 ? 34 : 15);
        transport_cancel(storm.net, &shot.exchange);
        memset(&shot.exchange, 0xa5, sizeof shot.exchange);
        bench_run(&storm.bench, 30000);
        ck_assert_int_eq(shot.done, 0);
        storm_close(&storm);
    }
}
END_TEST

START_TEST(cancelling_a_held_answer_is_silent)
{
    struct storm storm;
    struct shot shot;
    struct fault_rule rule = rule_of(FAULT_DELAY, FAULT_RESPONSE);
    rule.by_ms = 500;
    storm_open(&storm);
    storm_add(&storm, rule);
    shot_push(&shot, &storm.bench, "one");
    shot_send(&shot, storm.net);
    bench_run(&storm.bench, 100);
    transport_cancel(storm.net, &shot.exchange);
    transport_cancel(storm.net, &shot.exchange);
    bench_run(&storm.bench, 30000);
    ck_assert_int_eq(shot.done, 0);
    storm_close(&storm);
}
END_TEST

/* Any mixture of rules: every exchange ends exactly once, in time, and what
 * it says of the server's state is true. */
static void chaos(uint64_t seed, size_t shots, struct shot *shot)
{
    struct storm storm;
    struct rng rng;
    struct sim_config config = BENCH_CONFIG;
    config.up = (struct latency){LATENCY_LONG_TAIL, 1, 3000};
    config.down = config.up;
    config.seed = seed;
    rng_init(&rng, seed, STR("chaos"));
    storm_open_at(&storm, &config);
    for (int i = 0; i < 8; i++) {
        struct fault_rule rule =
            rule_of((enum fault_action)rng_below(&rng, FAULT_ANSWER + 1),
                    rng_chance(&rng, 500) ? FAULT_REQUEST : FAULT_RESPONSE);
        rule.actor =
            rng_chance(&rng, 500) ? UINT32_MAX : (uint32_t)rng_below(&rng, 3);
        rule.per_mille = 200;
        rule.by_ms = rng_range(&rng, 0, 4000);
        rule.jitter_ms = rng_range(&rng, 0, 2000);
        rule.bytes = rng_below(&rng, 50);
        rule.status = 500;
        faults_add(storm.net, &rule);
    }
    for (size_t i = 0; i < shots; i++) {
        char id[32];
        snprintf(id, sizeof id, "r%zu", i);
        shot_push(&shot[i], &storm.bench, id);
        shot[i].exchange.actor = (uint32_t)(i % 3);
        shot[i].exchange.timeout_ms = rng_range(&rng, 1, 5000);
        shot_send(&shot[i], storm.net);
        bench_run(&storm.bench,
                  storm.bench.world.now_ms + rng_range(&rng, 0, 100));
    }
    bench_run(&storm.bench, 60000);
    size_t applied = 0, possible = 0;
    for (size_t i = 0; i < shots; i++) {
        ck_assert_int_eq(shot[i].done, 1);
        applied += shot[i].fate == FATE_ANSWERED && shot[i].status == 200;
        possible += shot[i].fate != FATE_NONE;
    }
    /* Doubled inserts are one record, but may be two changes. */
    size_t stored = bench_stored(&storm.bench);
    ck_assert_uint_ge(stored, applied);
    ck_assert_uint_le(stored, 2 * possible);
    ck_assert(!storm.bench.world.overflow);
    storm_close(&storm);
}

START_TEST(any_mixture_ends_every_exchange_once)
{
    static struct shot shots[40];
    for (uint64_t seed = 1; seed <= 60; seed++) {
        chaos(seed, 40, shots);
    }
}
END_TEST

START_TEST(closing_in_the_middle_is_clean)
{
    for (int action = FAULT_DROP; action <= FAULT_ANSWER; action++) {
        for (int direction = 1; direction <= 2; direction++) {
            struct storm storm;
            struct shot shot;
            struct fault_rule rule = rule_of((enum fault_action)action,
                                             (enum fault_direction)direction);
            rule.by_ms = 100;
            storm_open(&storm);
            faults_add(storm.net, &rule);
            shot_push(&shot, &storm.bench, "one");
            shot_send(&shot, storm.net);
            bench_run(&storm.bench, 12);
            storm_close(&storm);
            ck_assert_int_eq(shot.done, 0);
        }
    }
}
END_TEST

static TCase *case_rules(void)
{
    TCase *tests = tcase_create("rules");
    tcase_add_test(tests, rules_select_by_actor_target_skip_and_count);
    tcase_add_test(tests, probability_follows_the_seed);
    tcase_add_test(tests, the_first_rule_that_hits_wins);
    tcase_add_test(tests, request_and_response_rules_are_independent);
    tcase_add_test(tests, healing_ends_all_rules);
    tcase_add_test(tests, rules_are_limited_and_checked);
    tcase_add_test(tests, a_used_up_rule_makes_room);
    tcase_add_test(tests, a_cancelled_one_is_silent_under_any_rule);
    tcase_add_test(tests, cancelling_a_held_answer_is_silent);
    tcase_add_test(tests, any_mixture_ends_every_exchange_once);
    tcase_add_test(tests, closing_in_the_middle_is_clean);
    return tests;
}

Suite *suite_fault_rules(void)
{
    Suite *suite = suite_create("fault_rules");
    suite_add_tcase(suite, case_rules());
    return suite;
}
