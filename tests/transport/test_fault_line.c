/* SPDX-License-Identifier: MIT */
/* Live channels in a bad network: what happens to messages and events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "protocol/ws.h"
#include "tests/transport/dock.h"
#include "tests/transport/storm.h"

static const struct channel_end CLOSED = {
    .kind = REPLY_ANSWER, .opened = true, .code = 1001};

/* A channel of that kind with one rule for its messages. */
static void line_open(struct dock *dock, struct ear *ear,
                      enum channel_kind kind, struct fault_rule rule)
{
    dock_open(dock);
    dock_listen(dock, ear, kind);
    dock_rule(dock, rule);
}

START_TEST(a_message_is_dropped)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DROP);
    rule.skip = 1;
    rule.count = 1;
    rule.actor = 3;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    dock_say(&dock, 0, "one");
    ck_assert_int_eq(dock.hits, 0);
    dock_say(&dock, 0, "two");
    dock_say(&dock, 0, "three");
    ear_expect(&ear, "hear 'one'@0 | hear 'three'@0");
    ck_assert_int_eq(dock.hits, 1);
    ck_assert_uint_eq(dock.victim.id, 70);
    ck_assert_int_eq(dock.action, FAULT_DROP);
    ck_assert_uint_eq(faults_active(dock.net), 0);
    dock_close(&dock);
}
END_TEST

START_TEST(other_directions_and_actors_are_not_hit)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DROP);
    rule.actor = 4;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    rule = message_rule(FAULT_DROP);
    rule.match = STR("/stream");
    dock_rule(&dock, rule);
    rule.match = STR("");
    rule.direction = FAULT_RESPONSE;
    dock_rule(&dock, rule);
    rule.direction = FAULT_REQUEST;
    dock_rule(&dock, rule);
    dock_say(&dock, 0, "one");
    transport_say(dock.net, &ear.channel, STR("up"));
    ear_expect(&ear, "hear 'one'@0");
    dock_expect(&dock, "say up");
    ck_assert_int_eq(dock.hits, 0);
    dock_close(&dock);
}
END_TEST

START_TEST(a_delayed_message_is_overtaken)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DELAY);
    rule.by_ms = 100;
    rule.count = 1;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    dock_say(&dock, 0, "one");
    dock_run(&dock, 50);
    dock_say(&dock, 0, "two");
    faults_heal(dock.net); /* it is on its way all the same */
    dock_run(&dock, 200);
    ear_expect(&ear, "hear 'two'@50 | hear 'one'@100");
    dock_close(&dock);
}
END_TEST

START_TEST(jitter_shuffles)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DELAY);
    rule.by_ms = 10;
    rule.jitter_ms = 90;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    ear.quiet = true;
    for (int i = 0; i < 20; i++) {
        char text[2] = {(char)('a' + i), '\0'};
        dock_say(&dock, 0, text);
    }
    dock_run(&dock, 9);
    ck_assert_uint_eq(ear.heard, 0);
    dock_run(&dock, 100);
    ck_assert_uint_eq(ear.heard, 20);
    const char *a = strstr(ear.log, "'a'"), *b = strstr(ear.log, "'b'");
    const char *c = strstr(ear.log, "'c'"), *d = strstr(ear.log, "'d'");
    ck_assert(!(a < b && b < c && c < d));
    dock_close(&dock);
}
END_TEST

START_TEST(a_delayed_message_dies_with_its_connection)
{
    struct dock dock;
    struct ear ear, next;
    struct fault_rule rule = message_rule(FAULT_DELAY);
    rule.by_ms = 100;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    dock_say(&dock, 0, "one");
    if (_i == 0) {
        dock_end(&dock, 0, CLOSED);
        ear_expect(&ear, "end ok 1001@0");
    } else {
        transport_shut(dock.net, &ear.channel, 0);
        memset(&ear.channel, 0xa5, sizeof ear.channel);
    }
    /* Another in its place does not hear it. */
    dock.log[0] = '\0';
    dock_listen(&dock, &next, CHANNEL_SOCKET);
    dock_run(&dock, 1000);
    ear_expect(&next, "");
    ck_assert_str_eq(ear.log, "");
    dock_close(&dock);
}
END_TEST

START_TEST(a_doubled_or_repeated_message_comes_at_once)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule =
        message_rule(_i == 0 ? FAULT_DUPLICATE : FAULT_REPEAT);
    rule.times = _i == 1 ? 5 : 0;
    rule.count = 1;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    ear.quiet = true;
    dock_say(&dock, 0, "x");
    dock_say(&dock, 0, "y");
    static const char *const LOGS[] = {
        "hear 'x' | hear 'x' | hear 'y'",
        "hear 'x' | hear 'x' | hear 'x' | hear 'x' | hear 'x' | hear 'y'",
        "hear 'x' | hear 'y'"};
    ear_expect(&ear, LOGS[_i]);
    ck_assert_int_eq(dock.hits, 1);
    dock_close(&dock);
}
END_TEST

START_TEST(a_reordered_message_follows_the_next_or_a_second_later)
{
    struct dock dock;
    struct ear ear, other;
    struct fault_rule rule = message_rule(FAULT_REORDER);
    rule.count = 2;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    dock_say(&dock, 0, "one");
    dock_say(&dock, 0, "two"); /* held too */
    dock_listen(&dock, &other, CHANNEL_SOCKET);
    dock_say(&dock, 1, "of another connection");
    dock_run(&dock, 50);
    ear_expect(&ear, "");
    if (_i == 0) {
        dock_say(&dock, 0, "three");
        ear_expect(&ear, "hear 'three'@50 | hear 'one'@50 | hear 'two'@50");
    }
    dock_run(&dock, 2000);
    ear_expect(&ear, _i == 0 ? "" : "hear 'one'@1000 | hear 'two'@1000");
    dock_close(&dock);
}
END_TEST

START_TEST(frames_are_hit_one_by_one)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DUPLICATE);
    rule.skip = 1;
    rule.count = 1;
    line_open(&dock, &ear, CHANNEL_FRAMES, rule);
    struct heard what = {STR("par"), WS_TEXT, false};
    struct channel *inner = dock.channels[0];
    inner->heard(inner, &what);
    what = (struct heard){STR("t"), WS_CONTINUATION, true};
    inner->heard(inner, &what);
    ear_expect(&ear, "frame 1+ 'par'@0 | frame 0 't'@0 | frame 0 't'@0");
    dock_close(&dock);
}
END_TEST

START_TEST(the_first_rule_that_hits_counts)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DROP);
    rule.skip = 1;
    rule.count = 1;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    dock_rule(&dock, message_rule(FAULT_DUPLICATE));
    ear.quiet = true;
    dock_say(&dock, 0, "one");
    dock_say(&dock, 0, "two");
    dock_say(&dock, 0, "three");
    ear_expect(&ear, "hear 'one' | hear 'one' | hear 'three' | hear 'three'");
    dock_close(&dock);
}
END_TEST

START_TEST(more_than_the_limit_is_not_held_back)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DELAY);
    rule.by_ms = 1000;
    line_open(&dock, &ear, CHANNEL_SOCKET, rule);
    char *bytes = calloc(1, LIMIT_REPLY_BYTES);
    ck_assert_ptr_nonnull(bytes);
    const struct heard what = {{bytes, LIMIT_REPLY_BYTES}, WS_TEXT, true};
    struct channel *inner = dock.channels[0];
    inner->heard(inner, &what);
    dock_run(&dock, 1);
    ear_expect(&ear, "");
    dock_say(&dock, 0, "");
    dock_run(&dock, 2);
    ear_expect(&ear, "");
    dock_say(&dock, 0, "x");
    dock_run(&dock, 3);
    ear_expect(&ear, "end too-big 1006@2");
    ck_assert_str_eq(ear.error, "more bytes were held back than the limit");
    free(bytes);
    dock_close(&dock);
}
END_TEST

/* --- streams ----------------------------------------------------------- */

/* In pieces of so many bytes. */
static void dock_pieces(struct dock *dock, const char *text, size_t size)
{
    char piece[64];
    ck_assert_uint_lt(size, sizeof piece);
    for (size_t n; *text; text += n) {
        n = strlen(text) < size ? strlen(text) : size;
        memcpy(piece, text, n);
        piece[n] = '\0';
        dock_say(dock, 0, piece);
    }
}

/* All that was heard, in one. */
static char *stream_text;
static size_t stream_n;
static void (*stream_heard)(struct channel *channel, const struct heard *what);

static void collect(struct channel *channel, const struct heard *what)
{
    ck_assert_uint_lt(stream_n + what->bytes.n, 4096);
    memcpy(stream_text + stream_n, what->bytes.p, what->bytes.n);
    stream_n += what->bytes.n;
    stream_text[stream_n] = '\0';
    stream_heard(channel, what);
}

static void stream_open(struct dock *dock, struct ear *ear,
                        struct fault_rule rule)
{
    static char text[4096];
    line_open(dock, ear, CHANNEL_STREAM, rule);
    stream_text = text;
    stream_text[0] = '\0';
    stream_n = 0;
    stream_heard = ear->channel.heard;
    ear->channel.heard = collect;
}

START_TEST(a_stream_without_a_hit_passes_as_it_comes)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DROP);
    rule.skip = 1000;
    stream_open(&dock, &ear, rule);
    dock_say(&dock, 0, "data: 1\n\ndata: 2\n\nda");
    dock_say(&dock, 0, "ta: 3\n");
    dock_say(&dock, 0, "\n");
    ear_expect(&ear, "hear 'data: 1\n\ndata: 2\n\nda'@0 | "
                     "hear 'ta: 3\n'@0 | hear '\n'@0");
    dock_close(&dock);
}
END_TEST

START_TEST(events_are_cut_at_blank_lines_of_every_kind)
{
    static const char *const ENDS[] = {"\n", "\r", "\r\n"};
    static const size_t SIZES[] = {1, 2, 3, 7, 63};
    struct dock dock;
    struct ear ear;
    for (size_t i = 0; i < 5; i++) {
        char text[256] = "", rest[256] = "";
        const char *end = ENDS[_i];
        struct fault_rule rule = message_rule(FAULT_DROP);
        rule.skip = 1;
        rule.count = 1;
        snprintf(text, sizeof text,
                 "%sid: 1%sdata: a%s%s: hm%sdata: b%s%s%sdata: c%s%s", end, end,
                 end, end, end, end, end, end, end, end);
        stream_open(&dock, &ear, rule);
        dock_pieces(&dock, text, SIZES[i]);
        /* The first and the third; blank lines between them do no harm. */
        snprintf(rest, sizeof rest, "%sid: 1%sdata: a%s%s", end, end, end, end);
        ck_assert_int_eq(strncmp(stream_text, rest, strlen(rest)), 0);
        ck_assert_ptr_null(strstr(stream_text, "hm"));
        ck_assert_ptr_null(strstr(stream_text, "data: b"));
        snprintf(rest, sizeof rest, "data: c%s%s", end, end);
        ck_assert_ptr_nonnull(strstr(stream_text, rest));
        ck_assert_int_eq(dock.hits, 1);
        dock_close(&dock);
    }
}
END_TEST

START_TEST(events_of_a_stream_are_hit_as_a_whole)
{
    static const enum fault_action ACTIONS[] = {
        FAULT_DROP, FAULT_DELAY, FAULT_DUPLICATE, FAULT_REORDER, FAULT_REPEAT};
    static const char *const NOW[] = {
        "A\n\nC\n\n", "A\n\nC\n\n", "A\n\nB\nb\n\nB\nb\n\nC\n\n",
        "A\n\nC\n\nB\nb\n\n", "A\n\nB\nb\n\nB\nb\n\nB\nb\n\nC\n\n"};
    for (size_t i = 0; i < 5; i++) {
        struct dock dock;
        struct ear ear;
        struct fault_rule rule = message_rule(ACTIONS[i]);
        rule.skip = rule.count = 1;
        rule.by_ms = 100;
        rule.times = 3;
        stream_open(&dock, &ear, rule);
        dock_pieces(&dock, "A\n\nB\nb\n\nC\n\n", (size_t)_i);
        ck_assert_str_eq(stream_text, NOW[i]);
        dock_run(&dock, 2000);
        ck_assert_uint_eq(stream_n, strlen(NOW[i]) + (i == 1 ? 5 : 0));
        ck_assert(i != 1 || strcmp(stream_text, "A\n\nC\n\nB\nb\n\n") == 0);
        dock_close(&dock);
    }
}
END_TEST

START_TEST(what_is_due_waits_for_the_event_that_passes)
{
    struct dock dock;
    struct ear ear;
    struct fault_rule rule = message_rule(FAULT_DELAY);
    rule.by_ms = 100;
    rule.count = 2;
    stream_open(&dock, &ear, rule);
    dock_say(&dock, 0, "late 1\n\nlate 2\n\npass");
    dock_run(&dock, 500);
    ear_expect(&ear, "hear 'pass'@0");
    dock_say(&dock, 0, "ing\n");
    dock_say(&dock, 0, "\nnext\n");
    ck_assert_str_eq(stream_text, "passing\n\nlate 1\n\nlate 2\n\nnext\n");
    dock_close(&dock);
}
END_TEST

START_TEST(an_event_that_the_end_cuts_off_is_gone)
{
    struct dock dock;
    struct ear ear, next;
    stream_open(&dock, &ear, message_rule(FAULT_DUPLICATE));
    dock_say(&dock, 0, "data: half");
    dock_end(&dock, 0, (struct channel_end){.opened = true});
    ear_expect(&ear, "end ok 0@0");
    /* The next connection begins at its own beginning. */
    dock_listen(&dock, &next, CHANNEL_STREAM);
    dock_say(&dock, 1, "x\n\n");
    ear_expect(&next, "hear 'x\n\n'@0 | hear 'x\n\n'@0");
    dock_close(&dock);
}
END_TEST

START_TEST(an_event_without_end_is_too_big)
{
    struct dock dock;
    struct ear ear;
    line_open(&dock, &ear, CHANNEL_STREAM, message_rule(FAULT_DELAY));
    char *bytes = malloc(LIMIT_REPLY_BYTES / 2);
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'x', LIMIT_REPLY_BYTES / 2);
    const struct heard what = {{bytes, LIMIT_REPLY_BYTES / 2}, 0, true};
    struct channel *inner = dock.channels[0];
    inner->heard(inner, &what);
    inner->heard(inner, &what);
    dock_run(&dock, 1);
    ear_expect(&ear, "");
    dock_say(&dock, 0, "x");
    dock_run(&dock, 2);
    ear_expect(&ear, "end too-big 0@1");
    ck_assert_str_eq(ear.error, "an event is longer than the limit");
    free(bytes);
    dock_close(&dock);
}
END_TEST

static TCase *case_messages(void)
{
    TCase *tests = tcase_create("messages");
    tcase_add_test(tests, a_message_is_dropped);
    tcase_add_test(tests, other_directions_and_actors_are_not_hit);
    tcase_add_test(tests, a_delayed_message_is_overtaken);
    tcase_add_test(tests, jitter_shuffles);
    tcase_add_loop_test(tests, a_delayed_message_dies_with_its_connection, 0,
                        2);
    tcase_add_loop_test(tests, a_doubled_or_repeated_message_comes_at_once, 0,
                        3);
    tcase_add_loop_test(
        tests, a_reordered_message_follows_the_next_or_a_second_later, 0, 2);
    tcase_add_test(tests, frames_are_hit_one_by_one);
    tcase_add_test(tests, the_first_rule_that_hits_counts);
    tcase_add_test(tests, more_than_the_limit_is_not_held_back);
    return tests;
}

static TCase *case_streams(void)
{
    TCase *tests = tcase_create("streams");
    tcase_add_test(tests, a_stream_without_a_hit_passes_as_it_comes);
    tcase_add_loop_test(tests, events_are_cut_at_blank_lines_of_every_kind, 0,
                        3);
    tcase_add_loop_test(tests, events_of_a_stream_are_hit_as_a_whole, 1, 13);
    tcase_add_test(tests, what_is_due_waits_for_the_event_that_passes);
    tcase_add_test(tests, an_event_that_the_end_cuts_off_is_gone);
    tcase_add_test(tests, an_event_without_end_is_too_big);
    return tests;
}

Suite *suite_fault_line(void)
{
    Suite *suite = suite_create("fault_line");
    suite_add_tcase(suite, case_messages());
    suite_add_tcase(suite, case_streams());
    return suite;
}
