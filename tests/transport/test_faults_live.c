/* SPDX-License-Identifier: MIT */
/* Live channels in a bad network: what hits them as a whole. */
#include <string.h>

#include "base/limits.h"
#include "protocol/ws.h"
#include "tests/transport/dock.h"
#include "tests/transport/storm.h"

static const struct channel_end CLOSED = {
    .kind = REPLY_ANSWER, .opened = true, .code = 1001, .reason = TEXT("bye")};

/* --- cut --------------------------------------------------------------- */

START_TEST(a_cut_resets_what_is_open)
{
    static const char *const LOGS[] = {"end reset 1006@5", "end reset 1006@5",
                                       "end reset 0@5"};
    struct dock dock;
    struct ear ear, later;
    dock_open(&dock);
    dock_listen(&dock, &ear, (enum channel_kind)_i);
    dock_run(&dock, 5);
    dock_rule(&dock, message_rule(FAULT_CUT));
    dock_expect(&dock, "shut 0");
    /* Nothing is called inside; what is said is lost. */
    ear_expect(&ear, "");
    transport_say(dock.net, &ear.channel, STR("lost"));
    transport_shut(dock.net, &ear.channel, 1000);
    ck_assert_int_eq(dock.hits, 1);
    ck_assert_uint_eq(dock.victim.id, 70);
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_run(&dock, 100);
    ear_expect(&ear, LOGS[_i]);
    ck_assert_str_eq(ear.error, "connection reset");
    dock_expect(&dock, "");
    /* Once: the next one is left alone. */
    dock_listen(&dock, &later, CHANNEL_SOCKET);
    dock_run(&dock, 200);
    ear_expect(&later, "");
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_with_a_count_waits_for_those_that_open)
{
    struct dock dock;
    struct ear open, opening, third;
    struct fault_rule rule = message_rule(FAULT_CUT);
    rule.count = 2;
    rule.match = STR("/ws");
    dock_open(&dock);
    dock_listen(&dock, &open, CHANNEL_SOCKET);
    ear_init(&opening, &dock.world, CHANNEL_SOCKET, "/ws/todo");
    ear_open(&opening, dock.net); /* not open when the rule comes */
    dock_rule(&dock, rule);
    ck_assert_uint_eq(faults_active(dock.net), 1);
    dock_run(&dock, 10);
    ear_expect(&open, "end reset 1006@0");
    ear_expect(&opening, "");
    dock_accept(&dock, 1);
    dock_run(&dock, 20);
    ear_expect(&opening, "opened 101@10 | end reset 1006@10");
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock.log[0] = '\0';
    dock_listen(&dock, &third, CHANNEL_SOCKET);
    dock_run(&dock, 30);
    ear_expect(&third, "");
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_by_bytes_comes_inside_a_message_or_event)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_CUT);
    rule.bytes = 10;
    dock_open(&dock);
    dock_listen(&dock, &ear, _i < 2 ? CHANNEL_SOCKET : CHANNEL_STREAM);
    dock_say(&dock, 0, "before");
    dock_rule(&dock, rule);
    if (_i == 0) { /* a message that is not whole is lost */
        dock_say(&dock, 0, "12345");
        dock_say(&dock, 0, "678901");
        dock_run(&dock, 1);
        ear_expect(&ear, "hear 'before'@0 | hear '12345'@0 | "
                         "end reset 1006@0");
    } else if (_i == 1) { /* just whole */
        dock_say(&dock, 0, "123456789");
        dock_run(&dock, 1);
        ear_expect(&ear, "hear 'before'@0 | hear '123456789'@0");
        dock_say(&dock, 0, "0");
        dock_run(&dock, 2);
        ear_expect(&ear, "hear '0'@1 | end reset 1006@1");
    } else {
        dock_say(&dock, 0, "12345");
        dock_say(&dock, 0, "67890xyz");
        dock_run(&dock, 1);
        ear_expect(&ear, "hear 'before'@0 | hear '12345'@0 | "
                         "hear '67890'@0 | end reset 0@0");
    }
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_by_bytes_counts_on_what_opens_later)
{
    struct dock dock;
    struct ear ears[3];
    struct fault_rule rule = message_rule(FAULT_CUT);
    rule.bytes = 3;
    rule.skip = 1; /* the first connection that comes so far */
    rule.count = 1;
    dock_open(&dock);
    dock_rule(&dock, rule);
    for (size_t i = 0; i < 3; i++) {
        dock.log[0] = '\0';
        dock_listen(&dock, &ears[i], CHANNEL_SOCKET);
        dock_say(&dock, i, "a");
        dock_say(&dock, i, "bc");
        dock_run(&dock, dock.world.now_ms + 1);
        ck_assert_int_eq(ears[i].ended, i == 1);
        ck_assert_uint_eq(ears[i].heard, 2);
    }
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_comes_again_and_again_until_its_count_or_the_heal)
{
    struct dock dock;
    struct ear ears[4];
    struct fault_rule rule = message_rule(FAULT_CUT);
    rule.every_ms = 100;
    rule.count = _i == 0 ? 2 : 0;
    dock_open(&dock);
    dock_listen(&dock, &ears[0], CHANNEL_SOCKET);
    dock_rule(&dock, rule);
    for (size_t i = 1; i < 4; i++) {
        dock_run(&dock, 100 * (int64_t)i - 50);
        dock.log[0] = '\0';
        dock_listen(&dock, &ears[i], CHANNEL_SOCKET);
        if (_i == 1 && i == 3) {
            ck_assert_uint_eq(faults_active(dock.net), 1);
            faults_heal(dock.net);
        }
    }
    dock_run(&dock, 1000);
    ear_expect(&ears[0], "end reset 1006@0");
    ear_expect(&ears[1], "end reset 1006@100");
    ear_expect(&ears[2], _i == 0 ? "" : "end reset 1006@200");
    ear_expect(&ears[3], "");
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_by_bytes_rests_between_two)
{
    struct dock dock;
    struct ear ears[3];
    struct fault_rule rule = message_rule(FAULT_CUT);
    rule.every_ms = 100;
    rule.bytes = 2;
    dock_open(&dock);
    dock_rule(&dock, rule);
    for (size_t i = 0; i < 3; i++) {
        dock.log[0] = '\0';
        dock_listen(&dock, &ears[i], CHANNEL_SOCKET);
        dock_say(&dock, i, "ab"); /* of the second, while it rests */
        dock_run(&dock, dock.world.now_ms + 40);
    }
    ear_expect(&ears[0], "hear 'ab'@0 | end reset 1006@0");
    ear_expect(&ears[1], "hear 'ab'@40");
    dock_run(&dock, 130); /* counted from 100 on */
    dock_say(&dock, 1, "c");
    dock_run(&dock, 140);
    ear_expect(&ears[1], "hear 'c'@130");
    dock_say(&dock, 1, "d");
    dock_run(&dock, 150);
    ear_expect(&ears[1], "hear 'd'@140 | end reset 1006@140");
    dock_close(&dock);
}
END_TEST

START_TEST(a_cut_spares_other_actors_and_paths)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_CUT);
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    rule.actor = 4;
    dock_rule(&dock, rule);
    rule.actor = 3;
    rule.match = STR("/stream");
    dock_rule(&dock, rule);
    rule.bytes = 1;
    dock_rule(&dock, rule);
    dock_say(&dock, 0, "still here");
    dock_run(&dock, 10);
    ear_expect(&ear, "hear 'still here'@0");
    ck_assert_int_eq(dock.hits, 0);
    dock_close(&dock);
}
END_TEST

/* --- silence ----------------------------------------------------------- */

START_TEST(silence_is_told_to_nobody)
{
    struct dock dock;
    struct ear ear, later, healed;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    ear.channel.awaits = true;
    dock_rule(&dock, message_rule(FAULT_SILENCE));
    dock_expect(&dock, "pause");
    ck_assert(!channel_awaits(dock.channels[0]));
    transport_say(dock.net, &ear.channel, STR("hello?"));
    dock_say(&dock, 0, "what was read already");
    dock_run(&dock, 100000);
    ear_expect(&ear, "");
    dock_expect(&dock, "");
    /* What opens meanwhile is silent too, from its first word on. */
    dock_listen(&dock, &later, CHANNEL_SOCKET);
    dock_say(&dock, 1, "one");
    transport_say(dock.net, &later.channel, STR("auth"));
    dock_expect(&dock, "pause");
    ear_expect(&later, "");
    ck_assert_int_eq(dock.hits, 2);
    ck_assert_uint_eq(faults_active(dock.net), 1);
    faults_heal(dock.net);
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_say(&dock, 0, "dead");
    dock_end(&dock, 0, CLOSED);
    dock_listen(&dock, &healed, CHANNEL_SOCKET);
    dock_say(&dock, 2, "alive");
    dock_run(&dock, 200000);
    ear_expect(&ear, "");
    ear_expect(&healed, "hear 'alive'@100000");
    transport_shut(dock.net, &ear.channel, 0);
    dock_close(&dock);
}
END_TEST

START_TEST(who_leaves_a_silent_channel_leaves_it_half_open)
{
    struct dock dock;
    struct ear ears[4];
    dock_open(&dock);
    for (size_t i = 0; i < 4; i++) {
        dock_listen(&dock, &ears[i], i == 2 ? CHANNEL_STREAM : CHANNEL_SOCKET);
    }
    dock_rule(&dock, message_rule(FAULT_SILENCE));
    dock_expect(&dock, "pause | pause | pause | pause");
    transport_shut(dock.net, &ears[0].channel, 0);
    transport_shut(dock.net, &ears[1].channel, 1000);
    transport_shut(dock.net, &ears[2].channel, 1000);
    transport_shut(dock.net, &ears[3].channel, 0);
    dock_expect(&dock, ""); /* the server does not know */
    dock_run(&dock, 10000);
    ear_expect(&ears[0], "");
    ear_expect(&ears[1], "end reset 1006@5000");
    ck_assert_str_eq(ears[1].error, "the close frame was not answered");
    ear_expect(&ears[2], "end ok 0@0");
    memset(ears, 0xa5, sizeof ears);
    dock_say(&dock, 0, "nobody is there");
    dock_end(&dock, 3, CLOSED); /* it found out by itself */
    dock_expect(&dock, "");
    faults_heal(dock.net);
    dock_expect(&dock, "shut 0 | shut 0 | shut 0");
    dock_close(&dock);
}
END_TEST

START_TEST(silence_with_a_count_takes_so_many)
{
    struct dock dock;
    struct ear first, second;
    struct fault_rule rule = message_rule(FAULT_SILENCE);
    rule.count = 1;
    dock_open(&dock);
    dock_rule(&dock, rule);
    dock_listen(&dock, &first, CHANNEL_SOCKET);
    dock.log[0] = '\0';
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_listen(&dock, &second, CHANNEL_SOCKET);
    dock_say(&dock, 0, "a");
    dock_say(&dock, 1, "b");
    ear_expect(&first, "");
    ear_expect(&second, "hear 'b'@0");
    dock_close(&dock);
}
END_TEST

/* --- stall ------------------------------------------------------------- */

static struct fault_rule stall_rule(int64_t by_ms)
{
    struct fault_rule rule = message_rule(FAULT_STALL);
    rule.by_ms = by_ms;
    return rule;
}

START_TEST(a_stall_lets_all_pass_afterwards_in_order)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    dock_rule(&dock, stall_rule(1000));
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_expect(&dock, "pause");
    dock_say(&dock, 0, "one");
    transport_say(dock.net, &ear.channel, STR("a"));
    dock_run(&dock, 500);
    dock_say(&dock, 0, "two");
    transport_say(dock.net, &ear.channel, STR("b"));
    transport_shut(dock.net, &ear.channel, 1000);
    transport_say(dock.net, &ear.channel, STR("after the close frame"));
    dock_end(&dock, 0, CLOSED);
    dock_run(&dock, 999);
    ear_expect(&ear, "");
    dock_expect(&dock, "");
    dock_run(&dock, 2000);
    ear_expect(&ear, "hear 'one'@1000 | hear 'two'@1000 | end ok 1001@1000");
    ck_assert_str_eq(ear.reason, "bye");
    dock_close(&dock);
}
END_TEST

START_TEST(what_is_said_in_a_stall_goes_out_after_it)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    dock_rule(&dock, stall_rule(1000));
    transport_say(dock.net, &ear.channel, STR("a"));
    dock_run(&dock, 400);
    dock_rule(&dock, stall_rule(100)); /* the longer one counts */
    transport_say(dock.net, &ear.channel, STR("b"));
    if (_i == 1) {
        dock_run(&dock, 700);
        dock_rule(&dock, stall_rule(1000));
    } else if (_i == 2) {
        transport_shut(dock.net, &ear.channel, 1008);
    } else if (_i == 3) {
        faults_heal(dock.net);
        dock_run(&dock, 401);
        transport_say(dock.net, &ear.channel, STR("c"));
    }
    dock_run(&dock, 1001);
    static const char *const LOGS[] = {
        "pause | say a | say b | resume", "pause",
        "pause | say a | say b | shut 1008 | resume",
        "pause | say a | say b | resume | say c"};
    dock_expect(&dock, LOGS[_i]);
    dock_run(&dock, 5000);
    dock_expect(&dock, _i == 1 ? "say a | say b | resume" : "");
    dock_close(&dock);
}
END_TEST

START_TEST(a_stalled_stream_can_be_given_up_at_once)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_STREAM);
    dock_rule(&dock, stall_rule(1000));
    dock_say(&dock, 0, "data: 1\n\n");
    transport_shut(dock.net, &ear.channel, 1000);
    dock_run(&dock, 2000);
    ear_expect(&ear, "end ok 0@0");
    dock_expect(&dock, "pause | shut 0");
    dock_close(&dock);
}
END_TEST

START_TEST(a_stalled_channel_can_be_cut_or_silenced)
{
    struct dock dock;
    struct ear ear;
    dock_open(&dock);
    dock_listen(&dock, &ear, CHANNEL_SOCKET);
    dock_rule(&dock, stall_rule(1000));
    dock_say(&dock, 0, "lost");
    transport_say(dock.net, &ear.channel, STR("lost"));
    dock_rule(&dock, message_rule(_i == 0 ? FAULT_CUT : FAULT_SILENCE));
    dock_run(&dock, 2000);
    ear_expect(&ear, _i == 0 ? "end reset 1006@0" : "");
    dock_expect(&dock, _i == 0 ? "pause | shut 0" : "pause");
    dock_close(&dock);
}
END_TEST

static TCase *case_channels(void)
{
    TCase *tests = tcase_create("channels");
    tcase_add_loop_test(tests, a_cut_resets_what_is_open, 0, 3);
    tcase_add_test(tests, a_cut_with_a_count_waits_for_those_that_open);
    tcase_add_loop_test(tests, a_cut_by_bytes_comes_inside_a_message_or_event,
                        0, 3);
    tcase_add_test(tests, a_cut_by_bytes_counts_on_what_opens_later);
    tcase_add_loop_test(
        tests, a_cut_comes_again_and_again_until_its_count_or_the_heal, 0, 2);
    tcase_add_test(tests, a_cut_by_bytes_rests_between_two);
    tcase_add_test(tests, a_cut_spares_other_actors_and_paths);
    tcase_add_test(tests, silence_is_told_to_nobody);
    tcase_add_test(tests, who_leaves_a_silent_channel_leaves_it_half_open);
    tcase_add_test(tests, silence_with_a_count_takes_so_many);
    tcase_add_test(tests, a_stall_lets_all_pass_afterwards_in_order);
    tcase_add_loop_test(tests, what_is_said_in_a_stall_goes_out_after_it, 0, 4);
    tcase_add_test(tests, a_stalled_stream_can_be_given_up_at_once);
    tcase_add_loop_test(tests, a_stalled_channel_can_be_cut_or_silenced, 0, 2);
    return tests;
}

Suite *suite_faults_live(void)
{
    Suite *suite = suite_create("faults_live");
    suite_add_tcase(suite, case_channels());
    return suite;
}
