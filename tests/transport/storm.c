/* SPDX-License-Identifier: MIT */
/* storm - a bench with a bad network in front of it. */
#include "tests/transport/storm.h"

#include <string.h>

static void on_hit(void *context, const struct fault_victim *victim,
                   const struct fault_rule *rule)
{
    struct storm *storm = context;
    storm->hits++;
    storm->last_actor = victim->actor;
    ck_assert_str_eq(rule->text.p, "the rule");
}

void storm_open_at(struct storm *storm, const struct sim_config *config)
{
    memset(storm, 0, sizeof *storm);
    bench_open(&storm->bench, config);
    storm->net =
        faults_create(&storm->bench.world, storm->bench.sim, 1, on_hit, storm);
}

void storm_open(struct storm *storm)
{
    storm_open_at(storm, &BENCH_CONFIG);
}

void storm_close(struct storm *storm)
{
    transport_close(storm->net);
    bench_close(&storm->bench);
}

struct fault_rule rule_of(enum fault_action action,
                          enum fault_direction direction)
{
    return (struct fault_rule){.action = action,
                               .direction = direction,
                               .actor = UINT32_MAX,
                               .per_mille = 1000,
                               .text = STR("the rule")};
}

void storm_add(struct storm *storm, struct fault_rule rule)
{
    ck_assert(faults_add(storm->net, &rule));
}

void storm_push(struct storm *storm, struct shot *shot, struct fault_rule rule)
{
    storm_open(storm);
    rule.count = 1;
    storm_add(storm, rule);
    shot_push(shot, &storm->bench, "one");
    shot_send(shot, storm->net);
    bench_run(&storm->bench, 30000);
    ck_assert_int_eq(shot->done, 1);
    ck_assert_int_eq(storm->hits, 1);
    ck_assert_uint_eq(faults_active(storm->net), 0);
}

void shot_ended(const struct shot *shot, enum reply_kind kind, enum fate fate,
                int64_t at_ms)
{
    ck_assert_int_eq(shot->kind, kind);
    ck_assert_int_eq(shot->fate, fate);
    ck_assert_int_eq(shot->at_ms, at_ms);
}

struct fault_rule rule_answer(enum fault_direction direction)
{
    struct fault_rule rule = rule_of(FAULT_ANSWER, direction);
    rule.status = 503;
    rule.body = STR("<html>busy</html>");
    rule.content_type = STR("text/html");
    rule.retry_after = STR("7");
    return rule;
}

void shot_answered_503(const struct shot *shot)
{
    ck_assert_int_eq(shot->status, 503);
    ck_assert_str_eq(shot->body, "<html>busy</html>");
    ck_assert_str_eq(shot->type, "text/html");
    ck_assert_str_eq(shot_header(shot, "Retry-After"), "7");
    ck_assert_uint_eq(shot->header_count, 2);
}
