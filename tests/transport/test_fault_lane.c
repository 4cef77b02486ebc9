/* SPDX-License-Identifier: MIT */
/* Live channels in a bad network: how they open, are read and end. */
#include <string.h>

#include "base/limits.h"
#include "protocol/ws.h"
#include "tests/transport/dock.h"
#include "tests/transport/storm.h"

static const struct channel_end CLOSED = {
    .kind = REPLY_ANSWER, .opened = true, .code = 1001, .reason = TEXT("bye")};

static struct fault_rule opening_rule(enum fault_action action,
                                      enum fault_direction direction)
{
    struct fault_rule rule = rule_of(action, direction);
    rule.match = STR("/ws");
    return rule;
}

static void start(struct dock *dock, struct ear *ear, enum channel_kind kind)
{
    dock_open(dock);
    ear_init(ear, &dock->world, kind, "/ws/todo");
    ear->channel.actor = 3;
    ear->channel.id = 70;
}

START_TEST(without_rules_nothing_is_changed)
{
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_SOCKET);
    ear.channel.split = 5;
    ear.channel.witness = true;
    ear.channel.awaits = true;
    http_header_add(&ear.channel.request, STR("X-Client-Id"), STR("a1"));
    ear_open(&ear, dock.net);
    const struct channel *inner = dock.channels[0];
    ck_assert_int_eq(inner->kind, CHANNEL_SOCKET);
    ck_assert_uint_eq(inner->actor, 3);
    ck_assert_uint_eq(inner->id, 70);
    ck_assert_uint_eq(inner->split, 5);
    ck_assert(inner->witness);
    ck_assert_int_eq(inner->timeout_ms, 10000);
    ck_assert(str_is(inner->request.headers[0].value, "a1"));
    ck_assert(channel_awaits(inner));
    ear.channel.awaits = false;
    ck_assert(!channel_awaits(inner));
    ck_assert_uint_eq(dock.net->ops->listening(dock.net), 1);
    /* Lost: it is not open yet. */
    transport_say(dock.net, &ear.channel, STR("early"));
    dock_run(&dock, 7);
    dock_accept(&dock, 0);
    transport_say(dock.net, &ear.channel, STR("hello"));
    transport_pause(dock.net, &ear.channel, true);
    transport_pause(dock.net, &ear.channel, false);
    dock_say(&dock, 0, "one");
    transport_shut(dock.net, &ear.channel, 1000);
    dock_end(&dock, 0, CLOSED);
    ear_expect(&ear, "opened 101@7 | hear 'one'@7 | end ok 1001@7");
    ck_assert_str_eq(ear.reason, "bye");
    dock_expect(&dock, "open /ws/todo | say hello | pause | resume | "
                       "shut 1000");
    /* After the end nothing more is done with it. */
    transport_say(dock.net, &ear.channel, STR("late"));
    transport_pause(dock.net, &ear.channel, true);
    transport_shut(dock.net, &ear.channel, 1000);
    transport_shut(dock.net, &ear.channel, 0);
    dock_expect(&dock, "");
    ck_assert_int_eq(dock.hits, 0);
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_by_the_owner_is_silent)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    for (int opened = 0; opened < 2; opened++) {
        size_t index = dock.count;
        ear_init(&ear, &dock.world, CHANNEL_SOCKET, "/ws");
        ear_open(&ear, dock.net);
        if (opened) {
            dock_accept(&dock, index);
        }
        transport_shut(dock.net, &ear.channel, 0);
        memset(&ear.channel, 0xa5, sizeof ear.channel);
        dock_run(&dock, dock.world.now_ms + 20000);
        dock_expect(&dock, "open /ws | shut 0");
        ck_assert_int_eq(ear.ended, 0);
    }
    dock_close(&dock);
}
END_TEST

START_TEST(a_dropped_opening_runs_into_its_timeout)
{
    /* The request, or the answer to it. */
    struct dock dock;
    struct ear ear;
    bool request = _i == 0;
    start(&dock, &ear, CHANNEL_SOCKET);
    struct fault_rule rule =
        opening_rule(FAULT_DROP, request ? FAULT_REQUEST : FAULT_RESPONSE);
    rule.count = 1;
    dock_rule(&dock, rule);
    ear_open(&ear, dock.net);
    if (!request) {
        dock_run(&dock, 30);
        dock_accept(&dock, 0);
        dock_say(&dock, 0, "not heard");
        ear.channel.awaits = true;
        ck_assert(!channel_awaits(dock.channels[0]));
    }
    ck_assert_int_eq(dock.hits, 1);
    ck_assert_uint_eq(dock.victim.id, 70);
    ck_assert_uint_eq(dock.victim.actor, 3);
    dock_run(&dock, 20000);
    ear_expect(&ear, "end timeout 1006@10000");
    ck_assert_str_eq(ear.error, "no answer within the timeout");
    dock_expect(&dock, request ? "" : "open /ws/todo | pause | shut 0");
    ck_assert_uint_eq(faults_active(dock.net), 0);
    ear_init(&ear, NULL, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&ear, dock.net);
    dock_expect(&dock, "open /ws/todo");
    dock_close(&dock);
}
END_TEST

START_TEST(rules_for_other_paths_let_an_opening_pass)
{
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_SOCKET);
    struct fault_rule rule = opening_rule(FAULT_DROP, FAULT_REQUEST);
    rule.match = STR("/pull");
    dock_rule(&dock, rule);
    /* What makes no sense for an opening is not asked. */
    dock_rule(&dock, opening_rule(FAULT_DUPLICATE, FAULT_REQUEST));
    dock_rule(&dock, opening_rule(FAULT_REORDER, FAULT_REQUEST));
    dock_rule(&dock, opening_rule(FAULT_TRUNCATE, FAULT_RESPONSE));
    dock_rule(&dock, opening_rule(FAULT_RESET, FAULT_RESPONSE));
    dock_rule(&dock, opening_rule(FAULT_TRICKLE, FAULT_RESPONSE));
    ear_open(&ear, dock.net);
    dock_accept(&dock, 0);
    ear_expect(&ear, "opened 101@0");
    ck_assert_int_eq(dock.hits, 0);
    dock_close(&dock);
}
END_TEST

START_TEST(a_delayed_opening_goes_out_later)
{
    static const int64_t DELAYS[] = {9999, 10000};
    for (size_t i = 0; i < 2; i++) {
        struct dock dock;
        struct ear ear;
        start(&dock, &ear, CHANNEL_SOCKET);
        struct fault_rule rule = opening_rule(FAULT_DELAY, FAULT_REQUEST);
        rule.by_ms = DELAYS[i];
        dock_rule(&dock, rule);
        ear_open(&ear, dock.net);
        dock_run(&dock, 9998);
        dock_expect(&dock, "");
        dock_run(&dock, 11000);
        if (i == 0) {
            dock_expect(&dock, "open /ws/todo");
            ck_assert_int_eq(dock.channels[0]->timeout_ms, 1);
            ear_expect(&ear, "");
        } else {
            dock_expect(&dock, "");
            ear_expect(&ear, "end timeout 1006@10000");
        }
        dock_close(&dock);
    }
}
END_TEST

START_TEST(a_delayed_answer_keeps_what_follows_in_order)
{
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_SOCKET);
    struct fault_rule rule = opening_rule(FAULT_DELAY, FAULT_RESPONSE);
    rule.by_ms = 500;
    dock_rule(&dock, rule);
    ear_open(&ear, dock.net);
    dock_accept(&dock, 0);
    dock_say(&dock, 0, "one"); /* it was read already */
    dock_say(&dock, 0, "two");
    if (_i == 1) {
        dock_end(&dock, 0, CLOSED);
    }
    dock_run(&dock, 499);
    ear_expect(&ear, "");
    dock_run(&dock, 600);
    if (_i == 0) {
        ear_expect(&ear, "opened 101@500 | hear 'one'@500 | hear 'two'@500");
        dock_expect(&dock, "open /ws/todo | pause | resume");
    } else {
        ear_expect(&ear, "opened 101@500 | hear 'one'@500 | hear 'two'@500 | "
                         "end ok 1001@500");
        ck_assert_str_eq(ear.reason, "bye");
    }
    dock_close(&dock);
}
END_TEST

START_TEST(an_answer_delayed_over_the_timeout_is_too_late)
{
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_STREAM);
    struct fault_rule rule = opening_rule(FAULT_DELAY, FAULT_RESPONSE);
    rule.by_ms = 10000;
    dock_rule(&dock, rule);
    ear_open(&ear, dock.net);
    dock_run(&dock, 1);
    dock_accept(&dock, 0);
    dock_run(&dock, 30000);
    ear_expect(&ear, "end timeout 0@10000");
    dock_expect(&dock, "open /ws/todo | pause | shut 0");
    dock_close(&dock);
}
END_TEST

static struct fault_rule answer_503(enum fault_direction direction)
{
    struct fault_rule rule = rule_answer(direction);
    rule.match = STR("/ws");
    return rule;
}

START_TEST(somebody_in_between_answers)
{
    struct dock dock;
    struct ear ear;
    bool request = _i == 0;
    start(&dock, &ear, CHANNEL_SOCKET);
    dock_rule(&dock, answer_503(request ? FAULT_REQUEST : FAULT_RESPONSE));
    ear_open(&ear, dock.net);
    if (!request) {
        dock_run(&dock, 5);
        dock_accept(&dock, 0);
        dock_expect(&dock, "open /ws/todo | shut 0");
    }
    dock_run(&dock, 1000);
    ear_expect(&ear, request ? "end ok 503@20" : "end ok 503@5");
    ck_assert_str_eq(ear.body, "<html>busy</html>");
    ck_assert_uint_eq(ear.end.reply.header_count, 2);
    dock_close(&dock);
}
END_TEST

START_TEST(a_refusal_is_a_response_too)
{
    static const struct channel_end REFUSAL = {
        .kind = REPLY_ANSWER, .reply = {.status = 401, .body = TEXT("no")}};
    static const enum fault_action ACTIONS[] = {FAULT_DROP, FAULT_DELAY,
                                                FAULT_ANSWER};
    static const char *const LOGS[] = {"end timeout 1006@10000",
                                       "end ok 401@100", "end ok 503@0"};
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_SOCKET);
    struct fault_rule rule = answer_503(FAULT_RESPONSE);
    rule.action = ACTIONS[_i];
    rule.by_ms = 100;
    dock_rule(&dock, rule);
    ear_open(&ear, dock.net);
    dock_end(&dock, 0, REFUSAL);
    dock_run(&dock, 20000);
    ear_expect(&ear, LOGS[_i]);
    ck_assert_int_eq(dock.hits, 1);
    dock_close(&dock);
}
END_TEST

START_TEST(what_is_no_answer_passes_as_it_is)
{
    static const struct channel_end DOWN = {.kind = REPLY_REFUSED,
                                            .code = WS_CODE_ABNORMAL,
                                            .error = TEXT("no connection")};
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_SOCKET);
    dock_rule(&dock, answer_503(FAULT_RESPONSE));
    ear_open(&ear, dock.net);
    dock_end(&dock, 0, DOWN);
    ear_expect(&ear, "end refused 1006@0");
    ck_assert_str_eq(ear.error, "no connection");
    ck_assert_int_eq(dock.hits, 0);
    dock_close(&dock);
}
END_TEST

START_TEST(giving_up_an_opening_ends_it_once)
{
    static const enum fault_action ACTIONS[] = {FAULT_DROP, FAULT_DELAY,
                                                FAULT_ANSWER};
    for (int code = 0; code < 2; code++) {
        for (int direction = FAULT_REQUEST; direction <= FAULT_RESPONSE;
             direction++) {
            struct dock dock;
            struct ear ear;
            start(&dock, &ear, CHANNEL_SOCKET);
            struct fault_rule rule = answer_503(direction);
            rule.action = ACTIONS[_i];
            rule.by_ms = 100;
            dock_rule(&dock, rule);
            ear_open(&ear, dock.net);
            if (direction == FAULT_RESPONSE) {
                dock_accept(&dock, 0);
            }
            if (!ear.ended) {
                ear.log_bytes = 0;
                transport_shut(dock.net, &ear.channel, code ? 1000 : 0);
                ck_assert_uint_eq(ear.log_bytes, 0);
                transport_shut(dock.net, &ear.channel, code ? 1000 : 0);
                dock_run(&dock, 20000);
                ear_expect(&ear, code ? "end reset 1006@0" : "");
            }
            dock_close(&dock);
        }
    }
}
END_TEST

START_TEST(giving_up_what_is_inside_is_left_to_the_inner_transport)
{
    static const struct channel_end GIVEN_UP = {.kind = REPLY_RESET,
                                                .code = WS_CODE_ABNORMAL,
                                                .error = TEXT("given up")};
    struct dock dock;
    struct ear ear;
    start(&dock, &ear, CHANNEL_SOCKET);
    ear_open(&ear, dock.net);
    transport_shut(dock.net, &ear.channel, 1000);
    dock_expect(&dock, "open /ws/todo | shut 1000");
    dock_end(&dock, 0, GIVEN_UP);
    ear_expect(&ear, "end reset 1006@0");
    dock_close(&dock);
}
END_TEST

static struct fault_rule stall_rule(int64_t by_ms)
{
    struct fault_rule rule = message_rule(FAULT_STALL);
    rule.by_ms = by_ms;
    return rule;
}

/* --- pause, split, announce --------------------------------------------- */

START_TEST(a_reader_that_pauses_is_told_nothing_until_it_goes_on)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    transport_pause(dock.net, &ear.channel, true);
    transport_pause(dock.net, &ear.channel, true);
    dock_say(&dock, 0, "one");
    struct fault_rule rule = message_rule(FAULT_ANNOUNCE);
    rule.body = STR("two");
    dock_rule(&dock, rule);
    dock_run(&dock, 10);
    dock_rule(&dock, stall_rule(50));
    dock_say(&dock, 0, "three");
    if (_i == 1) {
        dock_end(&dock, 0, CLOSED);
    }
    dock_run(&dock, 100); /* the stall is over, the pause is not */
    ear_expect(&ear, "");
    transport_pause(dock.net, &ear.channel, false);
    ear_expect(&ear, ""); /* not inside */
    dock_run(&dock, 200);
    if (_i == 0) {
        ear_expect(&ear, "hear 'one'@100 | hear 'two'@100 | hear 'three'@100");
        dock_expect(&dock, "pause | resume");
    } else {
        ear_expect(&ear, "hear 'one'@100 | hear 'two'@100 | "
                         "hear 'three'@100 | end ok 1001@100");
    }
    dock_close(&dock);
}
END_TEST

START_TEST(who_closes_while_pausing_reads_again)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    transport_pause(dock.net, &ear.channel, true);
    dock_say(&dock, 0, "one");
    if (_i == 1) {
        dock_end(&dock, 0, CLOSED);
    }
    transport_shut(dock.net, &ear.channel, 1000);
    dock_run(&dock, 1);
    if (_i == 0) {
        ear_expect(&ear, "hear 'one'@0");
        dock_end(&dock, 0, CLOSED);
        ear_expect(&ear, "end ok 1001@1");
        dock_expect(&dock, "pause | resume | shut 1000");
    } else {
        ear_expect(&ear, "end ok 1001@0");
    }
    dock_close(&dock);
}
END_TEST

START_TEST(who_closes_in_a_stall_while_pausing_reads_after_it)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    transport_pause(dock.net, &ear.channel, true);
    dock_rule(&dock, stall_rule(50));
    dock_say(&dock, 0, "one");
    transport_shut(dock.net, &ear.channel, 1000);
    dock_run(&dock, 60);
    ear_expect(&ear, "hear 'one'@50");
    dock_expect(&dock, "pause | shut 1000 | resume");
    dock_end(&dock, 0, CLOSED);
    ear_expect(&ear, "end ok 1001@60");
    dock_close(&dock);
}
END_TEST

START_TEST(split_is_for_those_that_open)
{
    struct dock dock;
    struct ear before, after, healed;
    struct fault_rule rule = message_rule(FAULT_SPLIT);
    rule.bytes = 7;
    dock_open(&dock);
    dock_listen(&dock, &before, CHANNEL_SOCKET);
    dock_rule(&dock, rule);
    dock_listen(&dock, &after, CHANNEL_STREAM);
    ck_assert_int_eq(dock.hits, 1);
    ck_assert_uint_eq(dock.victim.id, 71);
    ck_assert_uint_eq(dock.channels[0]->split, 0);
    ck_assert_uint_eq(dock.channels[1]->split, 7);
    faults_heal(dock.net);
    rule.bytes = 0; /* the smallest there is */
    rule.count = 1;
    dock_rule(&dock, rule);
    dock_listen(&dock, &healed, CHANNEL_SOCKET);
    ck_assert_uint_eq(dock.channels[2]->split, 1);
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_close(&dock);
}
END_TEST

START_TEST(announced_is_what_the_server_did_not_say)
{
    struct dock dock;
    struct ear socket, frames, stream, other;
    struct fault_rule rule = message_rule(FAULT_ANNOUNCE);
    char body[] = "{\"type\":\"x\"}";
    rule.body = str_of(body);
    rule.actor = 3;
    dock_open(&dock);
    dock_listen(&dock, &socket, CHANNEL_SOCKET);
    dock_listen(&dock, &frames, CHANNEL_FRAMES);
    dock_listen(&dock, &stream, CHANNEL_STREAM);
    dock_listen(&dock, &other, CHANNEL_SOCKET);
    dock_rule(&dock, rule);
    ear_expect(&socket, ""); /* not inside */
    memset(body, 'x', sizeof body - 1);
    dock_run(&dock, 10);
    ear_expect(&socket, "hear '{\"type\":\"x\"}'@0");
    ear_expect(&frames, "");
    ear_expect(&stream, "");
    ear_expect(&other, "hear '{\"type\":\"x\"}'@0");
    ck_assert_int_eq(dock.hits, 2);
    ck_assert_uint_eq(faults_active(dock.net), 0);
    rule.skip = 1;
    dock_rule(&dock, rule);
    dock_run(&dock, 20);
    ck_assert_uint_eq(socket.heard, 1);
    ck_assert_uint_eq(other.heard, 2);
    dock_close(&dock);
}
END_TEST

START_TEST(closing_the_network_forgets_its_channels)
{
    struct dock dock;
    struct ear ears[5];
    dock_open(&dock);
    for (size_t i = 0; i < 3; i++) {
        dock_listen(&dock, &ears[i], CHANNEL_SOCKET);
    }
    dock_rule(&dock, stall_rule(1000));
    dock_say(&dock, 0, "kept");
    transport_say(dock.net, &ears[1].channel, STR("kept"));
    struct fault_rule rule = message_rule(FAULT_ANNOUNCE);
    rule.body = STR("kept");
    dock_rule(&dock, rule);
    dock_rule(&dock, opening_rule(FAULT_DROP, FAULT_REQUEST));
    ear_init(&ears[3], NULL, CHANNEL_SOCKET, "/ws");
    ear_open(&ears[3], dock.net);
    ear_init(&ears[4], NULL, CHANNEL_STREAM, "/sync/todo/stream");
    ear_open(&ears[4], dock.net);
    dock_close(&dock);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(ears[i].ended, 0);
    }
}
END_TEST

static TCase *case_openings(void)
{
    TCase *tests = tcase_create("openings");
    tcase_add_test(tests, without_rules_nothing_is_changed);
    tcase_add_test(tests, a_cut_by_the_owner_is_silent);
    tcase_add_loop_test(tests, a_dropped_opening_runs_into_its_timeout, 0, 2);
    tcase_add_test(tests, rules_for_other_paths_let_an_opening_pass);
    tcase_add_test(tests, a_delayed_opening_goes_out_later);
    tcase_add_loop_test(tests, a_delayed_answer_keeps_what_follows_in_order, 0,
                        2);
    tcase_add_test(tests, an_answer_delayed_over_the_timeout_is_too_late);
    tcase_add_loop_test(tests, somebody_in_between_answers, 0, 2);
    tcase_add_loop_test(tests, a_refusal_is_a_response_too, 0, 3);
    tcase_add_test(tests, what_is_no_answer_passes_as_it_is);
    tcase_add_loop_test(tests, giving_up_an_opening_ends_it_once, 0, 3);
    tcase_add_test(tests,
                   giving_up_what_is_inside_is_left_to_the_inner_transport);
    return tests;
}

static TCase *case_channels(void)
{
    TCase *tests = tcase_create("channels");
    tcase_add_loop_test(
        tests, a_reader_that_pauses_is_told_nothing_until_it_goes_on, 0, 2);
    tcase_add_loop_test(tests, who_closes_while_pausing_reads_again, 0, 2);
    tcase_add_test(tests, who_closes_in_a_stall_while_pausing_reads_after_it);
    tcase_add_test(tests, split_is_for_those_that_open);
    tcase_add_test(tests, announced_is_what_the_server_did_not_say);
    tcase_add_test(tests, closing_the_network_forgets_its_channels);
    return tests;
}

Suite *suite_fault_lane(void)
{
    Suite *suite = suite_create("fault_lane");
    suite_add_tcase(suite, case_openings());
    suite_add_tcase(suite, case_channels());
    return suite;
}
